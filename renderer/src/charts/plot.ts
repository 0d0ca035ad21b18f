import { envelopeOf, envelopeStride } from '../../../electron/domain/series/envelope'
import { lowerBound } from '../../../electron/domain/series/growable-column'
import type { MinMaxPyramid } from '../../../electron/domain/series/pyramid'

/** The part of a 2D context that drawing needs; tests give one that records. */
export type Pen = Pick<CanvasRenderingContext2D, 'beginPath' | 'moveTo' | 'lineTo' | 'rect' | 'arc' | 'closePath' | 'stroke' | 'fill'>

/** Where the plot lies in CSS pixels, and which values its edges stand for. With `log`, yLow and yHigh are powers of ten. */
export interface Plot {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly xLow: number
  readonly xHigh: number
  readonly yLow: number
  readonly yHigh: number
  readonly log: boolean
}

/** A column with its place on the x axis. */
export interface PlottedCurve {
  readonly x: Float64Array
  readonly values: MinMaxPyramid
}

export const pixelOfX = (plot: Plot, x: number): number => plot.left + ((x - plot.xLow) / (plot.xHigh - plot.xLow)) * plot.width
export const valueAtPixel = (plot: Plot, pixel: number): number => plot.xLow + ((pixel - plot.left) / plot.width) * (plot.xHigh - plot.xLow)
export const pixelOfY = (plot: Plot, y: number): number =>
  plot.top + plot.height - (((plot.log ? Math.log10(y) : y) - plot.yLow) / (plot.yHigh - plot.yLow)) * plot.height

/** Far outside the plot a coordinate is held, because a canvas loses its precision with huge numbers. */
const farPixels = 20_000
const held = (pixel: number): number => Math.max(-farPixels, Math.min(farPixels, pixel))

/** Used by one trace after the other: drawing allocates nothing. */
let scratch = new Int32Array(0)

/** Where a segment of a trace ended and how many points it had. */
interface Tracer {
  point(index: number): void
  end(): void
}

/** Draws lines between points that are handed over by rising index, and breaks them where a value between was not finite. */
function tracer(pen: Pen, plot: Plot, x: Float64Array, values: MinMaxPyramid, dotRadius: number): Tracer {
  const column = values.values()
  const gaps = values.nonFinite()
  let gap = 0
  let points = 0
  let lastX = 0
  let lastY = 0
  const scaleX = plot.width / (plot.xHigh - plot.xLow)
  const scaleY = plot.height / (plot.yHigh - plot.yLow)
  const bottom = plot.top + plot.height
  const end = (): void => {
    // A lone point has no line to be seen by.
    if (points === 1) {
      pen.moveTo(lastX + dotRadius, lastY)
      pen.arc(lastX, lastY, dotRadius, 0, 2 * Math.PI)
    }
    points = 0
  }
  return {
    end,
    point(index) {
      while (gap < gaps.length && (gaps[gap] ?? 0) <= index) {
        gap++
        if (points > 0) end()
      }
      const value = column[index] ?? NaN
      if (!Number.isFinite(value) || (plot.log && value <= 0)) {
        end()
        return
      }
      lastX = held(plot.left + ((x[index] ?? 0) - plot.xLow) * scaleX)
      lastY = held(bottom - ((plot.log ? Math.log10(value) : value) - plot.yLow) * scaleY)
      if (points === 0) pen.moveTo(lastX, lastY)
      else pen.lineTo(lastX, lastY)
      points++
    },
  }
}

/** The range of indices to draw: what lies inside, and one neighbour on each side so that the line reaches the edges. */
function visible(curve: PlottedCurve, plot: Plot): { readonly from: number; readonly to: number } {
  const length = Math.min(curve.x.length, curve.values.length)
  const from = Math.max(0, lowerBound(curve.x, plot.xLow) - 1)
  let to = lowerBound(curve.x, plot.xHigh)
  while (to < length && curve.x[to] === plot.xHigh) to++
  return { from, to: Math.min(length, to + 1) }
}

/** True where more points than two per pixel would have to be drawn. */
export function isDense(curve: PlottedCurve, plot: Plot): boolean {
  const { from, to } = visible(curve, plot)
  return to - from > 2 * plot.width + 2
}

/**
 * Adds a curve to the pen's path with at most two points per pixel: the least and the greatest value of each pixel's points, in
 * their order, so that every true extreme is on the path. Lone points become dots of `dotRadius`.
 */
export function traceLine(pen: Pen, plot: Plot, curve: PlottedCurve, dotRadius = 1.5): void {
  const { from, to } = visible(curve, plot)
  const trace = tracer(pen, plot, curve.x, curve.values, dotRadius)
  if (to - from <= 2 * plot.width + 2) {
    for (let index = from; index < to; index++) trace.point(index)
    trace.end()
    return
  }
  if (from < lowerBound(curve.x, plot.xLow)) trace.point(from)
  eachPixel(plot, curve, (argmin, argmax) => {
    trace.point(Math.min(argmin, argmax))
    if (argmin !== argmax) trace.point(Math.max(argmin, argmax))
  })
  trace.point(to - 1)
  trace.end()
}

