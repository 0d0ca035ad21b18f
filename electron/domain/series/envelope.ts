import { lowerBound, lowerBoundNear } from './growable-column'
import { leafPoints, type MinMaxPyramid } from './pyramid'

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

/** A bucket's border may move by half a node of an eighth of a bucket, so at most a sixteenth of a pixel: nobody sees it. */
const nodesPerBucket = 8

/** The node size that borders are moved to: whole nodes are cheap, single points are not. 1 where buckets hold few points. */
function borderGrid(pointsPerBucket: number): number {
  let grid = 1
  for (let size = leafPoints; size * nodesPerBucket <= pointsPerBucket; size *= 2) grid = size
  return grid
}

/**
 * The envelope of the points with xMin <= x <= xMax in at most `buckets` buckets of equal width in x (one per pixel or two).
 * `x` must not fall and be as long as the pyramid. `into` is used again where it is long enough. The cost depends on the buckets,
 * not on the points.
 */
export function envelopeOf(x: Float64Array, pyramid: MinMaxPyramid, xMin: number, xMax: number, buckets: number, into?: Int32Array): Envelope {
  const needed = buckets * envelopeStride
  const indices = into !== undefined && into.length >= needed ? into : new Int32Array(needed)
  const start = lowerBound(x, xMin)
  let end = lowerBound(x, xMax)
  while (end < x.length && x[end] === xMax) end++
  const width = (xMax - xMin) / buckets
  const grid = borderGrid((end - start) / buckets)
  let filled = 0
  let from = start
  let border = start
  for (let bucket = 0; bucket < buckets && from < end; bucket++) {
    const last = bucket === buckets - 1 || !(width > 0)
    border = last ? end : lowerBoundNear(x, xMin + (bucket + 1) * width, 2 * border - from)
    const to = last ? end : Math.min(end, grid === 1 ? border : Math.round(border / grid) * grid)
    if (to <= from) continue
    const { argmin, argmax } = pyramid.extremes(from, to)
    const at = filled * envelopeStride
    indices[at] = from
    indices[at + 1] = argmin
    indices[at + 2] = argmax
    indices[at + 3] = to - 1
    filled++
    from = to
  }
  return { indices, buckets: filled, before: start - 1, after: end < x.length ? end : -1 }
}
