import { describe, expect, it } from 'vitest'
import type { MetricName, TrainingEvent } from '../../../electron/shared/training-event'
import { metricNames } from '../../../electron/shared/metric-names'
import { newJob, jobId, openTemporary, point } from './storage-fixtures'

const t = (seq: number) => ({ seq, tMs: 1_700_000_000_000 + seq })
const story: readonly TrainingEvent[] = [
  { kind: 'init', ...t(0), pid: 42, versions: { torch: '2.13.0' }, device: 'cpu', dtype: 'float32' },
  { kind: 'status', ...t(1), stage: 'loading-model', message: '' },
  { kind: 'data-check', ...t(2), trainRows: 90, evalRows: 10, trainedTokens: 500, totalTokens: 900, cutRows: 1, endOfTurnTrained: true },
  { kind: 'train-begin', ...t(3), totalSteps: 100, totalEpochs: 3, stepsPerEpoch: 34, trainableParameters: 10, totalParameters: 1000, resumedFromStep: 0 },
  { kind: 'progress', ...t(4), step: 1, totalSteps: 100, epoch: 0.03, etaSeconds: 12.5 },
  point(5, 1, { loss: 2, learningRate: 1e-4, tokensPerSecond: 300, samplesPerSecond: 3 }),
  { kind: 'warning', ...t(6), code: 'rows-cut', message: '1 row is cut' },
  point(7, 2, { loss: 1.5, gradNorm: 0.3 }),
  point(8, 2, { evalLoss: 1.7 }),
  { kind: 'checkpoint', ...t(9), step: 2, path: 'checkpoint-2', evalLoss: 1.7, best: true },
  point(10, 3, {}, ['loss']),
  point(11, 4, { evalLoss: 1.9 }),
  { kind: 'checkpoint', ...t(12), step: 4, path: 'checkpoint-4', evalLoss: 1.9, best: false },
  { kind: 'train-end', ...t(13), step: 4, outcome: 'stopped', outputPath: 'adapter', peakGpuMemoryBytes: 123.5 },
]

