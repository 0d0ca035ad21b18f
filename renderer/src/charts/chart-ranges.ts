import { growAxis } from '../../../electron/domain/series/nice-ticks'
import type { AxisRange } from '../../../electron/domain/series/nice-ticks'
import { lowerBound } from '../../../electron/domain/series/growable-column'
import { outlierRange } from '../../../electron/domain/series/outlier-range'
import type { OutlierRange } from '../../../electron/domain/series/outlier-range'
import type { MinMaxPyramid } from '../../../electron/domain/series/pyramid'
import type { PlottedCurve } from './plot'

/** Indices of a curve's points inside a stretch of x, the end not included. */
export function indicesIn(curve: PlottedCurve, low: number, high: number): readonly [from: number, to: number] {
  const length = Math.min(curve.x.length, curve.values.length)
  let to = lowerBound(curve.x, high)
  while (to < length && curve.x[to] === high) to++
  return [lowerBound(curve.x, low), Math.min(length, to)]
}

/** The true extremes of the curves inside a stretch of x; with `positiveOnly`, of the values above 0. Null where there is no such value. */
function extremesOf(curves: readonly PlottedCurve[], low: number, high: number, positiveOnly: boolean): AxisRange | null {
  let least = Infinity
  let greatest = -Infinity
  for (const curve of curves) {
    const [from, to] = indicesIn(curve, low, high)
    const { argmin, argmax } = curve.values.extremes(from, to)
    if (argmin < 0) continue
    const column = curve.values.values()
    greatest = Math.max(greatest, column[argmax] ?? greatest)
    const min = column[argmin] ?? least
    if (!positiveOnly || min > 0) least = Math.min(least, min)
    else for (let i = from; i < to; i++) if ((column[i] ?? 0) > 0 && (column[i] ?? 0) < least) least = column[i] ?? least
  }
  return least <= greatest && Number.isFinite(greatest) ? { low: least, high: greatest } : null
}

/** Beyond the percentiles the axis shows half their distance again: plain noise then loses no point, and only true outliers leave. */
const margin = 0.5
interface KnownRange {
  readonly from: number
  readonly to: number
  readonly range: OutlierRange | null
}
const knownRanges = new WeakMap<MinMaxPyramid, KnownRange>()
/** A long series that grew by less than this share keeps its percentiles: they hardly move, and sorting costs as much as drawing. */
const grownLittle = 0.02

/** The 5th and 95th percentile of a stretch of a series. */
function usualRange(values: MinMaxPyramid, [from, to]: readonly [number, number]): OutlierRange | null {
  const known = knownRanges.get(values)
  if (known !== undefined && known.from === from && to >= known.to && to - known.to <= grownLittle * (known.to - from)) return known.range
  const range = outlierRange(values.values(), from, to)
  knownRanges.set(values, { from, to, range })
  return range
}

/** Outliers are left out only where that gains something: where the true range is more than this many times what would be shown. */
const worthClipping = 1.25

/**
 * What a linear y axis must reach: the 5th to 95th percentile and a margin of the curves that have outliers, all of the others, or
 * everything where that is hardly more.
 */
export function neededRange(outlying: readonly PlottedCurve[], steady: readonly PlottedCurve[], low: number, high: number, everything: boolean): AxisRange | null {
  const all = extremesOf([...outlying, ...steady], low, high, false)
  if (everything || all === null || outlying.length === 0) return all
  const usual = [extremesOf(steady, low, high, false), ...outlying.map((curve) => usualRange(curve.values, indicesIn(curve, low, high)))].filter((range) => range !== null)
  const least = Math.min(...usual.map((range) => range.low))
  const greatest = Math.max(...usual.map((range) => range.high))
  const beyond = margin * (greatest - least)
  const shown = { low: Math.max(all.low, least - beyond), high: Math.min(all.high, greatest + beyond) }
  return !(greatest > least) || all.high - all.low <= worthClipping * (shown.high - shown.low) ? all : shown
}

/** The linear y axis that follows `current` as the data grows. */
export function linearAxis(current: AxisRange | null, needed: AxisRange | null): AxisRange {
  return needed === null ? (current ?? { low: 0, high: 1 }) : growAxis(current, needed.low, needed.high)
}

/** A logarithmic y axis as powers of ten: whole ones where the data spans some, else a little beyond the data. */
export function logAxis(curves: readonly PlottedCurve[], low: number, high: number): AxisRange {
  const extremes = extremesOf(curves, low, high, true)
  if (extremes === null) return { low: -1, high: 1 }
  const [from, to] = [Math.log10(extremes.low), Math.log10(extremes.high)]
  if (to - from >= 1.5) return { low: Math.floor(from + 1e-9), high: Math.ceil(to - 1e-9) }
  const beyond = Math.max(0.02, (to - from) * 0.06)
  return { low: Math.floor((from - beyond) * 20) / 20, high: Math.ceil((to + beyond) * 20) / 20 }
}

/** Above this many points a count is made from an even sample, and is called about right. */
const countedExactly = 20_000
const countedSample = 4_096

/** How many points of a stretch of x lie outside the y axis. */
export interface Outside {
  readonly above: number
  readonly below: number
  readonly exact: boolean
}

/** Counts what the y axis leaves out; `low` and `high` are values, not powers. */
export function countOutside(curves: readonly PlottedCurve[], xLow: number, xHigh: number, low: number, high: number): Outside {
  let [above, below, exact] = [0, 0, true]
  for (const curve of curves) {
    const [from, to] = indicesIn(curve, xLow, xHigh)
    const { argmin, argmax } = curve.values.extremes(from, to)
    const column = curve.values.values()
    if (argmin < 0 || ((column[argmax] ?? 0) <= high && (column[argmin] ?? 0) >= low)) continue
    const stride = to - from <= countedExactly ? 1 : Math.ceil((to - from) / countedSample)
    if (stride > 1) exact = false
    for (let i = from; i < to; i += stride) {
      const value = column[i] ?? NaN
      if (value > high && value !== Infinity) above += stride
      else if (value < low && value !== -Infinity) below += stride
    }
  }
  return { above, below, exact }
}
