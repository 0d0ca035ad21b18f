import { rm } from 'node:fs/promises'
import type { LocalDevice } from '../shared/job-spec'
import { AppError } from '../shared/app-error'
import { isAlive } from './process-identity'
import { readRunStatus, runFiles, runPath } from './run-folder'
import type { RunStatus } from './run-folder'
import { runCommand } from './run-command'

export interface LaunchOptions {
  readonly runFolder: string
  /** Interpreter of the environment that trains; it runs the supervisor too. */
  readonly python: string
  /** Absolute path of supervisor.py. */
  readonly supervisorPath: string
  /** The whole environment of the run, see `trainerEnvironment`; the only way by which a secret reaches it. */
  readonly environment: Readonly<Record<string, string>>
}

const LAUNCH_TIMEOUT_MS = 60_000
const EXIT_TAKEN = 4

/**
 * Starts `train.py` of a run folder under a detached supervisor and returns the first status with the trainer in it (or how the start
 * failed). A folder that holds a run already is not started again: its status is returned; a start that was cut off before there was a
 * trainer is made again. Throws PROCESS_FAILED.
 */
export async function launchRun(options: LaunchOptions): Promise<RunStatus> {
  const { runFolder, python, supervisorPath, environment } = options
  const before = await readRunStatus(runFolder)
  if (before !== null && !(await wasCutOff(before))) return before
  if (before !== null) await rm(runPath(runFolder, 'status'))
  const command = [supervisorPath, 'run', '--folder', runFolder, '--', python, runFiles.script]
  const result = await runCommand(python, command, { cwd: runFolder, env: { ...environment }, timeoutMs: LAUNCH_TIMEOUT_MS })
  const status = result.exitCode === 0 || result.exitCode === EXIT_TAKEN ? await readRunStatus(runFolder) : null
  if (status === null) {
    const reason = result.startError?.message ?? (result.timedOut ? 'no answer in time' : result.stderr.trim().slice(-500))
    throw new AppError('PROCESS_FAILED', `the supervisor could not be started: ${reason}`)
  }
  return status
}

/** The supervisor was killed before it started the trainer, so its claim on the folder is nobody's. */
async function wasCutOff({ state, trainerPid, supervisorPid, supervisorStartTime }: RunStatus): Promise<boolean> {
  if (state !== 'starting' || trainerPid !== null) return false
  return supervisorStartTime === null || !(await isAlive({ pid: supervisorPid, startTime: supervisorStartTime }))
}

/** Of the app's own process: what belongs to Electron or Node, and Python settings that would reach into a virtual environment. */
const notInherited = /^(?:ELECTRON_|NODE_|npm_|CHROME_|PYTHONHOME$|PYTHONPATH$|PYTHONSTARTUP$|VIRTUAL_ENV$|__PYVENV_LAUNCHER__$|TUNESMITH_)/i

const fixed = {
  PYTHONUNBUFFERED: '1', PYTHONUTF8: '1', TOKENIZERS_PARALLELISM: 'false',
  // A run reads local folders only. Telling nobody about it is the default.
  HF_HUB_OFFLINE: '1', HF_HUB_DISABLE_TELEMETRY: '1', HF_HUB_DISABLE_PROGRESS_BARS: '1', UNSLOTH_DISABLE_STATISTICS: '1', DO_NOT_TRACK: '1', WANDB_DISABLED: 'true',
} as const

/**
 * The environment of a run: the app's own without what is Electron's, the device that it may see, and `extra` on top. GPUs are named by
 * UUID, so that another order of counting can't pick another card; an empty list hides them all.
 */
export function trainerEnvironment(base: NodeJS.ProcessEnv, device: LocalDevice, extra: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const forDevice: Record<string, string> = device.kind === 'cpu'
    // Unsloth takes its CPU path by itself only where no NVIDIA driver is loaded.
    ? { CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: String(device.threads), UNSLOTH_FORCE_CPU: '1' }
    : { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: device.gpuUuid }
  return { ...inheritedEnvironment(base), ...fixed, ...forDevice, ...extra }
}

/** The app's own environment without what is Electron's or Node's, and without Python settings of another interpreter. */
export function inheritedEnvironment(base: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(base)) if (value !== undefined && !notInherited.test(name)) own[name] = value
  return own
}
