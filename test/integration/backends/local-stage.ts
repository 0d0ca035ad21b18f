import { resolve } from 'node:path'
import { expect } from 'vitest'
import type { RunHandle, TrainingBackend } from '../../../electron/backends/training-backend'
import { readRunStatus } from '../../../electron/process/run-folder'
import { killQuietly, supervisorPath, until } from '../../support/run-folders'
import { testPython } from '../../support/test-python'
import { testSpec } from '../../support/training-run'
import type { Stage } from './contract'

const modelPath = resolve(import.meta.dirname, '..', '..', 'fixtures', 'models', 'tiny-llama')

/** This machine as a place: real processes, found by the run's status.json. */
export function localStage(backend: TrainingBackend): Stage {
  async function pids(handle: RunHandle) {
    const status = await until('both processes', async () => {
      const current = await readRunStatus(handle.runFolder)
      return current?.trainerPid !== null && current
    })
    return { trainer: status.trainerPid ?? 0, supervisor: status.supervisorPid }
  }
  async function isAtWork(handle: RunHandle): Promise<boolean> {
    const status = await readRunStatus(handle.runFolder)
    if (status === null || status.trainerPid === null || status.state === 'exited') return false
    try {
      return process.kill(status.trainerPid, 0)
    } catch {
      return false // nobody has this number
    }
  }
  return {
    spec: (changes, data) => testSpec({ backend: backend.id, ...changes, model: { path: modelPath }, data, settings: { length: { kind: 'steps', steps: 8 }, ...changes.settings } }),
    context: (runFolder, templates) => ({ runFolder, python: testPython(), supervisorPath, templates, environment: {} }),
    long: { settings: { length: { kind: 'steps', steps: 100_000 } } },
    completedEnd: { exitCode: 0, peakMemoryBytes: expect.toSatisfy((bytes: number) => bytes > 100e6) },
    isAtWork,
    nuisance: { inflict: async (handle) => killQuietly((await pids(handle)).supervisor), end: { exitCode: null } },
    mishaps: [
      {
        what: 'kill -9 of the trainer',
        strike: async (handle) => killQuietly((await pids(handle)).trainer),
        finished: { ending: 'failed', end: { signal: 'SIGKILL', cause: { kind: 'killed' } } },
      },
      {
        what: 'kill -9 of trainer and supervisor',
        async strike(handle) {
          const { trainer, supervisor } = await pids(handle)
          killQuietly(supervisor)
          killQuietly(trainer)
        },
        finished: { ending: 'lost', end: { exitCode: null, signal: null, cause: null } },
      },
    ],
    async cleanUp(runFolders) {
      for (const folder of runFolders) {
        const status = await readRunStatus(folder)
        if (status !== null && status.state !== 'exited') for (const pid of [status.trainerPid, status.supervisorPid]) if (pid !== null) killQuietly(pid)
      }
    },
  }
}
