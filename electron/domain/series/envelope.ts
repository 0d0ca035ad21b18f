import { lowerBound } from './growable-column'
import type { MinMaxPyramid } from './pyramid'

/** Numbers per bucket in `Envelope.indices`: first, argmin, argmax, last. */
export const envelopeStride = 4

/**
 * What a chart draws of a stretch of a series: for each non-empty bucket the indices of its first, least, greatest and last point
 * (M4, Jugel et al. 2014: a line through them in rising order covers the pixels of the line through all points). argmin and
 * argmax are -1 in a bucket without a finite value.
 */
export interface Envelope {
  /** `envelopeStride` numbers per bucket; only the first `buckets` buckets are filled. */
  readonly indices: Int32Array
  readonly buckets: number
  /** The neighbours just outside, so that a line reaches the edges; -1 where there is none. */
  readonly before: number
  readonly after: number
}

/**
 * The envelope of the points with xMin <= x <= xMax in at most `buckets` buckets of equal width in x (one per pixel or two).
 * `x` must not fall and be as long as the pyramid. `into` is used again where it is long enough. O(buckets * log n).
 */
export function envelopeOf(x: Float64Array, pyramid: MinMaxPyramid, xMin: number, xMax: number, buckets: number, into?: Int32Array): Envelope {
  const needed = buckets * envelopeStride
  const indices = into !== undefined && into.length >= needed ? into : new Int32Array(needed)
  const start = lowerBound(x, xMin)
  let end = lowerBound(x, xMax)
  while (end < x.length && x[end] === xMax) end++
  const width = (xMax - xMin) / buckets
  let filled = 0
  let from = start
  for (let bucket = 0; bucket < buckets && from < end; bucket++) {
    const to = bucket === buckets - 1 || !(width > 0) ? end : Math.min(end, lowerBound(x, xMin + (bucket + 1) * width))
    if (to <= from) continue
    const { argmin, argmax } = pyramid.extremes(from, to)
    indices.set([from, argmin, argmax, to - 1], filled * envelopeStride)
    filled++
    from = to
  }
  return { indices, buckets: filled, before: start - 1, after: end < x.length ? end : -1 }
}