describe('ingestion', () => {
  it('derives progress, events, checkpoints and points from one batch', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    expect(stores.ingestor.ingest(row, { events: story, nextCursor: '999' }, null)).toEqual({ kind: 'stored', lastSeq: 13, points: 5, skipped: 0 })
    const { job, ...detail } = stores.jobs.detail(jobId(1))
    expect(job).toMatchObject({
      stage: 'training', step: 4, totalSteps: 100, epoch: 0.04, etaSeconds: null, loss: null, evalLoss: 1.9, bestEvalLoss: 1.7, bestStep: 2,
      tokensPerSecond: 300, samplesPerSecond: 3, learningRate: 1e-4, lastSeq: 13, spark: [1.7, 1.9],
    })
    expect(detail).toMatchObject({
      versions: { torch: '2.13.0' }, trainableParameters: 10, totalParameters: 1000, trainRows: 90, evalRows: 10, trainedTokens: 500, totalTokens: 900,
      warnings: [{ code: 'rows-cut', message: '1 row is cut' }],
    })
    expect(detail.checkpoints).toEqual([
      { step: 2, path: 'checkpoint-2', evalLoss: 1.7, best: true, sizeBytes: null, present: true, modelId: null },
      { step: 4, path: 'checkpoint-4', evalLoss: 1.9, best: false, sizeBytes: null, present: true, modelId: null },
    ])
    expect(stores.events.list(row, -1, 100).map((event) => event.seq)).toEqual([0, 1, 2, 3, 6, 9, 12, 13])
    expect(stores.events.list(row, 6, 1)).toEqual([story[9]])
    const tail = stores.metrics.tail(row, -1, 100)
    expect([...tail.seq]).toEqual([5, 7, 8, 10, 11])
    expect([...(tail.values.loss ?? [])]).toEqual([2, 1.5, NaN, NaN, NaN])
    expect([...tail.nonfinite]).toEqual([0, 0, 0, 1, 0])
    expect(stores.jobs.record(jobId(1)).eventCursor).toBe('999')
  })

  // Catches a point that is stored twice after a restart, and one that is lost when batches come out of order.
  it('takes each batch exactly once, whatever is delivered again', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    const first = { events: story.slice(0, 8), nextCursor: '400' }
    const second = { events: story.slice(8), nextCursor: '700' }
    expect(stores.ingestor.ingest(row, second, '400')).toEqual({ kind: 'stale', cursor: null })
    expect(stores.ingestor.ingest(row, first, null).kind).toBe('stored')
    expect(stores.ingestor.ingest(row, first, null)).toEqual({ kind: 'stale', cursor: '400' })
    expect(stores.ingestor.ingest(row, second, '400').kind).toBe('stored')
    expect(stores.metrics.tail(row, -1, 100).seq).toHaveLength(5)
    expect(stores.metrics.overview(row, 'loss', 100).rows).toBe(3)
  })

  // Catches a script run again by hand, whose lines count from 0 once more, that would stop ingestion for ever.
  it('skips events whose seq is stored and goes on', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    stores.ingestor.ingest(row, { events: story, nextCursor: '700' }, null)
    const answer = stores.ingestor.ingest(row, { events: [...story.slice(0, 6), point(14, 5, { loss: 1 })], nextCursor: '900' }, '700')
    expect(answer).toEqual({ kind: 'stored', lastSeq: 14, points: 1, skipped: 6 })
  })

  it('rolls back the whole batch, in the database and in memory, when one line can not be stored', () => {
    const { stores, database } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    stores.ingestor.ingest(row, { events: [point(0, 1, { loss: 3 })], nextCursor: '10' }, null)
    const bad = { events: [point(1, 2, { loss: 99 }), point(2, 2.5, { loss: 1 })], nextCursor: '20' }
    expect(() => stores.ingestor.ingest(row, bad, '10')).toThrow()
    expect(stores.jobs.record(jobId(1))).toMatchObject({ eventCursor: '10', lastSeq: 0 })
    stores.ingestor.ingest(row, { events: [point(1, 2, { loss: 2 })], nextCursor: '20' }, '10')
    // 99 would show here if the roll-ups in memory outlived the rolled-back transaction.
    expect(database.connection.prepare('SELECT rows, max FROM metric_rollups WHERE metric = 0').all()).toEqual(Array.from({ length: 3 }, () => ({ rows: 2, max: 3 })))
  })

  it('stores times that no clock gives, and refuses an unknown job', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    stores.ingestor.ingest(row, { events: [{ ...point(0, 1, { loss: 1 }), tMs: Infinity }, { ...point(1, 2, { loss: 1 }), tMs: 12.6 }], nextCursor: '1' }, null)
    expect([...stores.metrics.tail(row, -1, 9).tMs]).toEqual([0, 13])
    expect(() => stores.ingestor.ingest((row + 1) as typeof row, { events: [], nextCursor: '1' }, null)).toThrow(/No job/)
  })

  it('keeps every metric in its own column', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    const values = Object.fromEntries(metricNames.map((name, index) => [name, index + 0.5])) as Record<MetricName, number>
    stores.ingestor.ingest(row, { events: [point(0, 1, values), ...metricNames.map((name, i) => point(i + 1, 2, {}, [name]))], nextCursor: '1' }, null)
    const tail = stores.metrics.tail(row, -1, 100)
    for (const [index, name] of metricNames.entries()) {
      expect(tail.values[name]?.[0], name).toBe(index + 0.5)
      expect(tail.nonfinite[index + 1], name).toBe(1 << index)
      expect(stores.metrics.overview(row, name, 10).last[0], name).toBe(index + 0.5)
      expect(stores.metrics.overview(row, name, 10).nonfiniteStep[1], name).toBe(2)
    }
  })

  // Catches values that slip into the next row or column where many rows go into one statement, and a rest that is not written.
  it('keeps every value of a long batch in its row', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    const events = Array.from({ length: 101 }, (_, i) => point(i, i + 1, i % 3 === 0 ? { evalLoss: i + 0.25 } : { loss: i + 0.5, numTokens: i * 512 }, i % 7 === 1 ? ['gradNorm'] : []))
    expect(stores.ingestor.ingest(row, { events, nextCursor: '1' }, null)).toMatchObject({ points: 101 })
    const tail = stores.metrics.tail(row, -1, 1_000)
    const bit = 1 << metricNames.indexOf('gradNorm')
    expect([...tail.seq]).toEqual(events.map(({ seq }) => seq))
    expect([...tail.step]).toEqual(events.map(({ step }) => step))
    expect([...tail.tMs]).toEqual(events.map(({ tMs }) => tMs))
    for (const name of ['loss', 'evalLoss', 'numTokens', 'gradNorm'] as const) expect([...(tail.values[name] ?? events.map(() => NaN))], name).toEqual(events.map(({ values }) => values[name] ?? NaN))
    expect([...tail.nonfinite]).toEqual(events.map(({ nonfinite }) => (nonfinite.length > 0 ? bit : 0)))
  })
})
