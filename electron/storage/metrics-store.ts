import type { OverviewColumns, PointColumns } from '../shared/requests'
import type { MetricName } from '../shared/training-event'
import { metricNames } from '../shared/metric-names'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { metricColumnList, metricColumns } from './metric-columns'
import { bucketOf, rollupColumns, type RollupRow } from './rollup-writer'
import { addToBucket, bucketSizes, emptyBucket, mergeBucket, type Bucket } from './rollup-bucket'

/** Exact evaluation losses, oldest first. */
export interface EvaluationColumns {
  readonly step: Float64Array
  readonly epoch: Float64Array
  readonly tMs: Float64Array
  readonly evalLoss: Float64Array
}

/** A range of optimiser steps, both ends included. */
export interface StepRange {
  readonly fromStep: number
  readonly toStep: number
}

export interface MetricsStore {
  /** Points after `afterSeq` (-1: from the first), at most `limit`. */
  tail(job: JobRow, afterSeq: number, limit: number): PointColumns
  /** Exact points of a range of steps, at most `limit` from its start; `metrics` limits the columns. */
  window(job: JobRow, range: StepRange, limit: number, metrics?: readonly MetricName[]): PointColumns
  /** At most `maxBuckets` buckets of one metric, of the whole run or of a range of steps. Extremes are always true ones. */
  overview(job: JobRow, metric: MetricName, maxBuckets: number, range?: StepRange): OverviewColumns
  /** Evaluation losses; NaN where one was not finite. */
  evalPoints(job: JobRow): EvaluationColumns
  /** How many evaluation losses there are, not finite ones included; one row is read, however many they are. */
  evaluationCount(job: JobRow): number
  /** At most 64 values for a small curve: evaluation losses, or training losses where there are fewer than two of them. */
  spark(job: JobRow): number[]
}

/** Raw points are reduced on the fly up to this many lines per wanted bucket (about 20 ms for 2,200); beyond it the roll-ups are finer than a pixel. */
const exactLinesPerBucket = 16
/** How many stored buckets may be merged into one wanted bucket before the next coarser level is read instead. */
const storedPerBucket = 4
const sparkPoints = 64

type PointRow = readonly (number | null)[]
type MetricRow = readonly [step: number, epoch: number, tMs: number, value: number | null]

export function createMetricsStore(connection: Connection): MetricsStore {
  const readTail = connection.prepare<[number, number, number], PointRow>(pointSql(metricColumnList, 'seq > ?')).raw()
  const readRange = connection.prepare<[number, number, number, number], PointRow>(pointSql(metricColumnList, 'seq >= ? AND seq < ?')).raw()
  const pointAt = connection.prepare<[number, number], readonly [number, number]>('SELECT seq, step FROM metric_points WHERE job = ? AND seq >= ? ORDER BY seq LIMIT 1').raw()
  const maxSeq = connection.prepare<[number], number>('SELECT MAX(seq) FROM metric_points WHERE job = ?').pluck()
  const lastBucket = connection.prepare<[number, number, number], readonly [number, number]>(
    'SELECT bucket, rows FROM metric_rollups WHERE job = ? AND metric = ? AND bucket_rows = ? ORDER BY bucket DESC LIMIT 1',
  ).raw()
  const bucketEnd = connection.prepare<[number, number, number, number], number>(
    'SELECT last_step FROM metric_rollups WHERE job = ? AND metric = ? AND bucket_rows = ? AND bucket = ?',
  ).pluck()
  const buckets = connection.prepare<[number, number, number, number, number], RollupRow>(
    `SELECT ${rollupColumns} FROM metric_rollups WHERE job = ? AND metric = ? AND bucket_rows = ? AND bucket BETWEEN ? AND ? ORDER BY bucket`,
  ).raw()
  // Evaluations are few among many lines and have an index of their own.
  const oneMetric = new Map(metricNames.map((name, index) => [
    name,
    connection.prepare<[number, number, number], MetricRow>(
      `SELECT step, epoch, t_ms, ${metricColumns[name]} FROM metric_points ${name === 'evalLoss' ? 'INDEXED BY metric_points_evaluations' : ''}
       WHERE job = ? AND seq >= ? AND seq < ? AND (${metricColumns[name]} IS NOT NULL OR nonfinite & ${1 << index}) ORDER BY seq`,
    ).raw(),
  ]))

  const evaluations = (job: JobRow): MetricRow[] => oneMetric.get('evalLoss')?.all(job, 0, Number.MAX_SAFE_INTEGER) ?? []
  const lastSeqOf = (job: JobRow): number => maxSeq.get(job) ?? -1
  /** The seq of the first point with a step of at least `step`. Steps do not fall within a run; where a script was run again by hand in the same folder, a window shows the later part. */
  const seqOfStep = (job: JobRow, step: number): number => {
    let low = 0
    let high = lastSeqOf(job) + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const point = pointAt.get(job, middle)
      if (point === undefined || point[1] >= step) high = middle
      else low = point[0] + 1
    }
    return low
  }
  const seqRange = (job: JobRow, range: StepRange | undefined): readonly [number, number] =>
    range === undefined ? [0, lastSeqOf(job) + 1] : [seqOfStep(job, Math.ceil(range.fromStep)), seqOfStep(job, Math.floor(range.toStep) + 1)]
  /** The first bucket that ends at or after `step`. */
  const bucketOfStep = (job: JobRow, metric: number, size: number, count: number, step: number): number => {
    let low = 0
    let high = count
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((bucketEnd.get(job, metric, size, middle) ?? Infinity) >= step) high = middle
      else low = middle + 1
    }
    return low
  }
  const rowsOf = (job: JobRow, metric: number): number => {
    const last = lastBucket.get(job, metric, bucketSizes[0])
    return last === undefined ? 0 : last[0] * bucketSizes[0] + last[1]
  }

  const fromPoints = (job: JobRow, metric: MetricName, [from, to]: readonly [number, number], maxBuckets: number): Reduced => {
    const rows = oneMetric.get(metric)?.all(job, from, to) ?? []
    return reduce(rows, maxBuckets, 1, (into, [step, epoch, tMs, value]) => addToBucket(into, step, epoch, tMs, value ?? NaN))
  }
  const fromRollups = (job: JobRow, metric: number, maxBuckets: number, range: StepRange | undefined): Reduced => {
    let found: Reduced | null = null
    for (const size of bucketSizes) {
      const last = lastBucket.get(job, metric, size)
      if (last === undefined) break
      const count = last[0] + 1
      const first = range === undefined ? 0 : bucketOfStep(job, metric, size, count, range.fromStep)
      const end = range === undefined ? count - 1 : Math.min(bucketOfStep(job, metric, size, count, range.toStep), count - 1)
      if (end - first + 1 > maxBuckets * storedPerBucket && size !== bucketSizes.at(-1)) continue
      const rows = buckets.all(job, metric, size, first, end)
      found = reduce(rows, maxBuckets, size, (into, row) => mergeBucket(into, bucketOf(row)))
      break
    }
    return found ?? { list: [], bucketRows: 1 }
  }

  const overview: MetricsStore['overview'] = (job, metric, maxBuckets, range) => {
    const index = metricNames.indexOf(metric)
    const rows = rowsOf(job, index)
    const span = seqRange(job, range)
    const lines = span[1] - span[0]
    const exact = (metric === 'evalLoss' ? Math.min(rows, lines) : lines) <= maxBuckets * exactLinesPerBucket
    return columnsOf(exact ? fromPoints(job, metric, span, maxBuckets) : fromRollups(job, index, maxBuckets, range), rows, lastSeqOf(job))
  }

  return {
    tail(job, afterSeq, limit) {
      return pointColumns(readTail.all(job, afterSeq, limit + 1), limit, afterSeq, metricNames)
    },
    window(job, range, limit, metrics = metricNames) {
      const [from, to] = seqRange(job, range)
      return pointColumns(readRange.all(job, from, to, limit + 1), limit, from - 1, metrics)
    },
    overview,
    evalPoints(job) {
      const rows = evaluations(job)
      return {
        step: Float64Array.from(rows, (row) => row[0]),
        epoch: Float64Array.from(rows, (row) => row[1]),
        tMs: Float64Array.from(rows, (row) => row[2]),
        evalLoss: Float64Array.from(rows, (row) => row[3] ?? NaN),
      }
    },
    evaluationCount: (job) => rowsOf(job, metricNames.indexOf('evalLoss')),
    spark(job) {
      const evaluated = finite(Array.from(overview(job, 'evalLoss', sparkPoints).last))
      return evaluated.length >= 2 ? evaluated : finite(Array.from(overview(job, 'loss', sparkPoints).last))
    },
  }
}

