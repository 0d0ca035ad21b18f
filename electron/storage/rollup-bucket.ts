/** Rows per bucket of the three roll-up levels, finest first. A level's buckets nest in those of the next one. */
export const bucketSizes = [64, 512, 4096] as const
export type BucketSize = (typeof bucketSizes)[number]

/**
 * What a bucket keeps of its rows: true extremes with the steps where they stand, the last value, and where a value was NaN
 * or infinite first. NaN in a number field means that there is none.
 */
export interface Bucket {
  bucket: number
  rows: number
  firstStep: number
  lastStep: number
  lastEpoch: number
  lastTMs: number
  minStep: number
  min: number
  maxStep: number
  max: number
  last: number
  nonfiniteStep: number
}

export function emptyBucket(bucket: number): Bucket {
  return {
    bucket, rows: 0, firstStep: NaN, lastStep: NaN, lastEpoch: NaN, lastTMs: NaN,
    minStep: NaN, min: NaN, maxStep: NaN, max: NaN, last: NaN, nonfiniteStep: NaN,
  }
}

/** Adds one value; NaN stands for a value that was not finite. */
export function addToBucket(bucket: Bucket, step: number, epoch: number, tMs: number, value: number): void {
  if (bucket.rows === 0) bucket.firstStep = step
  bucket.rows += 1
  bucket.lastStep = step
  bucket.lastEpoch = epoch
  bucket.lastTMs = tMs
  bucket.last = value
  if (Number.isNaN(value)) {
    if (Number.isNaN(bucket.nonfiniteStep)) bucket.nonfiniteStep = step
    return
  }
  // Negated comparisons, so that the first value replaces NaN.
  if (!(value >= bucket.min)) {
    bucket.min = value
    bucket.minStep = step
  }
  if (!(value <= bucket.max)) {
    bucket.max = value
    bucket.maxStep = step
  }
}

/** Adds a later bucket to an earlier one. */
export function mergeBucket(into: Bucket, next: Bucket): void {
  if (into.rows === 0) into.firstStep = next.firstStep
  into.rows += next.rows
  into.lastStep = next.lastStep
  into.lastEpoch = next.lastEpoch
  into.lastTMs = next.lastTMs
  into.last = next.last
  if (next.min < into.min || Number.isNaN(into.min)) {
    into.min = next.min
    into.minStep = next.minStep
  }
  if (next.max > into.max || Number.isNaN(into.max)) {
    into.max = next.max
    into.maxStep = next.maxStep
  }
  if (Number.isNaN(into.nonfiniteStep)) into.nonfiniteStep = next.nonfiniteStep
}
