import { describe, expect, it } from 'vitest'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import type { OverviewColumns } from '../../../electron/shared/requests'
import type { Ingestor } from '../../../electron/storage/ingest'
import type { JobRow } from '../../../electron/storage/job-row'
import { jobId, newJob, openTemporary, point } from './storage-fixtures'

/** A curve with a spike, a dip and a NaN at known places; every second line is progress, every 1,000th an evaluation. */
const count = 60_000
const spikeAt = 31_234
const dipAt = 47_111
const nanAt = 12_345
const lossAt = (i: number): number => (i === spikeAt ? 500 : i === dipAt ? -7 : 1 + Math.cos(i / 900) + i / count)

function fill(ingestor: Ingestor, row: JobRow, batchSize: number): void {
  let batch: TrainingEvent[] = []
  let cursor: string | null = null
  const flush = (): void => {
    const nextCursor = String(batch.at(-1)?.seq)
    ingestor.ingest(row, { events: batch, nextCursor }, cursor)
    cursor = nextCursor
    batch = []
  }
  let seq = 0
  for (let i = 1; i <= count; i += 1) {
    batch.push({ kind: 'progress', seq: seq++, tMs: i, step: i, totalSteps: count, epoch: 0, etaSeconds: 1 })
    batch.push(i === nanAt ? point(seq++, i, { gradNorm: 1 }, ['loss']) : point(seq++, i, { loss: lossAt(i), gradNorm: i }))
    if (i % 1000 === 0) batch.push(point(seq++, i, { evalLoss: 5 - i / count }))
    if (batch.length >= batchSize) flush()
  }
  flush()
}

const extremes = (columns: OverviewColumns) => ({ min: Math.min(...columns.min.filter(Number.isFinite)), max: Math.max(...columns.max.filter(Number.isFinite)) })