function pointSql(columns: string, where: string): string {
  return `SELECT seq, step, epoch, t_ms, nonfinite, ${columns} FROM metric_points WHERE job = ? AND ${where} ORDER BY seq LIMIT ?`
}

function pointColumns(rows: readonly PointRow[], limit: number, afterSeq: number, metrics: readonly MetricName[]): PointColumns {
  const kept = Math.min(rows.length, limit)
  const column = (index: number): Float64Array => {
    const values = new Float64Array(kept)
    for (let i = 0; i < kept; i += 1) values[i] = rows[i]?.[index] ?? NaN
    return values
  }
  const seq = column(0)
  const nonfinite = new Uint8Array(kept)
  for (let i = 0; i < kept; i += 1) nonfinite[i] = rows[i]?.[4] ?? 0
  return {
    lastSeq: seq.at(-1) ?? afterSeq,
    more: rows.length > limit,
    seq,
    step: column(1),
    epoch: column(2),
    tMs: column(3),
    values: Object.fromEntries(metrics.map((name) => [name, column(5 + metricNames.indexOf(name))])),
    nonfinite,
  }
}

interface Reduced {
  readonly list: readonly Bucket[]
  readonly bucketRows: number
}

/** Puts neighbouring rows together so that at most `maxBuckets` remain. */
function reduce<R>(rows: readonly R[], maxBuckets: number, rowsEach: number, add: (into: Bucket, row: R) => void): Reduced {
  const each = Math.max(1, Math.ceil(rows.length / maxBuckets))
  const list: Bucket[] = []
  let current = emptyBucket(0)
  rows.forEach((row, index) => {
    if (index % each === 0) list.push((current = emptyBucket(list.length)))
    add(current, row)
  })
  return { list, bucketRows: each * rowsEach }
}

function columnsOf({ list, bucketRows }: Reduced, rows: number, lastSeq: number): OverviewColumns {
  const column = (pick: (bucket: Bucket) => number): Float64Array => Float64Array.from(list, pick)
  return {
    lastSeq,
    rows,
    bucketRows,
    firstStep: column((b) => b.firstStep),
    lastStep: column((b) => b.lastStep),
    lastEpoch: column((b) => b.lastEpoch),
    lastTMs: column((b) => b.lastTMs),
    nonfiniteStep: column((b) => b.nonfiniteStep),
    minStep: column((b) => b.minStep),
    min: column((b) => b.min),
    maxStep: column((b) => b.maxStep),
    max: column((b) => b.max),
    last: column((b) => b.last),
  }
}

function finite(values: readonly number[]): number[] {
  return values.filter((value) => Number.isFinite(value))
}
