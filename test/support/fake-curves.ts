import { seededRandom } from '../../electron/domain/random'
import { metricNames } from '../../electron/shared/metric-names'
import type { MetricName } from '../../electron/shared/training-event'
import type { OverviewColumns, PointColumns } from '../../electron/shared/requests'

/** Made-up curves that look like a real run's; the same seed gives the same curve. */
export interface FakeCurve {
  readonly steps: number
  readonly totalSteps: number
  readonly stepsPerEpoch: number
  readonly evaluateEverySteps: number
  readonly startedAtMs: number
  readonly secondsPerStep: number
  readonly seed: number
  /** Steps whose loss is NaN. */
  readonly nanSteps?: readonly number[]
  readonly floor?: number
}

/** A generator of normally distributed numbers (Box and Muller). */
function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** All lines of a run: a training line each step, an evaluation line after every n-th. */
export function fakePoints(curve: FakeCurve): PointColumns {
  const random = seededRandom(curve.seed)
  const noise = normal(random)
  const rows: { step: number; values: Partial<Record<MetricName, number>> }[] = []
  const floor = curve.floor ?? 0.94
  for (let step = 1; step <= curve.steps; step++) {
    const share = step / curve.totalSteps
    const trend = floor + 0.22 * Math.exp(-share * 2.4) + 0.75 * Math.exp(-step / 22) - (step > curve.stepsPerEpoch ? 0.06 : 0)
    const nan = curve.nanSteps?.includes(step) === true
    const warm = Math.min(1, step / (0.05 * curve.totalSteps))
    rows.push({
      step,
      values: {
        loss: nan ? NaN : trend + 0.055 * noise() + (random() < 0.01 ? 0.25 * random() : 0),
        learningRate: step < 0.05 * curve.totalSteps ? 2e-4 * warm : 1e-4 * (1 + Math.cos(Math.PI * share)),
        gradNorm: 0.36 + 1.6 * Math.exp(-step / 12) + 0.04 * Math.abs(noise()),
        tokensPerSecond: step < 3 ? 1300 : 1640 + 35 * noise(),
        samplesPerSecond: 3.98 + 0.05 * noise(),
      },
    })
    if (step % curve.evaluateEverySteps === 0) rows.push({ step, values: { evalLoss: floor + 0.2 + 0.26 * Math.exp(-step / 110) + Math.max(0, step - 400) * 4e-5 } })
  }
  const column = (pick: (row: (typeof rows)[number], index: number) => number): Float64Array => Float64Array.from(rows, pick)
  return {
    lastSeq: rows.length - 1,
    more: false,
    seq: column((_, index) => index),
    step: column((row) => row.step),
    epoch: column((row) => row.step / curve.stepsPerEpoch),
    tMs: column((row) => curve.startedAtMs + row.step * curve.secondsPerStep * 1000),
    values: Object.fromEntries(metricNames.map((name) => [name, column((row) => row.values[name] ?? NaN)])),
    nonfinite: Uint8Array.from(rows, (row) => metricNames.reduce((bits, name, bit) => (name in row.values && Number.isNaN(row.values[name]) ? bits | (1 << bit) : bits), 0)),
  }
}

/** The lines of some columns from index `from` up to `to`. */
export function sliceOf(all: PointColumns, from: number, to: number): PointColumns {
  const end = Math.min(all.seq.length, to)
  return {
    lastSeq: end > from ? (all.seq[end - 1] ?? -1) : (all.seq[from - 1] ?? -1),
    more: end < all.seq.length,
    seq: all.seq.slice(from, end),
    step: all.step.slice(from, end),
    epoch: all.epoch.slice(from, end),
    tMs: all.tMs.slice(from, end),
    values: Object.fromEntries(Object.entries(all.values).map(([name, values]) => [name, values.slice(from, end)])),
    nonfinite: all.nonfinite.slice(from, end),
  }
}

/** Buckets as the engine's roll-ups make them. */
export function overviewOf(all: PointColumns, metric: MetricName, maxBuckets: number): OverviewColumns {
  const values = all.values[metric] ?? new Float64Array()
  const bit = 1 << metricNames.indexOf(metric)
  const rows = Array.from(values.keys()).filter((row) => !Number.isNaN(values[row]) || ((all.nonfinite[row] ?? 0) & bit) !== 0)
  const each = Math.max(1, Math.ceil(rows.length / maxBuckets))
  const buckets = Array.from({ length: Math.ceil(rows.length / each) }, (_, bucket) => rows.slice(bucket * each, (bucket + 1) * each))
  const column = (pick: (bucket: readonly number[]) => number): Float64Array => Float64Array.from(buckets, pick)
  const finite = (bucket: readonly number[]): number[] => bucket.filter((row) => !Number.isNaN(values[row]))
  const least = (bucket: readonly number[]): number | undefined => finite(bucket).reduce<number | undefined>((best, row) => (best === undefined || (values[row] ?? 0) < (values[best] ?? 0) ? row : best), undefined)
  const greatest = (bucket: readonly number[]): number | undefined => finite(bucket).reduce<number | undefined>((best, row) => (best === undefined || (values[row] ?? 0) > (values[best] ?? 0) ? row : best), undefined)
  const at = (source: Float64Array, row: number | undefined): number => (row === undefined ? NaN : (source[row] ?? NaN))
  return {
    lastSeq: all.lastSeq,
    rows: rows.length,
    bucketRows: each,
    firstStep: column((bucket) => at(all.step, bucket[0])),
    lastStep: column((bucket) => at(all.step, bucket.at(-1))),
    lastEpoch: column((bucket) => at(all.epoch, bucket.at(-1))),
    lastTMs: column((bucket) => at(all.tMs, bucket.at(-1))),
    nonfiniteStep: column((bucket) => at(all.step, bucket.find((row) => Number.isNaN(values[row])))),
    minStep: column((bucket) => at(all.step, least(bucket))),
    min: column((bucket) => at(values, least(bucket))),
    maxStep: column((bucket) => at(all.step, greatest(bucket))),
    max: column((bucket) => at(values, greatest(bucket))),
    last: column((bucket) => at(values, bucket.at(-1))),
  }
}
