import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { CORE_IDENTITY_FIELDS, IDENTITY_FIELDS, isUnknownFieldMessage, parseIdentityLines } from '../parsing/nvidia-smi-csv'
import type { GpuIdentity } from '../parsing/nvidia-smi-csv'
import { parseMigList } from '../parsing/nvidia-smi-list'
import type { ListedMigDevice } from '../parsing/nvidia-smi-list'
import { evidenceOf } from '../parsing/nvidia-smi-values'
import { parseNvidiaSmiXml } from '../parsing/nvidia-smi-xml'
import { runCommand } from '../process/run-command'
import type { CommandResult } from '../process/run-command'
import type { Gpu, GpuState } from '../shared/hardware'

/** Names another nvidia-smi than the installed one; for tests and for drivers in unusual places. */
export const NVIDIA_SMI_VARIABLE = 'TUNESMITH_NVIDIA_SMI'

/** A cold driver without persistence mode takes seconds per board to answer; a healthy one never takes this long. */
const PROBE_TIMEOUT_MS = 20_000
/** Return codes of nvidia-smi, from its manual page. */
const EXIT_NO_DEVICE = 6
const EXIT_DRIVER_NOT_LOADED = 9
const EXIT_NVML_NOT_FOUND = 12
const EXIT_GPU_FELL_OFF_THE_BUS = 15

export interface GpuProbeOptions {
  readonly environment?: NodeJS.ProcessEnv
  readonly platform?: NodeJS.Platform
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** True when the system lists an NVIDIA board, whatever its driver says; tells a missing driver from a missing GPU. */
  readonly hasNvidiaAdapter?: boolean
}

function candidatePaths(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly string[] {
  const program = platform === 'win32' ? 'nvidia-smi.exe' : 'nvidia-smi'
  const folders = (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter).filter((folder) => folder !== '')
  // The driver's own folders come first on Windows: the search path may hold anything.
  const known =
    platform === 'win32'
      ? [
          join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32'),
          join(environment['ProgramFiles'] ?? 'C:\\Program Files', 'NVIDIA Corporation', 'NVSMI'),
        ]
      : []
  // WSL keeps the driver's programs outside the search path of some distributions.
  const last = platform === 'linux' ? ['/usr/bin', '/usr/lib/wsl/lib'] : []
  return [...known, ...folders, ...last].map((folder) => join(folder, program))
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The path of nvidia-smi, or null when no driver brought one. macOS has none, so it is only looked for when the variable names it. */
export async function findNvidiaSmi(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string | null> {
  const named = environment[NVIDIA_SMI_VARIABLE]
  if (named !== undefined && named !== '') return (await isExecutable(named)) ? named : null
  if (platform === 'darwin') return null
  for (const path of candidatePaths(environment, platform)) {
    if (await isExecutable(path)) return path
  }
  return null
}

/** What a failed `nvidia-smi -q -x` means, by its words first and its exit code second: both changed over the years. */
function stateOfFailure(result: CommandResult, hasNvidiaAdapter: boolean): GpuState {
  const said = `${result.stdout}\n${result.stderr}`
  const evidence = evidenceOf(result.startError?.message ?? (said.trim() === '' ? `exit code ${result.exitCode ?? 'none'}` : said))
  const says = (pattern: RegExp) => pattern.test(said)
  if (says(/driver\/library version mismatch/i)) return { kind: 'driver-mismatch', evidence }
  if (says(/no devices were found/i) || result.exitCode === EXIT_NO_DEVICE) {
    return hasNvidiaAdapter ? { kind: 'no-driver', evidence } : { kind: 'no-gpu' }
  }
  if (says(/couldn't communicate with the nvidia driver|couldn't find libnvidia-ml|failed to initialize nvml/i)) {
    return { kind: 'no-driver', evidence }
  }
  if (says(/unable to determine the device handle|gpu is lost|fallen off the bus/i)) return { kind: 'gpu-lost', evidence }
  if (result.exitCode === EXIT_DRIVER_NOT_LOADED || result.exitCode === EXIT_NVML_NOT_FOUND) return { kind: 'no-driver', evidence }
  if (result.exitCode === EXIT_GPU_FELL_OFF_THE_BUS) return { kind: 'gpu-lost', evidence }
  return { kind: 'driver-nonsense', evidence }
}

type Ask = (...args: readonly string[]) => Promise<CommandResult>

/** Index and compute capability by UUID; empty when the driver does not tell. */
async function askIdentities(ask: Ask): Promise<readonly GpuIdentity[]> {
  for (const fields of [IDENTITY_FIELDS, CORE_IDENTITY_FIELDS]) {
    const result = await ask(`--query-gpu=${fields.join(',')}`, '--format=csv,noheader')
    if (!isUnknownFieldMessage(result.stdout + result.stderr)) return parseIdentityLines(result.stdout, fields)
  }
  return []
}

function completed(gpu: Gpu, identities: readonly GpuIdentity[], listed: readonly ListedMigDevice[]): Gpu {
  const identity = identities.find(({ uuid }) => uuid === gpu.uuid)
  return {
    ...gpu,
    // A lost board leaves a gap in nvidia-smi's numbering that the order of the XML elements does not show.
    index: identity?.index ?? gpu.index,
    computeCapability: identity?.computeCapability ?? null,
    migDevices: gpu.migDevices.map((device) => {
      const entry = listed.find(({ gpuUuid, index }) => gpuUuid === gpu.uuid && index === device.index)
      return { ...device, uuid: device.uuid ?? entry?.uuid ?? null, profile: entry?.profile ?? null }
    }),
  }
}

/**
 * Asks the NVIDIA driver what is there. Every way of failing is a state; rejects only with the reason of an abort. Takes at most about three times
 * `timeoutMs` plus the time to kill, and one healthy probe forks two processes (three with MIG).
 */
export async function probeGpus(options: GpuProbeOptions = {}): Promise<GpuState> {
  const { environment = process.env, platform = process.platform, timeoutMs = PROBE_TIMEOUT_MS, hasNvidiaAdapter = false } = options
  const path = await findNvidiaSmi(environment, platform)
  if (path === null) {
    if (platform !== 'linux' && platform !== 'win32') return { kind: 'unsupported-platform', platform }
    return hasNvidiaAdapter ? { kind: 'no-driver', evidence: 'nvidia-smi was not found.' } : { kind: 'no-gpu' }
  }
  const ask: Ask = (...args) =>
    runCommand(path, args, { timeoutMs, env: { ...environment, LC_ALL: 'C' }, ...(options.signal ? { signal: options.signal } : {}) })

  const result = await ask('-q', '-x')
  options.signal?.throwIfAborted()
  if (result.timedOut) return { kind: 'driver-hangs', timeoutMs }
  const report = parseNvidiaSmiXml(result.stdout)
  if (report.kind === 'nonsense') return stateOfFailure(result, hasNvidiaAdapter)
  if (report.gpus.length === 0) return report.warnings.length === 0 ? { kind: 'no-gpu' } : stateOfFailure(result, hasNvidiaAdapter)

  const identities = await askIdentities(ask)
  const listed = report.gpus.some((gpu) => gpu.migDevices.length > 0) ? parseMigList((await ask('-L')).stdout) : []
  const complaints = result.stderr.trim() === '' ? [] : [evidenceOf(result.stderr)]
  return {
    kind: 'ok',
    driverVersion: report.driverVersion,
    cudaVersion: report.cudaVersion,
    gpus: report.gpus.map((gpu) => completed(gpu, identities, listed)),
    warnings: [...report.warnings, ...complaints],
  }
}
