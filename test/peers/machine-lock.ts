// One holder at a time on this machine. The toolkit starts torchrun on port 7777 and on no other, so of all tests that run
// now only one may have a job with several hosts.
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Waits for the lock and returns its release. A lock whose process is gone counts as free. */
export async function machineLock(name: string): Promise<() => void> {
  const path = join(tmpdir(), `tunesmith-${name}.lock`)
  for (;;) {
    if (take(path)) return () => rmSync(path, { force: true })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function take(path: string): boolean {
  // Linked with its content, so that nobody reads a lock that has no holder yet.
  const own = `${path}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    if (!holderLives(path)) rmSync(path, { force: true })
    return false
  } finally {
    rmSync(own, { force: true })
  }
}

function holderLives(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    // Released meanwhile, or of another user, who lives.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
