import { describe, expect, it, onTestFinished } from 'vitest'
import type { BackendRegistry } from '../../../electron/backends/registry'
import type { RunObservation, TrainingBackend } from '../../../electron/backends/training-backend'
import { createRuns } from '../../../electron/services/runs'
import type { RunUsage } from '../../../electron/shared/cloud'
import type { JobState } from '../../../electron/shared/job-state'
import { until } from '../../support/run-folders'
import { jobId, newJob, openTemporary, point, temporaryFolder } from '../storage/storage-fixtures'

const nobody = { exitCode: 0, signal: null, peakMemoryBytes: null, peakGpuMemoryBytes: null, lastLines: [], cause: null }
const batch = (from: number, to: number): RunObservation => ({
  kind: 'batch', events: Array.from({ length: to - from }, (_, i) => point(from + i, from + i + 1, { loss: 1 })), cursor: String(to), unknown: 0, malformed: 0,
})
const end: RunObservation = { kind: 'finished', ending: 'completed', end: nobody, finishedAtMs: 2000, cursor: '4' }

/** A run that was going on when the app was closed; `observe` is what its backend tells from each cursor on. */
function setUp(observe: (cursor: string | null) => AsyncIterable<RunObservation>) {
  const { stores } = openTemporary()
  const id = jobId(1)
  stores.jobs.create(newJob(1))
  stores.jobs.transition(id, { kind: 'prepare' }, 1, { device: { kind: 'cpu', threads: 1 }, runFolder: temporaryFolder() })
  stores.jobs.transition(id, { kind: 'started' }, 1, { handle: { kind: 'process', runFolder: '/run', startedAtMs: 1 } })
  const fake = { observe: (_handle: unknown, cursor: string | null) => observe(cursor) } as unknown as TrainingBackend<'huggingface'>
  const faults: string[] = []
  const ended: JobState[] = []
  const used: (RunUsage | null)[] = []
  const runs = createRuns({
    jobs: stores.jobs, ingestor: stores.ingestor, backends: { huggingface: fake } as BackendRegistry, environments: { forDevice: () => null, list: () => [] }, runsRoot: '/runs', supervisorPath: '', templates: () => Promise.resolve({}),
    resolve: () => Promise.reject(new Error('nothing is started here')), beforeStart: () => Promise.resolve(), collectOutputs: () => Promise.resolve(), wait: () => Promise.resolve(), now: () => 3000,
    onUsage: (job) => used.push(stores.jobs.record(job).usage), onChanged: () => undefined, onStored: () => undefined, onEnded: (_id, state) => ended.push(state), onFault: (message) => faults.push(message),
  })
  onTestFinished(() => runs.close())
  return { stores, id, runs, faults, ended, used }
}

describe('following a run', () => {
  // Catches a job that is "running" for ever, on a device that nobody else gets, because one write failed on a full disk.
  it('is taken up again after a fault, and every point comes once', async () => {
    let looks = 0
    const { stores, id, runs, faults, ended } = setUp(async function* (cursor) {
      looks += 1
      yield* [batch(0, 2), batch(2, 4)].filter((one) => one.kind === 'batch' && Number(one.cursor) > Number(cursor ?? 0))
      if (looks === 1) throw new Error('SQLITE_FULL: database or disk is full')
      yield end
    })
    runs.recover()
    await until('the run has ended', () => ended.length > 0)
    expect(faults).toHaveLength(1)
    expect(looks).toBe(2)
    expect(ended).toEqual(['succeeded'])
    expect([...stores.metrics.tail(stores.jobs.rowOf(id), -1, 100).step]).toEqual([1, 2, 3, 4])
    expect(runs.active()).toEqual([])
  })

  // Catches a job that goes on elsewhere, unseen, after it was taken for lost.
  it('that was lost and is found again goes on behind its last event', async () => {
    let known = false
    const { stores, id, runs, ended } = setUp(async function* (cursor) {
      if (cursor === null) yield batch(0, 2)
      if (known) yield batch(2, 4)
      yield known ? end : { ...end, ending: 'lost', cursor: '2' }
    })
    runs.recover()
    await until('the run is lost', () => ended.length > 0)
    expect(stores.jobs.record(id)).toMatchObject({ state: 'interrupted', finishedAtMs: 2000, eventCursor: '2' })
    known = true
    runs.takeUpAgain(id)
    expect(stores.jobs.record(id)).toMatchObject({ state: 'running', finishedAtMs: null, end: null })
    await until('the run has ended', () => ended.length > 1)
    expect(ended).toEqual(['interrupted', 'succeeded'])
    expect([...stores.metrics.tail(stores.jobs.rowOf(id), -1, 100).step]).toEqual([1, 2, 3, 4])
    runs.takeUpAgain(id)
    expect(stores.jobs.record(id).state).toBe('succeeded')
  })

  // Catches a bill that forgets what a place said, because later it said nothing.
  it('keeps what was used when a place does not say it any more', async () => {
    const usage: RunUsage = { kind: 'tokens', model: 'm', trainedTokens: 500 }
    const phase = { text: 'Training', ratio: null, atMs: 1, attention: false, command: null }
    const { runs, ended, used } = setUp(async function* () {
      yield { kind: 'phase', phase, usage }
      yield { kind: 'phase', phase: { ...phase, text: 'no answer' }, usage: null }
      yield { ...end, usage: null }
    })
    runs.recover()
    await until('the run has ended', () => ended.length > 0)
    expect(used).toEqual([usage, usage, usage])
  })
})
