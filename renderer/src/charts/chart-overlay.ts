import { lowerBound } from '../../../electron/domain/series/growable-column'
import type { ChartFrame, DrawnChart } from './chart-frame'
import type { ChartView } from './chart-view'
import { chartColours } from './chart-colours'
import type { ReadLine } from './chart-paint'
import { placeWords } from './chart-words'
import { fillTip } from './chart-tip'
import type { TipRow } from './chart-tip'
import { pixelOfX, valueAtPixel } from './plot'
import type { PlottedCurve } from './plot'

export interface OverlayElements {
  readonly host: HTMLElement
  readonly cross: HTMLElement
  readonly band: HTMLElement
  readonly tip: HTMLElement
  readonly notes: HTMLElement
  /** Right of the title: the value under the crosshair, else the newest. */
  readonly figure: HTMLElement | null
}

/** A drag shorter than this is a click. */
const dragPixels = 6

/**
 * Crosshair, tooltip, zoom and notes, as elements over the canvas: pointing moves them and draws nothing. The crosshair is the
 * page's: every chart shows it at the same x.
 */
export class ChartOverlay {
  readonly #elements: OverlayElements
  readonly #view: ChartView
  readonly #frame: () => ChartFrame
  readonly #details: (x: number) => string
  readonly #stops: (() => void)[] = []
  #drawn: DrawnChart | null = null
  #dragFrom: number | null = null

