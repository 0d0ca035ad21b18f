import { readFile } from 'node:fs/promises'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import { runCommand } from './run-command'

/** A process that can't be mistaken for a later one with the same number. `startTime` is the system's own text; compare, never read. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/** What is asked of the system; a test puts one in its place that gives no answer. */
export interface SystemQueries {
  readonly platform: NodeJS.Platform
  /** Throws ESRCH where no process has this number. */
  readonly signal: (pid: number, signal: 0) => void
  readonly readFile: (path: string) => Promise<string>
  readonly run: typeof runCommand
}

export const thisSystem: SystemQueries = {
  platform: process.platform, signal: (pid, signal) => void process.kill(pid, signal), readFile: (path) => readFile(path, 'latin1'), run: runCommand,
}

const QUERY_TIMEOUT_MS = 10_000

/** Whether some process has this number; costs no process and no file. A zombie has one still. */
export function isNumberTaken(pid: number, system = thisSystem): boolean {
  try {
    system.signal(pid, 0)
    return true
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false
    if (isErrno(error, 'EPERM')) return true
    throw error
  }
}

/** True while this very process lives. A zombie counts as gone: nothing of it runs. Throws PROCESS_FAILED when the system gives no answer. */
export async function isAlive(identity: ProcessIdentity, system = thisSystem): Promise<boolean> {
  return isNumberTaken(identity.pid, system) && (await startTimeOf(identity.pid, system)) === identity.startTime
}

/**
 * When the system started this process, in the same text as python-templates/supervisor.py writes; null when it is gone.
 * Linux: boot id and clock ticks. macOS: `ps`. Windows: FILETIME as a decimal number. Only Linux is covered by a test here.
 * Throws PROCESS_FAILED when the system gives no answer: that must not be taken for an end.
 */
export function startTimeOf(pid: number, system = thisSystem): Promise<string | null> {
  switch (system.platform) {
    case 'linux':
      return linuxStartTime(pid, system)
    case 'win32':
      return windowsStartTime(pid, system)
    default:
      return psStartTime(pid, system)
  }
}

/** The fields of `/proc/PID/stat` from the state on (field 3 of proc(5) comes first); null when the process is gone. Throws PROCESS_FAILED. */
export async function linuxProcessFields(pid: number, system = thisSystem): Promise<readonly string[] | null> {
  const text = await readOrNull(`/proc/${pid}/stat`, system)
  // The name before the last bracket may hold spaces and brackets itself.
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).trimEnd().split(' ')
}

async function linuxStartTime(pid: number, system: SystemQueries): Promise<string | null> {
  const fields = await linuxProcessFields(pid, system)
  const boot = await readOrNull('/proc/sys/kernel/random/boot_id', system)
  const [state, startTicks] = [fields?.[0], fields?.[19]]
  if (boot === null || startTicks === undefined || state === 'Z' || state === 'X') return null
  return `${boot.trim()}:${startTicks}`
}

async function psStartTime(pid: number, system: SystemQueries): Promise<string | null> {
  const stdout = await askProgram('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], system)
  const [state = '', ...words] = stdout.trim().split(/\s+/)
  return words.length === 0 || state.startsWith('Z') ? null : words.join(' ')
}

async function windowsStartTime(pid: number, system: SystemQueries): Promise<string | null> {
  const script = `(Get-Process -Id ${Math.trunc(pid)} -ErrorAction SilentlyContinue).StartTime.ToFileTimeUtc()`
  const text = (await askProgram('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script], system)).trim()
  return /^\d+$/.test(text) ? text : null
}

/** What a program says of the processes, whatever its exit code: `ps` gives 1 for a process that is gone. Throws PROCESS_FAILED when it did not come to its end. */
export async function askProgram(file: string, args: readonly string[], system = thisSystem): Promise<string> {
  const result = await system.run(file, args, { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }, timeoutMs: QUERY_TIMEOUT_MS })
  if (result.exitCode !== null) return result.stdout
  throw new AppError('PROCESS_FAILED', `${file} could not be asked: ${result.startError?.message ?? (result.timedOut ? 'no answer in time' : (result.signal ?? 'it ended early'))}`)
}

async function readOrNull(path: string, system: SystemQueries): Promise<string | null> {
  try {
    return await system.readFile(path)
  } catch (error) {
    // Gone, also while it was read; or not shown, since it is somebody else's (`hidepid`): our runs are our own.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) return null
    throw new AppError('PROCESS_FAILED', `${path} can't be read: ${messageOf(error)}`, { cause: error })
  }
}
