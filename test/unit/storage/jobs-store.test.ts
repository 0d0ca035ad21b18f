import { describe, expect, it } from 'vitest'
import { AppError } from '../../../electron/shared/app-error'
import type { JobSpec } from '../../../electron/shared/job-spec'
import type { RunEnd } from '../../../electron/shared/job-state'
import { openDatabase } from '../../../electron/storage/database'
import { createStores, type Stores } from '../../../electron/storage/stores'
import { datasetId, environmentId, jobId, modelId, newJob, openTemporary, point, request, settings } from './storage-fixtures'

const end: RunEnd = {
  exitCode: 1, signal: null, peakMemoryBytes: 5, peakGpuMemoryBytes: null, lastLines: ['Killed'],
  cause: { kind: 'out-of-memory', evidence: 'CUDA out of memory', details: { requestedBytes: 7 } },
}
const queueOf = (stores: Stores): string[] => stores.jobs.inStates(['queued']).map((job) => job.name)
const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('jobs', () => {
  it('gives back what the window needs of a new job', () => {
    const { stores } = openTemporary()
    expect(stores.jobs.create(newJob(1))).toEqual({
      id: jobId(1), name: 'run 1', state: 'queued', backend: 'huggingface', modelId: modelId(1), modelName: 'toy', datasetId: datasetId(1), datasetName: 'sample', settings,
      device: null, createdAtMs: 1000, startedAtMs: null, finishedAtMs: null, queuePosition: 1, waitingFor: null, stage: null, step: 0, totalSteps: null, epoch: 0,
      etaSeconds: null, loss: null, evalLoss: null, bestEvalLoss: null, bestStep: null, tokensPerSecond: null, samplesPerSecond: null, learningRate: null, lastSeq: -1,
      cause: null, tags: [], note: '', colour: 1, dashed: false, resumedFrom: null, retryOf: null, basedOn: null, environmentId: null, phase: null, spark: [],
    })
  })

  it('keeps everything over a restart, the handle and the cursor included', () => {
    const { stores, database, path } = openTemporary()
    stores.jobs.create(newJob(1))
    const spec: JobSpec = {
      schemaVersion: 1, jobId: jobId(1), name: 'run 1', createdAtMs: 1000, backend: 'huggingface', objective: { kind: 'sft' },
      model: { modelId: modelId(1), name: 'toy', path: '/models/toy', remote: null },
      data: { datasetId: datasetId(1), name: 'sample', trainPath: '/d/train.jsonl', evalPath: null, trainRows: 9, evalRows: 0, sha256: 'a'.repeat(64) },
      settings, device: { kind: 'cpu', threads: 2 }, resume: null, cloud: null,
    }
    stores.jobs.transition(jobId(1), { kind: 'prepare' }, 2000, { device: { kind: 'cpu', threads: 2 }, spec, runFolder: '/runs/1', environmentId: environmentId(1) })
    stores.jobs.transition(jobId(1), { kind: 'started' }, 3000, { handle: { pid: 4, startTime: 'now' } })
    stores.ingestor.ingest(stores.jobs.rowOf(jobId(1)), { events: [point(0, 1, { loss: 1 })], nextCursor: '55' }, null)
    database.close()
    const again = openDatabase(path)
    const [record] = createStores(again.connection).jobs.inStates(['preparing', 'running'])
    again.close()
    expect(record).toMatchObject({
      state: 'running', request: request('run 1'), spec, device: { kind: 'cpu', threads: 2 }, handle: { pid: 4, startTime: 'now' }, runFolder: '/runs/1',
      environmentId: environmentId(1), eventCursor: '55', lastSeq: 0, startedAtMs: 3000, finishedAtMs: null,
    })
  })

  // Catches a state written past the machine, and a patch that survives a refused move.
  it('asks the machine for every move, and writes nothing when it refuses', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    expect(stores.jobs.transition(jobId(1), { kind: 'started' }, 2000, { note: 'changed' })).toEqual({ kind: 'refused', from: 'queued', event: 'started' })
    expect(stores.jobs.summary(jobId(1))).toMatchObject({ state: 'queued', note: '', startedAtMs: null })
    stores.jobs.transition(jobId(1), { kind: 'prepare' }, 3000)
    stores.jobs.transition(jobId(1), { kind: 'started' }, 4000)
    const answer = stores.jobs.transition(jobId(1), { kind: 'finished', outcome: 'failed' }, 5000, { end })
    expect(answer).toEqual({ kind: 'moved', from: 'running', to: 'failed' })
    expect(stores.jobs.summary(jobId(1))).toMatchObject({ state: 'failed', startedAtMs: 4000, finishedAtMs: 5000, queuePosition: null, cause: end.cause })
    expect(stores.jobs.detail(jobId(1)).end).toEqual(end)
  })

  it('keeps the queue in order when jobs move, leave and come back', () => {
    const { stores } = openTemporary()
    for (const name of [1, 2, 3, 4]) stores.jobs.create(newJob(name))
    stores.jobs.move(jobId(4), 2)
    expect(queueOf(stores)).toEqual(['run 1', 'run 4', 'run 2', 'run 3'])
    expect(stores.jobs.list().map((job) => [job.name, job.queuePosition])).toEqual([['run 4', 2], ['run 3', 4], ['run 2', 3], ['run 1', 1]])
    stores.jobs.patch(jobId(1), { waitingFor: 'Waits.' })
    stores.jobs.transition(jobId(1), { kind: 'prepare' }, 2000)
    expect(stores.jobs.summary(jobId(1))).toMatchObject({ queuePosition: null, waitingFor: null })
    // Catches a job that a restart of the engine sends to the end of the queue.
    stores.jobs.transition(jobId(1), { kind: 'unprepare' }, 2100)
    stores.jobs.create(newJob(5))
    expect(queueOf(stores)).toEqual(['run 1', 'run 4', 'run 2', 'run 3', 'run 5'])
    stores.jobs.remove(jobId(4), 3000)
    expect(queueOf(stores)).toEqual(['run 1', 'run 2', 'run 3', 'run 5'])
    stores.jobs.restore(jobId(4))
    expect(queueOf(stores)).toEqual(['run 1', 'run 4', 'run 2', 'run 3', 'run 5'])
  })

  it('gives runs looks that differ, and reuses the look of a deleted one', () => {
    const { stores } = openTemporary()
    const look = (name: number): string => {
      const job = stores.jobs.create(newJob(name))
      return `${job.colour}${job.dashed ? ' dashed' : ''}`
    }
    expect(Array.from({ length: 9 }, (_, i) => look(i))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '1 dashed'])
    stores.jobs.remove(jobId(2), 1)
    expect(look(20)).toBe('3')
  })

  it('renames, tags and notes with any text, and starts an imported run where it ended', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const nasty = `Robert'); DROP TABLE training_jobs;-- "\u2028`
    stores.jobs.patch(jobId(1), { name: nasty, tags: [nasty], note: nasty, colour: 5 })
    expect(stores.jobs.summary(jobId(1))).toMatchObject({ name: nasty, tags: [nasty], note: nasty, colour: 5 })
    const imported = stores.jobs.create(newJob(2, { state: 'succeeded', ran: { startedAtMs: 10, finishedAtMs: 20 } }))
    expect(imported).toMatchObject({ state: 'succeeded', startedAtMs: 10, finishedAtMs: 20, queuePosition: null })
  })

  it('names the ancestors of a resumed run, newest first, and what it made', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    stores.jobs.create(newJob(2, { resume: { jobId: jobId(1), checkpointPath: '/runs/1/checkpoint-5', step: 5 } }))
    stores.jobs.create(newJob(3, { resume: { jobId: jobId(2), checkpointPath: '/runs/2/checkpoint-9', step: 9 }, retryOf: jobId(2) }))
    const row = stores.jobs.rowOf(jobId(3))
    stores.ingestor.ingest(row, { events: [{ kind: 'checkpoint', seq: 0, tMs: 1, step: 12, path: '/runs/3/checkpoint-12', evalLoss: null, best: false }], nextCursor: '1' }, null)
    const made = {
      name: 'tuned', kind: 'adapter' as const, path: '/a', sizeBytes: 1, parameters: null, architecture: null, contextLength: null, hasChatTemplate: true, endOfTurn: null,
      license: null, hubId: null, remote: null, createdAtMs: 1, baseModelId: modelId(1), jobId: jobId(3), method: 'lora' as const, backend: 'huggingface' as const, environmentId: null,
      bestEvalLoss: null, problem: null,
    }
    stores.models.add({ ...made, id: modelId(7), checkpointStep: 12 })
    stores.models.add({ ...made, id: modelId(8), checkpointStep: null })
    stores.checkpoints.set(jobId(3), 12, { present: false, sizeBytes: 77 })
    const detail = stores.jobs.detail(jobId(3))
    expect(detail).toMatchObject({ lineage: [jobId(2), jobId(1)], outputModelId: modelId(8), job: { resumedFrom: jobId(2), retryOf: jobId(2) } })
    expect(detail.checkpoints).toMatchObject([{ step: 12, present: false, sizeBytes: 77, modelId: modelId(7) }])
    expect(stores.jobs.record(jobId(3)).resume).toEqual({ jobId: jobId(2), checkpointPath: '/runs/2/checkpoint-9', step: 9 })
  })

  it('deletes softly, undoes, refuses while a process may live, and purges everything of one run only', async () => {
    const { stores, database } = openTemporary()
    for (const name of [1, 2]) {
      stores.jobs.create(newJob(name))
      const row = stores.jobs.rowOf(jobId(name))
      stores.ingestor.ingest(row, {
        events: [
          { kind: 'checkpoint', seq: 0, tMs: 1, step: 1, path: 'c', evalLoss: null, best: false },
          ...Array.from({ length: 20_050 }, (_, i) => point(i + 1, i, { loss: 1 })),
        ],
        nextCursor: '1',
      }, null)
      stores.hardware.append(row, [{ tMs: 1, gpus: [], cpuPercent: 5, memoryUsedBytes: 1, memoryTotalBytes: 2 }])
    }
    stores.jobs.transition(jobId(1), { kind: 'prepare' }, 1)
    expect(codeOf(() => stores.jobs.remove(jobId(1), 2))).toBe('JOB_STATE')
    stores.jobs.transition(jobId(1), { kind: 'lost' }, 3)
    stores.jobs.remove(jobId(1), 4)
    expect(stores.jobs.list().map((job) => job.id)).toEqual([jobId(2)])
    stores.jobs.restore(jobId(1))
    expect(stores.jobs.list()).toHaveLength(2)
    await expect(stores.jobs.purge(jobId(1))).rejects.toMatchObject({ code: 'JOB_STATE' })
    stores.jobs.remove(jobId(1), 5)
    expect(stores.jobs.removedBefore(4)).toEqual([])
    expect(stores.jobs.removedBefore(5)).toEqual([jobId(1)])
    await stores.jobs.purge(jobId(1))
    expect(codeOf(() => stores.jobs.summary(jobId(1)))).toBe('JOB_NOT_FOUND')
    const left = (table: string): unknown => database.connection.prepare(`SELECT COUNT(DISTINCT job) FROM ${table}`).pluck().get()
    for (const table of ['metric_points', 'metric_rollups', 'job_events', 'checkpoints', 'hardware_samples']) expect(left(table), table).toBe(1)
    expect(stores.metrics.overview(stores.jobs.rowOf(jobId(2)), 'loss', 100).rows).toBe(20_050)
  })

  it('names an unknown job in every call', () => {
    const { stores } = openTemporary()
    const { jobs } = stores
    const id = jobId('nobody')
    for (const call of [() => jobs.rowOf(id), () => jobs.record(id), () => jobs.detail(id), () => jobs.patch(id, {}), () => jobs.move(id, 1), () => jobs.remove(id, 1),
      () => jobs.restore(id), () => jobs.transition(id, { kind: 'lost' }, 1)]) expect(codeOf(call)).toBe('JOB_NOT_FOUND')
  })
})
