/** So much room is nothing on a machine that trains, while growing by an eighth from the first value on copies each eight times. */
const cheapRoom = 65_536

/** Room that a full column gets: as much as it has, up to 65,536 values, then an eighth, which bounds the waste. Amortised O(1) per value. */
export function grownCapacity(needed: number, capacity: number): number {
  return Math.max(needed, capacity + Math.max(capacity >> 3, Math.min(capacity, cheapRoom)) + 64)
}

/** A column of doubles that grows at its end, at most 9 bytes per value once long. */
export class GrowableColumn {
  #values: Float64Array
  #view: Float64Array

  constructor(capacity = 0) {
    this.#values = new Float64Array(capacity)
    this.#view = this.#values.subarray(0, 0)
  }

  get length(): number {
    return this.#view.length
  }

  /** Bytes held, room included. */
  get byteLength(): number {
    return this.#values.byteLength
  }

  append(values: ArrayLike<number>): void {
    const before = this.length
    const length = before + values.length
    if (length > this.#values.length) {
      const grown = new Float64Array(grownCapacity(length, this.#values.length))
      grown.set(this.#view)
      this.#values = grown
    }
    this.#values.set(values, before)
    this.#view = this.#values.subarray(0, length)
  }

  /** The values so far, without a copy. Not to be written to, and not to be kept past the next append. */
  view(): Float64Array {
    return this.#view
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

/** The same, for a bound that lies about `guess`: looks around there first, in steps that double. */
export function lowerBoundNear(column: Float64Array, bound: number, guess: number): number {
  let low = Math.max(0, Math.min(guess, column.length))
  let high = low
  for (let step = 1; low > 0 && (column[low - 1] ?? -Infinity) >= bound; step *= 2) {
    high = low
    low = Math.max(0, low - step)
  }
  for (let step = 1; high < column.length && (column[high] ?? Infinity) < bound; step *= 2) {
    low = high + 1
    high = Math.min(column.length, high + step)
  }
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((column[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
