import { readdir } from 'node:fs/promises'
import { askProgram, isAlive, linuxProcessFields } from './process-identity'
import type { ProcessIdentity } from './process-identity'
import { runCommand } from './run-command'

interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
}

const KILL_TIMEOUT_MS = 10_000
/** A tree can fork while it is being killed; so many looks catch what appeared in between. */
const ROUNDS = 3

/**
 * Kills a process, all its descendants and its process group (POSIX: SIGKILL; Windows: `taskkill /T /F`), if it still is that very
 * process. Returns false when it was gone before. Descendants that left for a session of their own are found by their parent.
 * Throws PROCESS_FAILED when the system does not say what runs; it can be asked again then.
 */
export async function killTree(identity: ProcessIdentity): Promise<boolean> {
  if (!(await isAlive(identity))) return false
  if (process.platform === 'win32') {
    await runCommand('taskkill', ['/PID', String(identity.pid), '/T', '/F'], { timeoutMs: KILL_TIMEOUT_MS })
    return true
  }
  const members = new Set([identity.pid])
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = membersOf(await listProcesses(), members, identity.pid)
    if (round > 0 && found.length === 0) break
    for (const pid of found) members.add(pid)
    // Children first: once the root is gone they are handed to another parent and could not be found any more.
    for (const pid of found.toReversed()) kill(pid)
    if (round === 0) kill(identity.pid)
  }
  return true
}

/** Processes below `known` or in the root's group that are not in `known`, parents before children. */
function membersOf(rows: readonly ProcessRow[], known: ReadonlySet<number>, root: number): readonly number[] {
  const found = new Set<number>()
  let size = -1
  while (size !== found.size) {
    size = found.size
    for (const { pid, parent, group } of rows)
      if (!known.has(pid) && pid !== process.pid && (group === root || known.has(parent) || found.has(parent))) found.add(pid)
  }
  return [...found]
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function listProcesses(): Promise<readonly ProcessRow[]> {
  if (process.platform !== 'linux') {
    const stdout = await askProgram('ps', ['-A', '-o', 'pid=,ppid=,pgid='])
    return stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number)).flatMap(([pid, parent, group]) => row(pid, parent, group))
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const rows = await Promise.all(pids.map(async (pid) => {
    const fields = await linuxProcessFields(pid)
    return fields === null || fields[0] === 'Z' ? [] : row(pid, Number(fields[1]), Number(fields[2]))
  }))
  return rows.flat()
}

function row(pid: number | undefined, parent: number | undefined, group: number | undefined): readonly ProcessRow[] {
  return pid === undefined || parent === undefined || group === undefined || !Number.isInteger(pid + parent + group) ? [] : [{ pid, parent, group }]
}
