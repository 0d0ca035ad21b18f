import { execFileSync } from 'node:child_process'
import type { ElectronApplication } from 'playwright'
import { killNow } from './tunesmith'

/** All processes below one, itself included. */
export function treeOf(root: number): readonly number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const found = [root]
  for (const parent of found) for (const [pid, ppid] of rows) if (ppid === parent && pid !== undefined && !found.includes(pid)) found.push(pid)
  return found
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** kill -9 of the app: main, engine, page, terminal and all the rest at once. Returns the processes that it had. */
export async function killApp(app: ElectronApplication): Promise<readonly number[]> {
  const main = app.process().pid
  if (main === undefined) throw new Error('the app has no process')
  const closed = app.waitForEvent('close')
  const all = treeOf(main)
  for (const pid of all) killNow(pid)
  await closed
  return all
}

export async function enginePid(app: ElectronApplication): Promise<number> {
  const pid = await app.evaluate(({ app: electronApp }) => electronApp.getAppMetrics().find(({ name }) => name === 'Tunesmith engine')?.pid ?? null)
  if (pid === null) throw new Error('the engine does not run')
  return pid
}
