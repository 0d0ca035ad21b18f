import { median } from '../statistics'

/** A metric over a run, oldest first. */
export interface Curve {
  readonly step: Float64Array
  readonly value: Float64Array
}

/** A number with its standard error. */
export interface Measured {
  readonly value: number
  readonly error: number
}

/** The finite points of two columns. */
export function curveOf(step: ArrayLike<number>, value: ArrayLike<number>): Curve {
  const kept = Array.from({ length: Math.min(step.length, value.length) }, (_, index) => index).filter((index) => Number.isFinite(value[index]) && Number.isFinite(step[index]))
  return { step: Float64Array.from(kept, (index) => step[index] ?? NaN), value: Float64Array.from(kept, (index) => value[index] ?? NaN) }
}

/** The points from one share of the run to another, 0..1, at least `least` of them where there are so many. */
export function part(curve: Curve, from: number, to: number, least = 1): Curve {
  const count = curve.value.length
  const first = Math.min(Math.floor(from * count), Math.max(0, count - least))
  const end = Math.max(Math.ceil(to * count), Math.min(count, first + least))
  return { step: curve.step.subarray(first, end), value: curve.value.subarray(first, end) }
}

/** The points whose step is in a range, both ends included. */
export function between(curve: Curve, fromStep: number, toStep: number): Curve {
  const first = curve.step.findIndex((step) => step >= fromStep)
  const last = curve.step.findLastIndex((step) => step <= toStep)
  if (first === -1 || last < first) return { step: new Float64Array(), value: new Float64Array() }
  return { step: curve.step.subarray(first, last + 1), value: curve.value.subarray(first, last + 1) }
}

/**
 * Standard deviation of the noise around the curve, whatever its trend: second differences of a straight line are 0, those of noise have
 * a variance of 6 sigma squared; 1.4826 times the median of their sizes is robust against single spikes. 0 below five points.
 */
export function noiseOf({ value }: Curve): number {
  if (value.length < 5) return 0
  const differences = Array.from({ length: value.length - 2 }, (_, i) => Math.abs((value[i] ?? 0) - 2 * (value[i + 1] ?? 0) + (value[i + 2] ?? 0)))
  return (1.4826 * median(differences)) / Math.sqrt(6)
}

/** The median of a piece of a curve; its standard error is 1.2533 sigma / sqrt(n). `noise` is that of the whole curve. */
export function levelOf(piece: Curve, noise: number): Measured {
  return { value: median(piece.value), error: (1.2533 * noise) / Math.sqrt(Math.max(1, piece.value.length)) }
}

/** How far a piece falls from its begin to its end on the line of least squares; its standard error is sigma sqrt(12 / n). */
export function fallOf({ value }: Curve, noise: number): Measured {
  const count = value.length
  const middle = (count - 1) / 2
  let [cross, square] = [0, 0]
  value.forEach((y, i) => {
    cross += (i - middle) * y
    square += (i - middle) ** 2
  })
  return { value: square === 0 ? 0 : (-cross / square) * (count - 1), error: noise * Math.sqrt(12 / Math.max(1, count)) }
}

/** Running median of five, which single spikes do not move. */
export function calmed({ step, value }: Curve): Curve {
  return { step, value: Float64Array.from(value, (_, i) => median(value.subarray(Math.max(0, i - 2), i + 3))) }
}

/** The place of the least value; -1 of nothing. */
export function leastAt({ value }: Curve): number {
  return value.reduce((best, one, index) => (best === -1 || one < (value[best] ?? Infinity) ? index : best), -1)
}
