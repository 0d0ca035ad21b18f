import { quantile } from '../statistics'

/** The y range that a chart shows, and how many points it leaves out. */
export interface OutlierRange {
  readonly low: number
  readonly high: number
  /** Finite points beyond the range; estimated from the sample where `exact` is false. */
  readonly above: number
  readonly below: number
  readonly exact: boolean
}

/** Points looked at. Their 5th and 95th percentiles are then within about one percentile of the true ones. */
const sampleSize = 4096
const cut = 0.05

/**
 * TensorBoard's "ignore outliers": the 5th to 95th percentile of the finite points from `from` up to `to`, from an even sample
 * where there are many. When those two are equal the whole range of the sample is taken. Null where no point is finite.
 */
export function outlierRange(values: Float64Array, from = 0, to = values.length): OutlierRange | null {
  const points = Math.max(0, to - from)
  const exact = points <= sampleSize
  const stride = exact ? 1 : points / sampleSize
  const sample: number[] = []
  for (let i = 0; i < Math.min(points, sampleSize); i++) {
    const value = values[from + Math.floor(i * stride)] ?? NaN
    if (Number.isFinite(value)) sample.push(value)
  }
  const sorted = Float64Array.from(sample).sort()
  if (sorted.length === 0) return null
  let low = quantile(sorted, cut)
  let high = quantile(sorted, 1 - cut)
  if (low === high) {
    low = sorted[0] ?? low
    high = sorted.at(-1) ?? high
  }
  const scale = exact ? 1 : stride
  const count = (outside: (value: number) => boolean): number => Math.round(scale * sorted.filter(outside).length)
  return { low, high, above: count((value) => value > high), below: count((value) => value < low), exact }
}
