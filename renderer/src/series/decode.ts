import type { OverviewColumns, PointColumns } from '../../../electron/shared/requests'
import { metricNames } from '../../../electron/shared/metric-names'
import type { MetricName } from '../../../electron/shared/training-event'
import { Curve } from './curve'
import type { CurvePoints, MetricCurves } from './curve'

interface GrowingPoints {
  readonly step: number[]
  readonly epoch: number[]
  readonly time: number[]
  readonly values: number[]
}
const noPoints = (): GrowingPoints => ({ step: [], epoch: [], time: [], values: [] })

/** Seconds since the run's start. */
const seconds = (tMs: number, originMs: number): number => (tMs - originMs) / 1000

/** The points of one metric in the lines after `afterSeq`: rows that have it, and rows where it was not finite. */
export function pointsOf(columns: PointColumns, metric: MetricName, originMs: number, afterSeq = -1): CurvePoints {
  const points = noPoints()
  const values = columns.values[metric]
  if (values === undefined) return points
  const bit = 1 << metricNames.indexOf(metric)
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? NaN
    if ((columns.seq[row] ?? 0) <= afterSeq) continue
    if (Number.isNaN(value) && ((columns.nonfinite[row] ?? 0) & bit) === 0) continue
    points.step.push(columns.step[row] ?? NaN)
    points.epoch.push(columns.epoch[row] ?? NaN)
    points.time.push(seconds(columns.tMs[row] ?? NaN, originMs))
    points.values.push(value)
  }
  return points
}

/**
 * Buckets as curves: the raw one goes through each bucket's least and greatest value in their order, the line through the last
 * values. A bucket with a NaN breaks both where it stood.
 */
export function curvesOf(overview: OverviewColumns, originMs: number): MetricCurves {
  const raw = noPoints()
  const line = noPoints()
  let before = { step: NaN, epoch: NaN, time: NaN }
  for (let bucket = 0; bucket < overview.last.length; bucket++) {
    const read = (column: Float64Array): number => column[bucket] ?? NaN
    const end = { step: read(overview.lastStep), epoch: read(overview.lastEpoch), time: seconds(read(overview.lastTMs), originMs) }
    const add = (into: GrowingPoints, step: number, value: number): void => {
      const share = Number.isNaN(before.step) || end.step === before.step ? 1 : (step - before.step) / (end.step - before.step)
      into.step.push(step)
      into.epoch.push(share === 1 ? end.epoch : before.epoch + share * (end.epoch - before.epoch))
      into.time.push(share === 1 ? end.time : before.time + share * (end.time - before.time))
      into.values.push(value)
    }
    const [min, minStep, max, maxStep, gap, last] = [overview.min, overview.minStep, overview.max, overview.maxStep, overview.nonfiniteStep, overview.last].map(read)
    const marks = [[minStep, min], [maxStep, max], [gap, NaN]] as const
    const known = marks.filter((mark): mark is readonly [number, number] => !Number.isNaN(mark[0] ?? NaN))
    for (const [step, value] of known.toSorted((a, b) => a[0] - b[0])) add(raw, step, value)
    if (gap !== undefined && gap < end.step) add(line, gap, NaN)
    add(line, end.step, last ?? NaN)
    before = end
  }
  const curves = { raw: new Curve(), line: new Curve() }
  curves.raw.append(raw)
  curves.line.append(line)
  return curves
}
