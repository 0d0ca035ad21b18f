import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchRun } from '../../../electron/process/local-run'
import type { SystemQueries } from '../../../electron/process/process-identity'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith-watch-'))
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

const statusPath = (): string => join(folder, 'status.json')
const running = (): void => writeFileSync(statusPath(), JSON.stringify({
  schemaVersion: 1, state: 'running', supervisorPid: 8, supervisorStartTime: 'now', trainerPid: 7, trainerStartTime: 'now', startedAtMs: 1_000,
  finishedAtMs: null, exitCode: null, signal: null, peakMemoryBytes: null, oomKills: null, stopRequested: false,
}))

/** A Mac on which a test says which numbers are taken, and what `ps` answers. */
function mac() {
  const state = { taken: new Set([7, 8]), startTime: 'now' as string | null, asked: 0 }
  const system: SystemQueries = {
    platform: 'darwin',
    signal: (pid) => {
      if (!state.taken.has(pid)) throw Object.assign(new Error('gone'), { code: 'ESRCH' })
    },
    readFile: () => Promise.reject(new Error('there is no /proc')),
    run: () => {
      state.asked += 1
      const silent = state.startTime === null
      return Promise.resolve({ exitCode: silent ? null : 0, signal: null, stdout: silent ? '' : `S ${state.startTime}\n`, stderr: '', timedOut: silent, aborted: false, truncated: false, startError: null })
    },
  }
  return { state, system }
}

describe('watching a run', () => {
  it('goes on while the system does not answer, and sees the end once it does (a slow `ps` made a living run interrupted)', async () => {
    running()
    const { state, system } = mac()
    state.startTime = null
    const { hasEnded } = watchRun(folder, system)
    for (let look = 0; look < 5; look += 1) {
      expect(await hasEnded()).toBe(false)
      vi.advanceTimersByTime(10_000)
    }
    state.taken.clear()
    expect(await hasEnded()).toBe(true)
  })

  it('starts a `ps` at the first look and twice a minute, and sees a later process with the same numbers by it', async () => {
    running()
    const { state, system } = mac()
    const { hasEnded } = watchRun(folder, system)
    for (let second = 0; second < 60; second += 1) {
      expect(await hasEnded()).toBe(false)
      vi.advanceTimersByTime(1_000)
    }
    expect(state.asked).toBe(2)
    state.startTime = 'later'
    expect(await hasEnded()).toBe(true)
  })

  it('goes on while the status can\'t be read, was damaged or is gone, as long as the trainer lives (a file held by a virus scanner ended a run)', async () => {
    running()
    const { state, system } = mac()
    const { hasEnded } = watchRun(folder, system)
    expect(await hasEnded()).toBe(false)
    const breaks = [() => symlinkSync('status.json', statusPath()), () => writeFileSync(statusPath(), '{"state'), () => undefined]
    for (const damage of process.platform === 'win32' ? breaks.slice(1) : breaks) {
      rmSync(statusPath(), { force: true })
      damage()
      vi.advanceTimersByTime(40_000)
      expect(await hasEnded()).toBe(false)
    }
    state.taken.clear()
    vi.advanceTimersByTime(40_000)
    expect(await hasEnded()).toBe(true)
  })

  it('gives up a run that never had a status', async () => {
    const { hasEnded } = watchRun(folder, mac().system)
    expect(await hasEnded()).toBe(false)
    vi.advanceTimersByTime(31_000)
    expect(await hasEnded()).toBe(true)
  })
})
