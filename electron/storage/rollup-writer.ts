import { metricNames } from '../shared/metric-names'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { addToBucket, bucketSizes, emptyBucket, mergeBucket, type Bucket, type BucketSize } from './rollup-bucket'

/** A row of `metric_rollups` as raw columns, in the order of `rollupColumns`. */
export type RollupRow = readonly [
  bucket: number, rows: number, firstStep: number, lastStep: number, lastEpoch: number, lastTMs: number,
  minStep: number | null, min: number | null, maxStep: number | null, max: number | null, last: number | null, nonfiniteStep: number | null,
]
export const rollupColumns = 'bucket, rows, first_step, last_step, last_epoch, last_t_ms, min_step, min, max_step, max, last, nonfinite_step'

export function bucketOf(row: RollupRow): Bucket {
  return {
    bucket: row[0], rows: row[1], firstStep: row[2], lastStep: row[3], lastEpoch: row[4], lastTMs: row[5],
    minStep: row[6] ?? NaN, min: row[7] ?? NaN, maxStep: row[8] ?? NaN, max: row[9] ?? NaN, last: row[10] ?? NaN, nonfiniteStep: row[11] ?? NaN,
  }
}

interface OpenBucket {
  readonly size: BucketSize
  bucket: Bucket
  changed: boolean
}

/**
 * The open buckets of one metric, and the points since they were last brought up to date. Buckets nest, so as long as `recent` is
 * taken in whenever the finest bucket is full, it never crosses the edge of any.
 */
interface OpenSeries {
  readonly metric: number
  readonly levels: readonly OpenBucket[]
  room: number
  recent: Bucket
}

/** Keeps the roll-ups of the jobs that are being written, so that a new point costs no read and touches one bucket. */
export interface RollupWriter {
  add(job: JobRow, metric: number, step: number, epoch: number, tMs: number, value: number): void
  /** Writes the buckets that are still open; the last thing in a transaction. */
  flush(job: JobRow): void
  /** Drops what is kept of a job: after a rolled-back transaction, or when the job is over. */
  forget(job: JobRow): void
}

export function createRollupWriter(connection: Connection): RollupWriter {
  const openByJob = new Map<JobRow, readonly OpenSeries[]>()
  const lastRow = connection.prepare<[number, number, number], RollupRow>(
    `SELECT ${rollupColumns} FROM metric_rollups WHERE job = ? AND metric = ? AND bucket_rows = ? ORDER BY bucket DESC LIMIT 1`,
  ).raw()
  const put = connection.prepare(
    `INSERT OR REPLACE INTO metric_rollups (job, metric, bucket_rows, ${rollupColumns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  )

  // SQLite stores NaN as NULL, which is what a missing extreme is.
  const write = (job: JobRow, metric: number, level: OpenBucket): void => {
    const b = level.bucket
    put.run(job, metric, level.size, b.bucket, b.rows, b.firstStep, b.lastStep, b.lastEpoch, b.lastTMs, b.minStep, b.min, b.maxStep, b.max, b.last, b.nonfiniteStep)
    level.changed = false
  }
  const load = (job: JobRow): readonly OpenSeries[] => {
    const open = metricNames.map((_, metric): OpenSeries => {
      const levels = bucketSizes.map((size): OpenBucket => {
        const row = lastRow.get(job, metric, size)
        return { size, bucket: row === undefined ? emptyBucket(0) : bucketOf(row), changed: false }
      })
      return { metric, levels, room: roomOf(levels), recent: emptyBucket(0) }
    })
    openByJob.set(job, open)
    return open
  }
  const takeIn = (job: JobRow, series: OpenSeries): void => {
    if (series.recent.rows === 0) return
    for (const level of series.levels) {
      if (level.bucket.rows === level.size) {
        if (level.changed) write(job, series.metric, level)
        level.bucket = emptyBucket(level.bucket.bucket + 1)
      }
      mergeBucket(level.bucket, series.recent)
      level.changed = true
    }
    series.recent = emptyBucket(0)
    series.room = roomOf(series.levels)
  }

  return {
    add(job, metric, step, epoch, tMs, value) {
      const series = (openByJob.get(job) ?? load(job))[metric]
      if (series === undefined) return
      addToBucket(series.recent, step, epoch, tMs, value)
      if (series.recent.rows === series.room) takeIn(job, series)
    },
    flush(job) {
      for (const series of openByJob.get(job) ?? []) {
        takeIn(job, series)
        for (const level of series.levels) if (level.changed) write(job, series.metric, level)
      }
    },
    forget(job) {
      openByJob.delete(job)
    },
  }
}

/** Points that the finest bucket still takes; a full one is followed by an empty one. */
function roomOf(levels: readonly OpenBucket[]): number {
  return bucketSizes[0] - ((levels[0]?.bucket.rows ?? 0) % bucketSizes[0])
}
