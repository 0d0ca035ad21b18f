import { GrowableColumn, grownCapacity } from './growable-column'

/** Points under one node of the lowest level. */
export const leafPoints = 16
const leafShift = 4

/** Where the extremes of a stretch of points lie; -1 where no point of it is finite. The first of equal values counts. */
export interface Extremes {
  readonly argmin: number
  readonly argmax: number
}

/** One level: the indices of the least and the greatest value of each node, side by side. */
interface Level {
  indices: Int32Array
  nodes: number
}

/**
 * A min/max pyramid over a growing column: nodes of 16 points, then of twice as many on each level above, as indices into the
 * column, so that no true extreme is ever lost. Appending is amortised O(1) a point, asking for a stretch O(log n). It costs about
 * 1 byte a point beside the column. Values that are not finite belong to no extreme and are listed apart.
 */
export class MinMaxPyramid {
  readonly #column = new GrowableColumn()
  readonly #levels: Level[] = []
  #nonFinite = new Int32Array(0)
  #nonFiniteCount = 0
  /** Scratch of the running query: no allocation while drawing. */
  #argmin = -1
  #argmax = -1
  #least = Infinity
  #greatest = -Infinity

  get length(): number {
    return this.#column.length
  }

  /** Bytes held, the column included. */
  get byteLength(): number {
    return this.#column.byteLength + this.#nonFinite.byteLength + this.#levels.reduce((sum, level) => sum + level.indices.byteLength, 0)
  }

  /** The values so far; see GrowableColumn.view. */
  values(): Float64Array {
    return this.#column.view()
  }

  /** Indices of the values that are not finite, rising. */
  nonFinite(): Int32Array {
    return this.#nonFinite.subarray(0, this.#nonFiniteCount)
  }

  append(values: ArrayLike<number>): void {
    const before = this.#column.length
    this.#column.append(values)
    const column = this.#column.view()
    for (let i = before; i < column.length; i++) if (!Number.isFinite(column[i])) this.#addNonFinite(i)
    const finished = column.length >> leafShift
    for (let leaf = before >> leafShift; leaf < finished; leaf++) {
      this.#reset()
      this.#scan(column, leaf << leafShift, (leaf + 1) << leafShift)
      this.#push(0, this.#argmin, this.#argmax)
    }
  }

  /** The extremes of the points from `from` up to, not including, `to`; both are clamped to what is there. */
  extremes(from: number, to: number): Extremes {
    const column = this.#column.view()
    this.#reset()
    this.#collect(column, Math.max(0, from), Math.min(column.length, to))
    return { argmin: this.#argmin, argmax: this.#argmax }
  }

  #addNonFinite(index: number): void {
    if (this.#nonFiniteCount === this.#nonFinite.length) {
      const grown = new Int32Array(grownCapacity(this.#nonFiniteCount + 1, this.#nonFinite.length))
      grown.set(this.#nonFinite)
      this.#nonFinite = grown
    }
    this.#nonFinite[this.#nonFiniteCount++] = index
  }

  #reset(): void {
    this.#argmin = -1
    this.#argmax = -1
    this.#least = Infinity
    this.#greatest = -Infinity
  }

  #consider(column: Float64Array, index: number): void {
    const value = column[index] ?? NaN
    if (value < this.#least) {
      this.#least = value
      this.#argmin = index
    }
    if (value > this.#greatest) {
      this.#greatest = value
      this.#argmax = index
    }
  }

  #scan(column: Float64Array, from: number, to: number): void {
    for (let i = from; i < to; i++) if (Number.isFinite(column[i])) this.#consider(column, i)
  }

  /** Adds a finished node and, when its sibling is there too, its parent. */
  #push(depth: number, argmin: number, argmax: number): void {
    const level = this.#levels[depth] ?? { indices: new Int32Array(0), nodes: 0 }
    this.#levels[depth] = level
    const at = 2 * level.nodes
    if (at + 2 > level.indices.length) {
      const grown = new Int32Array(grownCapacity(at + 2, level.indices.length))
      grown.set(level.indices)
      level.indices = grown
    }
    level.indices[at] = argmin
    level.indices[at + 1] = argmax
    level.nodes++
    if (level.nodes % 2 === 1) return
    const column = this.#column.view()
    this.#reset()
    this.#node(column, level, level.nodes - 2)
    this.#node(column, level, level.nodes - 1)
    this.#push(depth + 1, this.#argmin, this.#argmax)
  }

  #node(column: Float64Array, level: Level, node: number): void {
    const argmin = level.indices[2 * node] ?? -1
    if (argmin < 0) return
    this.#consider(column, argmin)
    this.#consider(column, level.indices[2 * node + 1] ?? -1)
  }

  /** Covers the stretch, left to right, with the largest finished nodes that fit, and single points at its edges. */
  #collect(column: Float64Array, from: number, to: number): void {
    let at = from
    while (at < to) {
      const depth = this.#largestNode(at, to)
      if (depth < 0) {
        const edge = Math.min(to, ((at >> leafShift) + 1) << leafShift)
        this.#scan(column, at, edge)
        at = edge
        continue
      }
      const level = this.#levels[depth]
      if (level !== undefined) this.#node(column, level, at >> (leafShift + depth))
      at += leafPoints << depth
    }
  }

  /**
   * Depth of the largest finished node that starts at `at` and ends by `to`; -1 for none. The trailing zeros of `at` say how large
   * a node may start there, the stretch how large it may be.
   */
  #largestNode(at: number, to: number): number {
    const aligned = at === 0 ? 31 : 31 - Math.clz32(at & -at)
    const within = 31 - Math.clz32(to - at)
    let depth = Math.min(aligned, within, leafShift + this.#levels.length - 1) - leafShift
    while (depth >= 0 && at >> (leafShift + depth) >= (this.#levels[depth]?.nodes ?? 0)) depth--
    return Math.max(depth, -1)
  }
}