  /** `details` are quiet words beside the tooltip's place, such as the epoch and time of a step. */
  constructor(elements: OverlayElements, view: ChartView, frame: () => ChartFrame, details: (x: number) => string) {
    this.#elements = elements
    this.#view = view
    this.#frame = frame
    this.#details = details
    const { host } = elements
    const listen = <K extends keyof HTMLElementEventMap>(type: K, run: (event: HTMLElementEventMap[K]) => void): void => {
      host.addEventListener(type, run)
      this.#stops.push(() => { host.removeEventListener(type, run) })
    }
    listen('pointermove', (event) => { this.#move(event) })
    listen('pointerleave', () => {
      if (this.#dragFrom === null) view.point(null)
    })
    listen('pointerdown', (event) => { this.#press(event) })
    listen('pointerup', (event) => { this.#release(event) })
    listen('pointercancel', () => { this.#endDrag() })
    listen('dblclick', () => { this.#reset() })
    listen('keydown', (event) => { this.#key(event) })
    listen('blur', () => { view.point(null) })
    this.#stops.push(view.onCursor(() => { this.#place() }))
  }

  /** After a draw: the crosshair, the figure and the notes stand on new ground. */
  drawn(drawn: DrawnChart): void {
    this.#drawn = drawn
    const text = drawn.notes.join('\n')
    if (this.#elements.notes.textContent !== text) this.#elements.notes.textContent = text
    this.#place()
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
  }

  #offset(event: PointerEvent): number {
    return event.clientX - this.#elements.host.getBoundingClientRect().left
  }

  #move(event: PointerEvent): void {
    const drawn = this.#drawn
    if (drawn === null) return
    const pixel = this.#offset(event)
    if (this.#dragFrom !== null) this.#showBand(this.#dragFrom, pixel)
    const { plot } = drawn
    if (pixel < plot.left - 4 || pixel > plot.left + plot.width + 4) {
      this.#view.point(null)
      return
    }
    const x = this.#nearest(valueAtPixel(plot, Math.max(plot.left, Math.min(plot.left + plot.width, pixel))))
    this.#view.point(x === null ? null : { x, source: this })
  }

  /** The nearest place that has a value: of the line with the most points. */
  #nearest(x: number): number | null {
    const curve = this.#densest()
    return curve === null ? null : (curve.x[nearestIndex(curve, x)] ?? null)
  }

  #densest(): PlottedCurve | null {
    let best: PlottedCurve | null = null
    for (const { curve } of this.#drawn?.lines ?? []) if (best === null || curve.values.length > best.values.length) best = curve
    return best === null || best.values.length === 0 ? null : best
  }

  #press(event: PointerEvent): void {
    const drawn = this.#drawn
    if (drawn === null || event.button !== 0) return
    this.#elements.host.setPointerCapture(event.pointerId)
    this.#dragFrom = this.#offset(event)
  }

  #showBand(from: number, to: number): void {
    const { plot } = this.#drawn ?? {}
    if (plot === undefined || Math.abs(to - from) < dragPixels) return
    const held = (pixel: number): number => Math.max(plot.left, Math.min(plot.left + plot.width, pixel))
    const [low, high] = [held(Math.min(from, to)), held(Math.max(from, to))]
    Object.assign(this.#elements.band.style, { display: 'block', left: `${low}px`, width: `${high - low}px`, top: `${plot.top}px`, height: `${plot.height}px` })
  }

  #release(event: PointerEvent): void {
    const { plot } = this.#drawn ?? {}
    const from = this.#dragFrom
    const to = this.#offset(event)
    this.#endDrag()
    if (plot === undefined || from === null || Math.abs(to - from) < dragPixels) return
    const held = (pixel: number): number => valueAtPixel(plot, Math.max(plot.left, Math.min(plot.left + plot.width, pixel)))
    const [low, high] = [held(Math.min(from, to)), held(Math.max(from, to))]
    if (high > low) this.#view.set({ zoom: { low, high } })
  }

  #endDrag(): void {
    this.#dragFrom = null
    this.#elements.band.style.display = 'none'
  }

  /** A double click shows all steps; when they are all shown already, all values, or again the usual ones. */
  #reset(): void {
    const { zoom, everything } = this.#view.state()
    this.#view.set(zoom === null ? { everything: !everything } : { zoom: null })
  }

  #key(event: KeyboardEvent): void {
    const curve = this.#densest()
    if (curve === null || event.ctrlKey || event.metaKey || event.altKey) return
    const { plot } = this.#drawn ?? {}
    const cursor = this.#view.cursor()?.x ?? null
    const first = lowerBound(curve.x, plot?.xLow ?? 0)
    const last = Math.max(first, lowerBound(curve.x, (plot?.xHigh ?? Infinity) + Number.EPSILON) - 1)
    const at = cursor === null ? null : nearestIndex(curve, cursor)
    // One pixel at a time where points are denser than pixels.
    const stride = Math.max(1, Math.round((last - first) / (plot?.width ?? 100))) * (event.shiftKey ? 10 : 1)
    const to = { ArrowRight: (at ?? first - stride) + stride, ArrowLeft: (at ?? last + stride) - stride, Home: first, End: last }[event.key]
    if (to !== undefined) this.#view.point({ x: curve.x[Math.max(first, Math.min(last, to))] ?? 0, source: this })
    else if (event.key === 'Escape' && (cursor !== null || this.#view.state().zoom !== null)) this.#view.set({ zoom: null })
    else if (event.key === 'Enter') this.#reset()
    else return
    if (event.key === 'Escape') this.#view.point(null)
    event.preventDefault()
  }

  #place(): void {
    const drawn = this.#drawn
    if (drawn === null) return
    const { cross, tip } = this.#elements
    const cursor = this.#view.cursor()
    const { plot } = drawn
    const shown = cursor !== null && cursor.x >= plot.xLow && cursor.x <= plot.xHigh
    cross.style.display = shown ? 'block' : 'none'
    tip.style.display = shown && cursor.source === this ? 'block' : 'none'
    this.#showFigure(drawn, shown ? cursor.x : null)
    if (!shown) return
    const pixel = pixelOfX(plot, cursor.x)
    Object.assign(cross.style, { transform: `translateX(${Math.round(pixel)}px)`, top: `${plot.top}px`, height: `${plot.height}px` })
    if (cursor.source !== this) return
    const { axis } = this.#view.state()
    fillTip(tip, placeWords(axis, cursor.x), this.#details(cursor.x), this.#rows(drawn, cursor.x))
    const right = pixel + 12 + tip.offsetWidth < plot.left + plot.width || pixel < tip.offsetWidth + 20
    Object.assign(tip.style, { left: `${Math.round(right ? pixel + 12 : pixel - 12 - tip.offsetWidth)}px`, top: `${plot.top + 8}px` })
  }

  /** Several runs come sorted by value, the lowest first; the lines of one run keep their order. */
  #rows(drawn: DrawnChart, x: number): TipRow[] {
    const colours = chartColours()
    const { format } = this.#frame().spec
    const rows = drawn.lines.flatMap((read): (TipRow & { readonly value: number })[] => {
      const value = valueNear(read, x, drawn)
      return value === null ? [] : [{ label: read.line.label, text: format(value), colour: colours.runs[(read.line.colour - 1) % 8] ?? '', look: read.line.look, value }]
    })
    return rows.length > 4 ? rows.toSorted((a, b) => a.value - b.value) : rows
  }

  #showFigure({ lines }: DrawnChart, x: number | null): void {
    const { figure } = this.#elements
    const main = lines.find(({ line }) => line.look !== 'raw' || line.silent !== true)
    if (figure === null || main === undefined) return
    const values = main.curve.values.values()
    const value = x === null ? (values.at(-1) ?? NaN) : (values[nearestIndex(main.curve, x)] ?? NaN)
    const text = Number.isNaN(value) && values.length === 0 ? '' : this.#frame().spec.format(value)
    if (figure.textContent !== text) figure.textContent = text
  }
}

/** Index of the point nearest to x. */
function nearestIndex({ x: column, values }: PlottedCurve, x: number): number {
  const length = Math.min(column.length, values.length)
  const at = Math.min(length - 1, lowerBound(column, x))
  const before = Math.max(0, at - 1)
  return Math.abs((column[before] ?? 0) - x) < Math.abs((column[at] ?? 0) - x) ? before : at
}

/** The value at x; null where the line has nothing near, so that a tooltip never claims a value from elsewhere. */
function valueNear({ line, curve }: ReadLine, x: number, { plot }: DrawnChart): number | null {
  if (curve.values.length === 0) return null
  const index = nearestIndex(curve, x)
  const away = Math.abs((curve.x[index] ?? Infinity) - x)
  const pixel = (plot.xHigh - plot.xLow) / plot.width
  const gap = Math.abs((curve.x[index] ?? 0) - (curve.x[Math.max(0, index - 1)] ?? 0))
  const near = line.look === 'points' ? 3 * pixel : Math.max(3 * pixel, gap)
  return away <= near ? (curve.values.values()[index] ?? null) : null
}
