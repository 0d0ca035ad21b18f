import uPlot from 'uplot'
import { envelopeOf } from '../../../electron/domain/series/envelope'
import { GrowableColumn } from '../../../electron/domain/series/growable-column'
import { MinMaxPyramid } from '../../../electron/domain/series/pyramid'
import { quantile } from '../../../electron/domain/statistics'
import { ChartFrame } from '../../../renderer/src/charts/chart-frame'
import { linearAxis, neededRange } from '../../../renderer/src/charts/chart-ranges'
import { createChartView } from '../../../renderer/src/charts/chart-view'

/** What is measured: the app's chart, a bare canvas that draws the same envelope, or uPlot on the raw columns. */
export type ChartKind = 'app' | 'raw' | 'uplot'
export interface ChartJob {
  readonly kind: ChartKind
  readonly points: number
}
export interface ChartResult {
  /** Median of appending 100 points a run and drawing, raster included. */
  readonly appendMs: number
  /** 95th percentile of the time between two frames while points come in every frame. */
  readonly gapMs: number
}

declare global {
  interface Window {
    measureChart: (job: ChartJob) => Promise<ChartResult>
  }
}

const runs = 8
const appended = 100
const updates = 15
const liveMs = 2_500
const [width, height] = [1100, 400]
/** The last planned step: a live run fills nearly the whole axis. */
const endOf = (columns: readonly Column[]): number => Math.ceil((columns[0]?.x.length ?? 0) * 1.05)

interface Column {
  readonly x: GrowableColumn
  readonly values: MinMaxPyramid
}
interface Drawing {
  readonly canvas: HTMLCanvasElement
  draw(): void
}

/** A loss-like curve with noise and rare spikes. */
function lossAt(step: number, run: number): number {
  const noise = Math.sin(step * 12.9898 + run * 78.233) * 43_758.5453
  const dice = noise - Math.floor(noise)
  return (1 + run * 0.05 + 2.5 * Math.exp(-step / 20_000)) * (0.95 + 0.1 * dice) + (dice > 0.99998 ? 1 : 0)
}

function fill(columns: readonly Column[], from: number, count: number): void {
  const steps = Float64Array.from({ length: count }, (_, i) => from + i)
  columns.forEach(({ x, values }, run) => {
    x.append(steps)
    values.append(steps.map((step) => lossAt(step, run)))
  })
}

const drawings: Readonly<Record<ChartKind, (host: HTMLElement, columns: readonly Column[]) => Drawing>> = { app: appDrawing, raw: rawDrawing, uplot: uplotDrawing }

function appDrawing(host: HTMLElement, columns: readonly Column[]): Drawing {
  const canvas = document.createElement('canvas')
  host.append(canvas)
  const end = endOf(columns)
  let waiting: (() => void) | null = null
  const frame = new ChartFrame(
    {
      title: 'Loss', kind: 'loss', small: false, logs: true, rules: () => [], end: () => end, remark: () => null, format: String,
      lines: columns.map(({ x, values }, run) => ({ key: String(run), label: `run ${run}`, colour: run + 1, dashed: false, look: 'line', outlying: true, read: () => ({ x: x.view(), values }) })),
    },
    { host, canvas, view: createChartView({ everything: true }), frames: { request: (draw) => { waiting = draw }, cancel: () => { waiting = null } }, onDrawn: () => undefined },
  )
  return {
    canvas,
    draw() {
      frame.refresh()
      waiting?.()
    },
  }
}

/** No axes, no marks, nothing but the strokes: what the picture costs at least. */
function rawDrawing(host: HTMLElement, columns: readonly Column[]): Drawing {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  host.append(canvas)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no 2D context')
  const inks = columns.map((_, run) => getComputedStyle(document.documentElement).getPropertyValue(`--run-${run + 1}`))
  const [left, top, wide, high] = [48, 6, width - 58, height - 28]
  // The axis that the app would choose, so that both draw the same lines; choosing it is not timed here.
  const axis = linearAxis(null, neededRange(columns.map(({ x, values }) => ({ x: x.view(), values })), [], 0, Infinity, true))
  const end = endOf(columns)
  let scratch = new Int32Array(0)
  return {
    canvas,
    draw() {
      context.clearRect(0, 0, width, height)
      context.lineWidth = 2
      context.lineJoin = 'bevel'
      columns.forEach(({ x, values }, run) => {
        const [steps, losses] = [x.view(), values.values()]
        const envelope = envelopeOf(steps, values, 0, end, wide, scratch)
        scratch = envelope.indices as Int32Array<ArrayBuffer>
        const scaleY = high / (axis.high - axis.low)
        context.strokeStyle = inks[run] ?? ''
        context.beginPath()
        for (let bucket = 0; bucket < envelope.buckets; bucket++) {
          const a = envelope.indices[bucket * 4 + 1] ?? 0
          const b = envelope.indices[bucket * 4 + 2] ?? 0
          for (const index of a < b ? [a, b] : [b, a]) context.lineTo(left + ((steps[index] ?? 0) / end) * wide, top + high - ((losses[index] ?? 0) - axis.low) * scaleY)
        }
        context.stroke()
      })
    },
  }
}

function uplotDrawing(host: HTMLElement, columns: readonly Column[]): Drawing {
  const data = (): uPlot.AlignedData => [columns[0]?.x.view() ?? new Float64Array(), ...columns.map(({ values }) => values.values())]
  const plot = new uPlot({ width, height, legend: { show: false }, scales: { x: { time: false, range: [0, endOf(columns)] } }, series: [{}, ...columns.map((_, run) => ({ stroke: getComputedStyle(document.documentElement).getPropertyValue(`--run-${run + 1}`), width: 2 }))] }, data(), host)
  return {
    canvas: plot.ctx.canvas,
    draw() {
      plot.setData(data(), true)
    },
  }
}

const frame = (): Promise<number> => new Promise((resolve) => { requestAnimationFrame(resolve) })

/** Reading a pixel back makes the canvas finish what it put off. */
function rastered(canvas: HTMLCanvasElement): void {
  canvas.getContext('2d')?.getImageData(0, 0, 1, 1)
}

window.measureChart = async ({ kind, points }) => {
  const host = document.getElementById('host')
  if (host === null) throw new Error('no #host')
  const columns = Array.from({ length: runs }, (): Column => ({ x: new GrowableColumn(), values: new MinMaxPyramid() }))
  fill(columns, 0, points)
  const drawing = drawings[kind](host, columns)
  let at = points
  const update = (): void => {
    fill(columns, at, appended)
    at += appended
    drawing.draw()
  }
  for (let warm = 0; warm < 5; warm++) {
    await frame()
    update()
    rastered(drawing.canvas)
  }
  const times: number[] = []
  for (let i = 0; i < updates; i++) {
    await frame()
    const startMs = performance.now()
    update()
    // uPlot draws in a microtask of its own.
    await Promise.resolve()
    rastered(drawing.canvas)
    times.push(performance.now() - startMs)
  }
  const gaps: number[] = []
  let before = await frame()
  const endMs = performance.now() + liveMs
  while (performance.now() < endMs) {
    update()
    const now = await frame()
    gaps.push(now - before)
    before = now
  }
  return { appendMs: quantile(Float64Array.from(times).sort(), 0.5), gapMs: quantile(Float64Array.from(gaps).sort(), 0.95) }
}
