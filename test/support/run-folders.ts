import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readRunStatus } from '../../electron/process/run-folder'
import type { RunStatus } from '../../electron/process/run-folder'

const root = resolve(import.meta.dirname, '..', '..')
export const supervisorPath = join(root, 'python-templates', 'supervisor.py')
export const fakeTrainerPath = join(root, 'test', 'fixtures', 'fake-trainer', 'train.py')

let interpreter: string | null = null

/** A Python of the system for programs that need the standard library only: the real interpreter, not a launcher script that forks. */
export function systemPython(): string {
  interpreter ??= execFileSync(process.platform === 'win32' ? 'python' : 'python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
  return interpreter
}

/** What the fake trainer does, see test/fixtures/fake-trainer/train.py. */
export interface FakeSettings {
  readonly steps?: number
  readonly stepSeconds?: number
  readonly loadSeconds?: number
  readonly childProcess?: boolean
  readonly ignoreStop?: boolean
  readonly environment?: boolean
  readonly crash?: 'exit' | 'exception'
  /** Bytes that it prints before its first step. */
  readonly noise?: number
}

/** Temporary run folders that hold the fake trainer; `cleanUp` kills what still runs in them and removes them. */
export function fakeRuns() {
  const folders: string[] = []
  return {
    create(settings: FakeSettings = {}): string {
      const folder = mkdtempSync(join(tmpdir(), 'tunesmith run '))
      folders.push(folder)
      copyFileSync(fakeTrainerPath, join(folder, 'train.py'))
      writeFileSync(join(folder, 'fake.json'), JSON.stringify(settings))
      return folder
    },
    async cleanUp(): Promise<void> {
      for (const folder of folders.splice(0)) {
        const status = await readRunStatus(folder)
        if (status !== null && status.state !== 'exited') for (const pid of [status.trainerPid, status.supervisorPid]) if (pid !== null) killQuietly(pid)
        rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
      }
    },
  }
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Polls until `probe` gives something, at most `timeoutMs`. */
export async function until<T>(what: string, probe: () => T | null | undefined | false | Promise<T | null | undefined | false>, timeoutMs = 20_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== null && value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

export function untilExited(folder: string): Promise<RunStatus> {
  return until('the run to exit', async () => {
    const status = await readRunStatus(folder)
    return status?.state === 'exited' && status
  })
}

/** True while a process with this number exists and is no zombie (Linux). */
export function livesOnLinux(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
