import type { AxisRange } from '../../../electron/domain/series/nice-ticks'
import { growAxis } from '../../../electron/domain/series/nice-ticks'
import { xTicks, yTicks } from './axis-labels'
import { createAxes } from './chart-axes'
import type { Axes } from './chart-axes'
import { chartColours, onTheme } from './chart-colours'
import { paintChart } from './chart-paint'
import type { ReadLine } from './chart-paint'
import { countOutside, linearAxis, logAxis, neededRange } from './chart-ranges'
import type { ChartSpec } from './chart-spec'
import type { ChartView } from './chart-view'
import { chartNotes, chartSummary } from './chart-words'
import type { Plot } from './plot'
import { windowFrames } from './frame-queue'
import type { FrameQueue } from './frame-queue'

/** What the last draw showed; the overlay reads it. */
export interface DrawnChart {
  readonly plot: Plot
  readonly lines: readonly ReadLine[]
  readonly notes: readonly string[]
}

export interface ChartFrameOptions {
  readonly host: HTMLElement
  readonly canvas: HTMLCanvasElement
  readonly view: ChartView
  readonly frames?: FrameQueue
  /** After each draw. */
  onDrawn(drawn: DrawnChart): void
}

/** The summary for screen readers is rewritten at most this often. */
const summaryMs = 2_000

/** One chart on its canvas: reads its lines, chooses the axes, draws at most once a frame. */
export class ChartFrame {
  readonly #options: ChartFrameOptions
  readonly #frames: FrameQueue
  readonly #axes: Axes
  readonly #stops: (() => void)[] = []
  #spec: ChartSpec
  #lines: readonly ReadLine[] = []
  #x: AxisRange | null = null
  #y: AxisRange | null = null
  #yKey = ''
  #seen = true
  #width = 0
  #height = 0
  #summaryAtMs = -Infinity

  constructor(spec: ChartSpec, options: ChartFrameOptions) {
    this.#spec = spec
    this.#options = options
    this.#frames = options.frames ?? windowFrames
    this.#axes = createAxes(options.canvas, (context, plot) => {
      const { axis } = options.view.state()
      paintChart(context, plot, { lines: this.#lines, rules: this.#spec.rules(axis), colours: chartColours(), small: this.#spec.small })
    })
    const sized = new ResizeObserver(() => { this.#resize() })
    sized.observe(options.host)
    // What is scrolled away or behind another tab is not drawn.
    const seen = new IntersectionObserver(([entry]) => {
      this.#seen = entry?.isIntersecting ?? true
      if (this.#seen) this.refresh()
    })
    seen.observe(options.host)
    this.#stops.push(options.view.onState(this.refresh), onTheme(this.refresh), () => { sized.disconnect() }, () => { seen.disconnect() })
    this.#resize()
  }

  /** Draws soon: something that the chart reads has changed. */
  readonly refresh = (): void => {
    if (this.#seen) this.#frames.request(this.#draw)
  }

  setSpec(spec: ChartSpec): void {
    this.#spec = spec
    this.refresh()
  }

  get spec(): ChartSpec {
    return this.#spec
  }

  /** The picture as it stands, on the theme's ground. */
  image(): Promise<Blob | null> {
    return this.#axes.image(chartColours().ground)
  }

  destroy(): void {
    this.#frames.cancel(this.#draw)
    for (const stop of this.#stops) stop()
    this.#axes.destroy()
  }

  #resize(): void {
    const { width, height } = this.#options.host.getBoundingClientRect()
    const [wide, high] = [Math.floor(width), Math.floor(height)]
    if (wide < 40 || high < 40 || (wide === this.#width && high === this.#height)) return
    this.#width = wide
    this.#height = high
    this.#axes.resize(wide, high)
    this.refresh()
  }

  readonly #draw = (): void => {
    if (this.#width === 0) return
    const spec = this.#spec
    const { axis, zoom, log: wantsLog, everything } = this.#options.view.state()
    const log = wantsLog && spec.logs
    this.#lines = spec.lines.flatMap((line) => {
      const curve = line.read(axis, zoom)
      return curve === null ? [] : [{ line, curve }]
    })
    const x = this.#xRange()
    const y = this.#yRange(x, log, everything)
    const wantedX = spec.small ? 3 : Math.max(3, Math.min(8, Math.floor(this.#width / 95)))
    const wantedY = spec.small || this.#height < 130 ? 3 : Math.max(3, Math.min(8, Math.floor(this.#height / 45)))
    const end = zoom === null ? spec.end(axis) : null
    this.#axes.draw({ x, y, xTicks: xTicks(axis, x.low, x.high, wantedX, end), yTicks: yTicks(spec.kind, y.low, y.high, log, wantedY), log }, chartColours())
    const plot = this.#axes.plot()
    if (plot !== null) this.#tell(plot)
  }

  #xRange(): AxisRange {
    const { axis, zoom } = this.#options.view.state()
    if (zoom !== null) return zoom
    let last = 0
    let first = Infinity
    for (const { curve } of this.#lines) {
      last = Math.max(last, curve.x.at(-1) ?? 0)
      first = Math.min(first, curve.x[0] ?? Infinity)
    }
    const end = this.#spec.end(axis)
    if (end !== null && end > 0) return { low: 0, high: Math.max(end, last) }
    this.#x = growAxis(this.#x?.low === 0 && this.#x.high >= last ? this.#x : null, 0, Math.max(last, axis === 'epoch' ? 0.1 : 10))
    return { low: 0, high: this.#x.high }
  }

  #yRange(x: AxisRange, log: boolean, everything: boolean): AxisRange {
    const heard = this.#lines.filter(({ line }) => line.echo !== true)
    const curves = heard.map(({ curve }) => curve)
    if (log) return logAxis(curves, x.low, x.high)
    const outlying = heard.filter(({ line }) => line.outlying).map(({ curve }) => curve)
    const steady = heard.filter(({ line }) => !line.outlying).map(({ curve }) => curve)
    // Another stretch of x or another way to look is another picture: only while the data streams does the axis follow in steps.
    const { zoom, axis } = this.#options.view.state()
    const key = [zoom?.low, zoom?.high, axis, everything, heard.map(({ line }) => line.key).join()].join('|')
    if (key !== this.#yKey) this.#y = null
    this.#yKey = key
    this.#y = linearAxis(this.#y, neededRange(outlying, steady, x.low, x.high, everything))
    return this.#y
  }

  #tell(plot: Plot): void {
    const { axis, everything } = this.#options.view.state()
    const [low, high] = plot.log ? [-Infinity, Infinity] : [plot.yLow, plot.yHigh]
    const outside = countOutside(this.#lines.filter(({ line }) => line.echo !== true).map(({ curve }) => curve), plot.xLow, plot.xHigh, low, high)
    const notes = chartNotes(axis, plot, this.#lines, outside, everything, this.#spec.small, this.#spec.remark())
    this.#options.onDrawn({ plot, lines: this.#lines, notes })
    if (performance.now() - this.#summaryAtMs < summaryMs) return
    this.#summaryAtMs = performance.now()
    const { title, format } = this.#spec
    this.#options.canvas.setAttribute('aria-label', chartSummary(title, axis, this.#lines, format, notes))
  }
}
