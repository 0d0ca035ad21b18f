import { Chart, LinearScale, LineController } from 'chart.js'
import type { Plugin, Scale } from 'chart.js'
import type { AxisRange } from '../../../electron/domain/series/nice-ticks'
import type { Tick } from './axis-labels'
import type { ChartColours } from './chart-colours'
import { onGround } from './on-ground'
import type { Plot } from './plot'

Chart.register(LinearScale, LineController)

/** Axes as they are to be drawn. A logarithmic y axis comes as powers of ten with ticks at such places. */
export interface AxesState {
  readonly x: AxisRange
  readonly y: AxisRange
  readonly xTicks: readonly Tick[]
  readonly yTicks: readonly Tick[]
  readonly log: boolean
}

export interface Axes {
  /** Draws the axes anew where they changed, and everything over them. */
  draw(state: AxesState, colours: ChartColours): void
  /** Whole CSS pixels. */
  resize(width: number, height: number): void
  plot(): Plot | null
  /** The picture as it stands, on this ground: a canvas has none of its own, and light labels on a white page are not seen. */
  image(ground: string): Promise<Blob | null>
  destroy(): void
}

/** Fixed, so that the plot does not move when labels get longer. */
const yLabelPixels = 48
const xLabelPixels = 22
const topPixels = 6
const rightPixels = 10

/**
 * Axes and layout by chart.js; `paint` draws between them. The series are no chart.js datasets: it would keep an object per point
 * and clip at fractions of a pixel, which costs twice the drawing (docs/benchmarks.md).
 */
export function createAxes(canvas: HTMLCanvasElement, paint: (context: CanvasRenderingContext2D, plot: Plot) => void): Axes {
  let state: AxesState | null = null
  let colours: ChartColours | null = null
  const plotOf = (chart: Chart): Plot | null => {
    const { left, top, right, bottom } = chart.chartArea ?? { left: 0, top: 0, right: 0, bottom: 0 }
    if (state === null || right - left < 8 || bottom - top < 8) return null
    return { left, top, width: right - left, height: bottom - top, xLow: state.x.low, xHigh: state.x.high, yLow: state.y.low, yHigh: state.y.high, log: state.log }
  }
  const envelopePlugin: Plugin = {
    id: 'envelope',
    afterDatasetsDraw(chart) {
      const plot = plotOf(chart)
      if (plot !== null) paint(chart.ctx, plot)
    },
  }
  const place = (ticks: readonly Tick[]) => (scale: Scale): void => {
    scale.ticks = ticks.map(({ value, label }) => ({ value, label }))
  }
  const common = { type: 'linear' as const, bounds: 'data' as const, border: { display: false } }
  const ticks = { autoSkip: false, maxRotation: 0, minRotation: 0, font: { size: 11 }, padding: 6, callback: (_value: unknown, index: number, all: readonly { readonly label?: string | string[] }[]) => String(all[index]?.label ?? '') }
  const chart = new Chart(canvas, {
    type: 'line',
    data: { datasets: [] },
    plugins: [envelopePlugin],
    options: {
      animation: false,
      responsive: false,
      maintainAspectRatio: false,
      events: [],
      devicePixelRatio: window.devicePixelRatio,
      layout: { padding: { top: topPixels, right: rightPixels } },
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
      scales: {
        x: {
          ...common,
          grid: { display: false },
          ticks: { ...ticks, padding: 3, align: 'inner' },
          beforeFit: (scale) => { place(state?.xTicks ?? [])(scale) },
          afterFit: (scale) => { scale.height = xLabelPixels },
        },
        y: {
          ...common,
          grid: { drawTicks: false },
          ticks,
          beforeFit: (scale) => { place(state?.yTicks ?? [])(scale) },
          afterFit: (scale) => { scale.width = yLabelPixels },
        },
      },
    },
  })

  const apply = (next: AxesState, nextColours: ChartColours): void => {
    const { x, y } = chart.options.scales ?? {}
    if (x === undefined || y === undefined) return
    Object.assign(x, { min: next.x.low, max: next.x.high })
    Object.assign(y, { min: next.y.low, max: next.y.high })
    for (const scale of [x, y]) {
      Object.assign(scale.ticks ?? {}, { color: nextColours.axis })
      Object.assign(scale.ticks?.font ?? {}, { family: nextColours.font })
      Object.assign(scale.grid ?? {}, { color: nextColours.grid })
    }
    state = next
    colours = nextColours
    chart.update('none')
  }

  return {
    draw(next, nextColours) {
      if (state !== null && colours === nextColours && sameAxes(state, next)) chart.draw()
      else apply(next, nextColours)
    },
    resize(width, height) {
      chart.options.devicePixelRatio = window.devicePixelRatio
      chart.resize(width, height)
    },
    plot: () => plotOf(chart),
    image: (ground) => new Promise((resolve) => { onGround(canvas, ground).toBlob(resolve, 'image/png') }),
    destroy() {
      chart.destroy()
    },
  }
}

const sameTicks = (a: readonly Tick[], b: readonly Tick[]): boolean => a.length === b.length && a.every((tick, i) => tick.value === b[i]?.value && tick.label === b[i]?.label)

function sameAxes(a: AxesState, b: AxesState): boolean {
  return a.log === b.log && a.x.low === b.x.low && a.x.high === b.x.high && a.y.low === b.y.low && a.y.high === b.y.high && sameTicks(a.xTicks, b.xTicks) && sameTicks(a.yTicks, b.yTicks)
}
