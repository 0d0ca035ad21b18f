import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { cpu, mem } from 'systeminformation'
import type { HardwareState } from '../shared/hardware'
import { listDisplayAdapters } from './display-adapters'
import { probeGpus } from './gpu-probe'
import type { GpuProbeOptions } from './gpu-probe'

/** Model and core counts; physical cores are null where the system hides them (some containers). */
export async function probeCpu(): Promise<HardwareState['cpu']> {
  const found = await cpu()
  const model = [found.manufacturer, found.brand].filter((part) => part !== '').join(' ')
  return {
    model: model === '' ? (cpus()[0]?.model ?? 'CPU') : model,
    physicalCores: found.physicalCores > 0 ? found.physicalCores : null,
    logicalCores: found.cores > 0 ? found.cores : availableParallelism(),
  }
}

/** System memory in bytes; `availableBytes` counts what the system can free at once, unlike "free". */
export async function probeMemory(): Promise<HardwareState['memory']> {
  const { total, available } = await mem()
  return { totalBytes: total, availableBytes: available }
}

/**
 * Size and room of the disk that holds a path, null when the path does not exist. statfs asks about this one disk;
 * systeminformation's fsSize() lists every mount, and one network mount that is gone would hold it up.
 */
export async function probeDisk(path: string): Promise<HardwareState['disk']> {
  try {
    const { bsize, blocks, bavail } = await statfs(path)
    return { path, totalBytes: bsize * blocks, freeBytes: bsize * bavail }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
    throw error
  }
}

const platformName = (platform: NodeJS.Platform): HardwareState['platform'] =>
  platform === 'linux' || platform === 'win32' || platform === 'darwin' ? platform : 'other'

/**
 * The whole machine at this moment. `dataPath` is the folder whose disk is looked at.
 * Throws what the file system throws for an unreadable `dataPath`; the GPU part never throws.
 */
export async function probeHardware(
  dataPath: string,
  options: Omit<GpuProbeOptions, 'hasNvidiaAdapter'> = {},
): Promise<HardwareState> {
  const { platform = process.platform } = options
  const gpuPart = listDisplayAdapters(platform).then(async (adapters) => ({
    otherGpus: adapters.filter((adapter) => adapter.vendor !== 'nvidia'),
    gpus: await probeGpus({ ...options, hasNvidiaAdapter: adapters.some((adapter) => adapter.vendor === 'nvidia') }),
  }))
  const [{ gpus, otherGpus }, cpuPart, memory, disk] = await Promise.all([gpuPart, probeCpu(), probeMemory(), probeDisk(dataPath)])
  return { probedAtMs: Date.now(), platform: platformName(platform), gpus, otherGpus, cpu: cpuPart, memory, disk }
}
