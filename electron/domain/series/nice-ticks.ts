/** Ticks of an axis, rising, and the digits after the point that tell them apart. */
export interface Ticks {
  readonly values: readonly number[]
  readonly step: number
  readonly decimals: number
}

const leastTicks = 3
const mostTicks = 8

/** Steps that people read at a glance. */
const multiples = [1, 2, 2.5, 5]

/** A number without the dust of floating point, for a grid of `step`. */
function clean(value: number, step: number): number {
  const digits = Math.min(100, decimalsOf(step) + 2)
  return Math.abs(value) < 1e21 ? Number(value.toFixed(digits)) : value
}

function decimalsOf(step: number): number {
  for (let digits = 0; digits <= 20; digits++) if (Math.abs(step - Number(step.toFixed(digits))) <= step * 1e-9) return digits
  return 100
}

/** The smallest nice step that makes at most `most` ticks between low and high. */
function niceStep(low: number, high: number, most: number): number {
  const rough = (high - low) / Math.max(1, most)
  let power = 10 ** Math.floor(Math.log10(rough))
  for (let tries = 0; tries < 3; tries++, power *= 10) {
    for (const multiple of multiples) {
      const step = multiple * power
      if (step > 0 && Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1 <= most) return step
    }
  }
  return power
}

/** Between 3 and 8 ticks inside low..high, on multiples of 1, 2, 2.5 or 5 times a power of ten. One tick where low equals high. */
export function linearTicks(low: number, high: number, wanted = 6): Ticks {
  if (!(high > low)) return { values: [low], step: 0, decimals: 0 }
  for (let most = Math.min(mostTicks, Math.max(leastTicks, wanted)); most <= mostTicks; most++) {
    const step = niceStep(low, high, most)
    const first = Math.ceil(low / step - 1e-9)
    const count = Math.floor(high / step + 1e-9) - first + 1
    if (count < leastTicks && most < mostTicks) continue
    const values = Array.from({ length: count }, (_, i) => clean((first + i) * step, step))
    return { values, step, decimals: decimalsOf(step) }
  }
  return { values: [low, high], step: high - low, decimals: decimalsOf(high - low) }
}

/**
 * Between 3 and 8 ticks on a logarithmic axis, low > 0: powers of ten, every second or third where there are many, with 2 and 5
 * between where there are few, and linear ticks where the range is shorter than that.
 */
export function logTicks(low: number, high: number): Ticks {
  if (!(low > 0) || !(high > low)) return { values: low > 0 ? [low] : [], step: 0, decimals: 0 }
  const from = Math.floor(Math.log10(low))
  const to = Math.ceil(Math.log10(high))
  const within = (values: readonly number[]): number[] => values.filter((v) => v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9))
  const decades = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const powers = within(decades.map((power) => Number(`1e${power}`)))
  const decimals = Math.max(0, -from)
  if (powers.length > mostTicks) {
    const every = Math.ceil(powers.length / mostTicks)
    return { values: within(decades.filter((power) => power % every === 0).map((power) => Number(`1e${power}`))), step: 10 ** every, decimals }
  }
  if (powers.length >= leastTicks + 1) return { values: powers, step: 10, decimals }
  for (const between of [[1, 2, 5], [1, 3], [1]]) {
    const values = within(decades.flatMap((power) => between.map((multiple) => Number(`${multiple}e${power}`))))
    if (values.length >= leastTicks && values.length <= mostTicks) return { values, step: 10, decimals }
  }
  return linearTicks(low, high)
}

/** An axis range; null before the first point. */
export interface AxisRange {
  readonly low: number
  readonly high: number
}

/** An axis shrinks only when the data has come to need less than this share of it. */
const shrinkBelow = 0.4

/**
 * A linear axis that grows in steps, so that nothing jumps on every point: it stays while the data fits, else it ends at the next
 * nice tick, a little beyond the data. An axis that starts at 0 keeps doing so.
 */
export function growAxis(current: AxisRange | null, low: number, high: number): AxisRange {
  if (current !== null && current.low <= low && high <= current.high && high - low >= shrinkBelow * (current.high - current.low)) return current
  const extent = high > low ? high - low : Math.max(Math.abs(high), 1) * 0.1
  const step = niceStep(low, low + extent * 1.1, leastTicks + 1)
  const start = low >= 0 && low <= 0.25 * extent ? 0 : clean(Math.floor(low / step) * step, step)
  const fitted = { low: start, high: clean(Math.ceil((low + extent) / step + 1e-9) * step, step) }
  const grows = current !== null && (low < current.low || high > current.high) && extent >= shrinkBelow * (current.high - current.low)
  return grows ? { low: Math.min(fitted.low, current.low), high: Math.max(fitted.high, current.high) } : fitted
}
