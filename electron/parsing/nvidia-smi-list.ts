/** One MIG instance in the list of `nvidia-smi -L`; `index` counts within its GPU. */
export interface ListedMigDevice {
  readonly gpuUuid: string
  readonly index: number
  readonly profile: string
  readonly uuid: string
}

const GPU_LINE = /^GPU \d+: .*\(UUID: (GPU-[\w-]+)\)\s*$/
const MIG_LINE = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[\w/-]+)\)\s*$/

/**
 * Reads the MIG lines of `nvidia-smi -L`: the XML document often lacks the UUID of an instance and always its profile.
 * Never throws; other lines are passed over.
 */
export function parseMigList(output: string): readonly ListedMigDevice[] {
  const devices: ListedMigDevice[] = []
  let gpuUuid: string | null = null
  for (const line of output.split('\n')) {
    gpuUuid = GPU_LINE.exec(line)?.[1] ?? gpuUuid
    const [, profile, index, uuid] = MIG_LINE.exec(line) ?? []
    if (gpuUuid !== null && profile !== undefined && index !== undefined && uuid !== undefined) {
      devices.push({ gpuUuid, index: Number(index), profile, uuid })
    }
  }
  return devices
}
