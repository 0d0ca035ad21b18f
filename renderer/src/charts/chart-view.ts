import type { XAxis } from '../series/curve'

/** What all charts of a page share: the x axis and its zoom, smoothing, and the crosshair. */
export interface ChartViewState {
  readonly axis: XAxis
  /** A stretch of the x axis, in its unit; null shows all. */
  readonly zoom: { readonly low: number; readonly high: number } | null
  /** Weight of the exponential smoothing, 0..0.99. */
  readonly smoothing: number
  readonly log: boolean
  /** Outliers included. */
  readonly everything: boolean
}

/**
 * Two channels, because they cost differently: a new state draws the charts again, a new cursor only moves lines that lie over
 * them. `cursor` is a value of the x axis, null when nothing is pointed at; `source` is who points.
 */
export interface ChartView {
  state(): ChartViewState
  set(part: Partial<ChartViewState>): void
  onState(listener: () => void): () => void
  cursor(): { readonly x: number; readonly source: unknown } | null
  point(cursor: { readonly x: number; readonly source: unknown } | null): void
  onCursor(listener: () => void): () => void
}

/** TensorBoard's default weight. */
export const defaultSmoothing = 0.6

export function createChartView(initial: Partial<ChartViewState> = {}): ChartView {
  let state: ChartViewState = { axis: 'step', zoom: null, smoothing: defaultSmoothing, log: false, everything: false, ...initial }
  let cursor: { readonly x: number; readonly source: unknown } | null = null
  const stateListeners = new Set<() => void>()
  const cursorListeners = new Set<() => void>()
  const listen = (set: Set<() => void>) => (listener: () => void) => {
    set.add(listener)
    return () => {
      set.delete(listener)
    }
  }
  const point: ChartView['point'] = (next) => {
    if (next?.x === cursor?.x && next?.source === cursor?.source) return
    cursor = next
    for (const listener of [...cursorListeners]) listener()
  }
  return {
    state: () => state,
    set(part) {
      // A stretch of one axis means nothing on another.
      const leaves = part.axis !== undefined && part.axis !== state.axis
      state = { ...state, ...(leaves ? { zoom: null } : {}), ...part }
      if (leaves) point(null)
      for (const listener of [...stateListeners]) listener()
    },
    onState: listen(stateListeners),
    cursor: () => cursor,
    point,
    onCursor: listen(cursorListeners),
  }
}
