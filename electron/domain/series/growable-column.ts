/** Room that a full column gets beside its data: an eighth bounds the waste, and growing stays amortised O(1) per value. */
export function grownCapacity(needed: number, capacity: number): number {
  return Math.max(needed, capacity + (capacity >> 3) + 64)
}

/** A column of doubles that grows at its end, at most 9 bytes per value once long. */
export class GrowableColumn {
  #values: Float64Array
  #length = 0

  constructor(capacity = 0) {
    this.#values = new Float64Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** Bytes held, room included. */
  get byteLength(): number {
    return this.#values.byteLength
  }

  append(values: ArrayLike<number>): void {
    const length = this.#length + values.length
    if (length > this.#values.length) {
      const grown = new Float64Array(grownCapacity(length, this.#values.length))
      grown.set(this.#values.subarray(0, this.#length))
      this.#values = grown
    }
    this.#values.set(values, this.#length)
    this.#length = length
  }

  /** The values so far, without a copy. Not to be written to, and not to be kept past the next append. */
  view(): Float64Array {
    return this.#values.subarray(0, this.#length)
  }
}

/** Index of the first value that is at least `bound` in a column that never falls; its length where there is none. */
export function lowerBound(column: Float64Array, bound: number): number {
  let low = 0
  let high = column.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((column[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
