import { metricNames } from '../shared/training-event'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { addToBucket, bucketSizes, emptyBucket, type Bucket, type BucketSize } from './rollup-bucket'

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
  readonly metric: number
  readonly size: BucketSize
  bucket: Bucket
  changed: boolean
}

/** Keeps the roll-ups of the jobs that are being written, so that a new point costs no read. */
export interface RollupWriter {
  add(job: JobRow, metric: number, step: number, epoch: number, tMs: number, value: number): void
  /** Writes the buckets that are still open; the last thing in a transaction. */
  flush(job: JobRow): void
  /** Drops what is kept of a job: after a rolled-back transaction, or when the job is over. */
  forget(job: JobRow): void
}

export function createRollupWriter(connection: Connection): RollupWriter {
  const openByJob = new Map<JobRow, readonly OpenBucket[]>()
  const lastRow = connection.prepare<[number, number, number], RollupRow>(
    `SELECT ${rollupColumns} FROM metric_rollups WHERE job = ? AND metric = ? AND bucket_rows = ? ORDER BY bucket DESC LIMIT 1`,
  ).raw()
  const put = connection.prepare(
    `INSERT OR REPLACE INTO metric_rollups (job, metric, bucket_rows, ${rollupColumns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  )

  // SQLite stores NaN as NULL, which is what a missing extreme is.
  const write = (job: JobRow, { metric, size, bucket: b }: OpenBucket): void => {
    put.run(job, metric, size, b.bucket, b.rows, b.firstStep, b.lastStep, b.lastEpoch, b.lastTMs, b.minStep, b.min, b.maxStep, b.max, b.last, b.nonfiniteStep)
  }
  const load = (job: JobRow): readonly OpenBucket[] => {
    const open = metricNames.flatMap((_, metric) =>
      bucketSizes.map((size): OpenBucket => {
        const row = lastRow.get(job, metric, size)
        return { metric, size, bucket: row === undefined ? emptyBucket(0) : bucketOf(row), changed: false }
      }),
    )
    openByJob.set(job, open)
    return open
  }

  return {
    add(job, metric, step, epoch, tMs, value) {
      const open = openByJob.get(job) ?? load(job)
      for (let level = 0; level < bucketSizes.length; level += 1) {
        const entry = open[metric * bucketSizes.length + level]
        if (entry === undefined) return
        if (entry.bucket.rows === entry.size) {
          if (entry.changed) write(job, entry)
          entry.bucket = emptyBucket(entry.bucket.bucket + 1)
        }
        addToBucket(entry.bucket, step, epoch, tMs, value)
        entry.changed = true
      }
    },
    flush(job) {
      for (const entry of openByJob.get(job) ?? []) {
        if (!entry.changed) continue
        write(job, entry)
        entry.changed = false
      }
    },
    forget(job) {
      openByJob.delete(job)
    },
  }
}
