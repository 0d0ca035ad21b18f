import { readFile } from 'node:fs/promises'
import { runCommand } from './run-command'

/** A process that can't be mistaken for a later one with the same number. `startTime` is the system's own text; compare, never read. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

const QUERY_TIMEOUT_MS = 10_000

/** True while this very process lives. A zombie counts as gone: nothing of it runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startTimeOf(identity.pid)) === identity.startTime
}

/**
 * When the system started this process, in the same text as python-templates/supervisor.py writes; null when it is gone.
 * Linux: boot id and clock ticks. macOS: `ps`. Windows: FILETIME as a decimal number. Only Linux is covered by a test here.
 */
export function startTimeOf(pid: number): Promise<string | null> {
  switch (process.platform) {
    case 'linux':
      return linuxStartTime(pid)
    case 'win32':
      return windowsStartTime(pid)
    default:
      return psStartTime(pid)
  }
}

/** The fields of `/proc/PID/stat` from the state on (field 3 of proc(5) comes first); null when the process is gone. */
export async function linuxProcessFields(pid: number): Promise<readonly string[] | null> {
  const text = await readOrNull(`/proc/${pid}/stat`)
  // The name before the last bracket may hold spaces and brackets itself.
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).trimEnd().split(' ')
}

async function linuxStartTime(pid: number): Promise<string | null> {
  const fields = await linuxProcessFields(pid)
  const boot = await readOrNull('/proc/sys/kernel/random/boot_id')
  const [state, startTicks] = [fields?.[0], fields?.[19]]
  if (boot === null || startTicks === undefined || state === 'Z' || state === 'X') return null
  return `${boot.trim()}:${startTicks}`
}

async function psStartTime(pid: number): Promise<string | null> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const { stdout } = await runCommand('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env, timeoutMs: QUERY_TIMEOUT_MS })
  const [state = '', ...words] = stdout.trim().split(/\s+/)
  return words.length === 0 || state.startsWith('Z') ? null : words.join(' ')
}

async function windowsStartTime(pid: number): Promise<string | null> {
  const script = `(Get-Process -Id ${Math.trunc(pid)} -ErrorAction SilentlyContinue).StartTime.ToFileTimeUtc()`
  const { stdout } = await runCommand('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script], { timeoutMs: QUERY_TIMEOUT_MS })
  const text = stdout.trim()
  return /^\d+$/.test(text) ? text : null
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'latin1')
  } catch {
    return null // the process ended
  }
}
