/** Exponential smoothing that goes on where it stopped. */
export interface Smoothing {
  readonly weight: number
  /** The next smoothed value. */
  next(value: number): number
}

/**
 * TensorBoard's smoothing (`classicSmoothing`), value by value: last = last * w + (1 - w) * y; n = n + 1; out = last / (1 - w^n).
 * The division takes out the bias towards 0 of a short series; a constant series stays as it is, to the last digit; a value that
 * is not finite passes through and leaves the state alone. `weight` 0..1; 0 changes nothing.
 */
export function startSmoothing(weight: number): Smoothing {
  let last = 0
  let count = 0
  let first: number | null = null
  let constant = true
  return {
    weight,
    next(value) {
      if (!Number.isFinite(value)) return value
      first ??= value
      if (value !== first) constant = false
      last = last * weight + (1 - weight) * value
      count++
      if (constant) return value
      return last / (weight === 1 ? 1 : 1 - weight ** count)
    },
  }
}

/** A whole series smoothed. Smooth before reducing: the window is counted in points. */
export function smooth(values: ArrayLike<number>, weight: number): Float64Array {
  const smoothing = startSmoothing(weight)
  return Float64Array.from({ length: values.length }, (_, i) => smoothing.next(values[i] ?? NaN))
}
