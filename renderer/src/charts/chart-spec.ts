import type { XAxis } from '../series/curve'
import type { ValueKind } from './axis-labels'
import type { PlottedCurve } from './plot'

/**
 * How a line is drawn. `raw`: thin and faint, as a band of extremes where points crowd. `line`: 2 px. `faint`: thin, for context.
 * `points`: 2 px through visible points, such as evaluations.
 */
export type LineLook = 'raw' | 'line' | 'faint' | 'points'

export interface ChartLine {
  readonly key: string
  readonly label: string
  /** 1..8. */
  readonly colour: number
  readonly dashed: boolean
  readonly look: LineLook
  /** Its rare far values do not stretch the axis. */
  readonly outlying: boolean
  /** Left out of tooltip and summary, where another line says the same. */
  readonly silent?: boolean
  /** A smoothed copy of another line: it counts neither for the axis nor for what is clipped or broken. */
  readonly echo?: boolean
  /** Read at every draw. `shown` is the zoomed stretch, null when all is shown. */
  read(axis: XAxis, shown: Stretch | null): PlottedCurve | null
  /** Index of the point with the best checkpoint. */
  best?(): number | null
}

export interface Stretch {
  readonly low: number
  readonly high: number
}

/** An upright dashed line with its word, such as the end of an epoch or a checkpoint. */
export interface ChartRule {
  readonly x: number
  readonly label: string
}

/** What one chart shows. */
export interface ChartSpec {
  readonly title: string
  readonly kind: ValueKind
  readonly lines: readonly ChartLine[]
  /** Narrow: three ticks an axis, no words beside rules. */
  readonly small: boolean
  /** Log scale and smoothing of the page apply. */
  readonly logs: boolean
  rules(axis: XAxis): readonly ChartRule[]
  /** Where the x axis ends: the last planned step of a live run, the last step of an ended one. Null: it grows with the data. */
  end(axis: XAxis): number | null
  /** Words for what the picture cannot show, such as buckets. */
  remark(): string | null
  /** A value as figures and tooltips write it. */
  format(value: number): string
}