describe('series', () => {
  it('overviews, windows, tails and evaluations of a long run tell the truth', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    fill(stores.ingestor, row, 500)

    for (const maxBuckets of [50, 300, 2200, 20_000]) {
      const overview = stores.metrics.overview(row, 'loss', maxBuckets)
      expect(overview.min.length, `${maxBuckets}`).toBeLessThanOrEqual(maxBuckets)
      expect(overview.min.length, `${maxBuckets}`).toBeGreaterThan(Math.min(maxBuckets, count) / 5)
      expect(overview.rows).toBe(count)
      // Catches decimation that loses the spike which the user is looking for.
      expect(extremes(overview)).toEqual({ min: -7, max: 500 })
      expect(overview.maxStep[overview.max.indexOf(500)]).toBe(spikeAt)
      expect(overview.minStep[overview.min.indexOf(-7)]).toBe(dipAt)
      expect([...overview.nonfiniteStep].filter((step) => !Number.isNaN(step))).toEqual([nanAt])
      expect(overview.firstStep[0]).toBe(1)
      expect(overview.lastStep.at(-1)).toBe(count)
      expect(overview.last.at(-1)).toBe(lossAt(count))
      expect(overview.lastTMs.at(-1)).toBe(1_700_000_000_000 + count * 100)
      // Buckets follow each other without a gap or an overlap.
      for (let i = 1; i < overview.firstStep.length; i += 1) expect(overview.firstStep[i]).toBe((overview.lastStep[i - 1] ?? 0) + 1)
      for (let i = 0; i < overview.max.length; i += 1) expect(overview.max[i]).toBe(lossAt(overview.maxStep[i] ?? 0))
    }

    const zoom = stores.metrics.overview(row, 'loss', 100, { fromStep: 31_000, toStep: 52_000 })
    expect(zoom.firstStep[0]).toBeLessThanOrEqual(31_000)
    expect(zoom.lastStep.at(-1)).toBeGreaterThanOrEqual(52_000)
    expect(zoom.lastStep[0]).toBeGreaterThanOrEqual(31_000)
    expect(extremes(zoom)).toEqual({ min: -7, max: 500 })

    const window = stores.metrics.window(row, { fromStep: 31_230.5, toStep: 31_240 }, 100, ['loss'])
    expect([...window.step]).toEqual([31_231, 31_232, 31_233, 31_234, 31_235, 31_236, 31_237, 31_238, 31_239, 31_240])
    expect([...(window.values.loss ?? [])]).toEqual([...window.step].map(lossAt))
    expect(window.values.gradNorm).toBeUndefined()
    expect(window.more).toBe(false)
    expect(stores.metrics.window(row, { fromStep: 1, toStep: count }, 10)).toMatchObject({ more: true, lastSeq: 19 })
    expect(stores.metrics.window(row, { fromStep: count + 1, toStep: count + 9 }, 10).seq).toHaveLength(0)

    const evaluations = stores.metrics.evalPoints(row)
    expect(evaluations.step).toHaveLength(60)
    expect(stores.metrics.evaluationCount(row)).toBe(60)
    expect(evaluations.evalLoss[59]).toBe(4)
    expect(stores.metrics.overview(row, 'evalLoss', 100)).toMatchObject({ rows: 60, bucketRows: 1 })
    expect(stores.metrics.spark(row)).toEqual([...evaluations.evalLoss])
  })

  // Catches a roll-up that differs when the engine was restarted in the middle of a bucket.
  it('gives the same roll-ups however the lines were cut into batches, across restarts', () => {
    const rollupsOf = (batchSize: number, restart: boolean): unknown[] => {
      const { stores, database } = openTemporary()
      stores.jobs.create(newJob(1))
      const row = stores.jobs.rowOf(jobId(1))
      const ingestor: Ingestor = restart
        ? { ingest: (job, batch, cursor) => { stores.ingestor.forget(job); return stores.ingestor.ingest(job, batch, cursor) }, forget: () => undefined }
        : stores.ingestor
      fill(ingestor, row, batchSize)
      return database.connection.prepare('SELECT * FROM metric_rollups ORDER BY metric, bucket_rows, bucket').all()
    }
    const reference = rollupsOf(100_000, false)
    expect(reference.length).toBeGreaterThan(2 * (count / 64))
    expect(rollupsOf(777, true)).toEqual(reference)
  })

  it('pages with tail without losing or doubling a point', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    stores.ingestor.ingest(row, { events: Array.from({ length: 25 }, (_, i) => point(i * 3, i, { loss: i })), nextCursor: '1' }, null)
    const seen: number[] = []
    let after = -1
    for (let more = true; more; ) {
      const page = stores.metrics.tail(row, after, 10)
      seen.push(...page.seq)
      after = page.lastSeq
      more = page.more
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i * 3))
    expect(stores.metrics.tail(row, after, 10)).toMatchObject({ lastSeq: 72, more: false })
  })

  it('counts evaluations that were not finite as well, without a look at the points (catches a count that reads every evaluation of every run)', () => {
    const { stores, database } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    expect(stores.metrics.evaluationCount(row)).toBe(0)
    const events = Array.from({ length: 200 }, (_, i) => (i === 70 ? point(i, i, {}, ['evalLoss']) : point(i, i, i % 2 === 0 ? { evalLoss: i } : { loss: i })))
    stores.ingestor.ingest(row, { events, nextCursor: '1' }, null)
    expect(stores.metrics.evaluationCount(row)).toBe(stores.metrics.evalPoints(row).step.length)
    expect(stores.metrics.evaluationCount(row)).toBe(100)
    database.connection.exec('DELETE FROM metric_points')
    expect(stores.metrics.evaluationCount(row)).toBe(100)
  })

  it('answers for a run without points, and draws the training loss where there are no evaluations', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    expect(stores.metrics.overview(row, 'loss', 100)).toMatchObject({ rows: 0, lastSeq: -1 })
    expect(stores.metrics.tail(row, -1, 10)).toMatchObject({ lastSeq: -1, more: false })
    expect(stores.metrics.spark(row)).toEqual([])
    stores.ingestor.ingest(row, { events: Array.from({ length: 500 }, (_, i) => point(i, i, { loss: 500 - i })), nextCursor: '1' }, null)
    const spark = stores.metrics.spark(row)
    expect(spark.length).toBeGreaterThan(30)
    expect(spark.length).toBeLessThanOrEqual(64)
    expect(spark.at(-1)).toBe(1)
  })
})