/** Adds to the path one upright bar per pixel, from the least to the greatest value of its points and at least one pixel high. */
export function traceBand(pen: Pen, plot: Plot, curve: PlottedCurve): void {
  const column = curve.values.values()
  const lowest = plot.log ? 10 ** plot.yLow : -Infinity
  eachPixel(plot, curve, (argmin, argmax, pixel) => {
    const greatest = column[argmax] ?? NaN
    if (plot.log && greatest <= 0) return
    const top = held(pixelOfY(plot, greatest))
    const bottom = held(pixelOfY(plot, Math.max(column[argmin] ?? NaN, lowest)))
    pen.rect(plot.left + pixel, top, 1, Math.max(1, bottom - top))
  })
}

/**
 * Fills a curve with several points a pixel as upright bars, each from the least to the greatest value of its pixel and of the last point
 * before it: what a stroked line through them covers, at a fraction of its cost, since bars on whole pixels need no edges smoothed.
 */
export function fillLine(pen: Pick<CanvasRenderingContext2D, 'fillRect'>, plot: Plot, curve: PlottedCurve, thickness: number): void {
  const column = curve.values.values()
  const gaps = curve.values.nonFinite()
  const half = thickness / 2
  let gap = 0
  let before = -1
  eachPixel(plot, curve, (argmin, argmax, pixel, first, last) => {
    while (gap < gaps.length && (gaps[gap] ?? 0) < first) {
      if ((gaps[gap] ?? 0) > before) before = -1
      gap++
    }
    const joined = before < 0 ? NaN : (column[before] ?? NaN)
    const least = Math.min(column[argmin] ?? NaN, Number.isFinite(joined) ? joined : Infinity)
    const greatest = Math.max(column[argmax] ?? NaN, Number.isFinite(joined) ? joined : -Infinity)
    before = last
    if (plot.log && greatest <= 0) return
    const top = held(pixelOfY(plot, greatest)) - half
    const bottom = held(pixelOfY(plot, plot.log ? Math.max(least, 10 ** plot.yLow) : least)) + half
    pen.fillRect(plot.left + pixel, top, thickness, bottom - top)
  })
}

/** Calls `draw` for every pixel that has a finite point, with the indices of its extremes, of its first and of its last point. */
function eachPixel(plot: Plot, curve: PlottedCurve, draw: (argmin: number, argmax: number, pixel: number, first: number, last: number) => void): void {
  const envelope = envelopeOf(curve.x, curve.values, plot.xLow, plot.xHigh, plot.width, scratch)
  scratch = envelope.indices as Int32Array<ArrayBuffer>
  const perPixel = plot.width / (plot.xHigh - plot.xLow)
  for (let bucket = 0; bucket < envelope.buckets; bucket++) {
    const at = bucket * envelopeStride
    const argmin = envelope.indices[at + 1] ?? -1
    if (argmin < 0) continue
    const first = envelope.indices[at] ?? 0
    draw(argmin, envelope.indices[at + 2] ?? argmin, Math.min(plot.width - 1, Math.floor(((curve.x[first] ?? 0) - plot.xLow) * perPixel)), first, envelope.indices[at + 3] ?? first)
  }
}

/** A value that broke the line: where its mark stands, at the last finite value before it, and which points it stands for. */
export interface GapMark {
  readonly x: number
  readonly y: number
  readonly from: number
  readonly to: number
}

/** Marks closer together than this are one. */
const markPixels = 10

/** Marks for the values that are not finite, as many as can be told apart. A gap before the first finite value stands on the bottom edge. */
export function gapMarks(plot: Plot, curve: PlottedCurve): GapMark[] {
  const gaps = curve.values.nonFinite()
  const column = curve.values.values()
  const marks: GapMark[] = []
  const apart = (markPixels / plot.width) * (plot.xHigh - plot.xLow)
  let at = firstAtLeast(gaps, lowerBound(curve.x, plot.xLow))
  let lastFinite = -1
  while (at < gaps.length) {
    const index = gaps[at] ?? 0
    const x = curve.x[index] ?? Infinity
    if (x > plot.xHigh) break
    const next = firstAtLeast(gaps, Math.max(index + 1, lowerBound(curve.x, x + apart)))
    const to = curve.x[gaps[next - 1] ?? index] ?? x
    let finite = index - 1
    while (finite > lastFinite && !Number.isFinite(column[finite])) finite--
    const before = marks.at(-1)
    at = next
    // A long gap is one mark.
    if (before !== undefined && finite === lastFinite) {
      marks[marks.length - 1] = { ...before, to }
      continue
    }
    lastFinite = finite
    const value = column[finite]
    const drawable = value !== undefined && !(plot.log && value <= 0)
    marks.push({ x: finite < 0 ? x : (curve.x[finite] ?? x), y: drawable ? value : plot.log ? 10 ** plot.yLow : plot.yLow, from: x, to })
  }
  return marks
}

/** The place of the first index that is at least `bound`. */
function firstAtLeast(indices: Int32Array, bound: number): number {
  let low = 0
  let high = indices.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((indices[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
