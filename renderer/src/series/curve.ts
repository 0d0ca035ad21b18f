import { GrowableColumn } from '../../../electron/domain/series/growable-column'
import { MinMaxPyramid } from '../../../electron/domain/series/pyramid'
import { startSmoothing } from '../../../electron/domain/series/smoothing'
import type { Smoothing } from '../../../electron/domain/series/smoothing'

/** What the x axis counts. `time` is seconds since the run's start. */
export type XAxis = 'step' | 'epoch' | 'time'
export const xAxes: readonly XAxis[] = ['step', 'epoch', 'time']

/** Points to add, oldest first; all four are equally long. A value that is NaN breaks the line and gets a mark. */
export interface CurvePoints {
  readonly step: readonly number[]
  readonly epoch: readonly number[]
  readonly time: readonly number[]
  readonly values: readonly number[]
}

interface Smoothed {
  readonly smoothing: Smoothing
  readonly values: MinMaxPyramid
}

/** One metric of one run as typed columns: its values with their place on each x axis, and smoothed as far as it was asked for. */
export class Curve {
  readonly values = new MinMaxPyramid()
  readonly #x: Readonly<Record<XAxis, GrowableColumn>> = { step: new GrowableColumn(), epoch: new GrowableColumn(), time: new GrowableColumn() }
  #smoothed: Smoothed | null = null

  get length(): number {
    return this.values.length
  }

  /** Never falls, as searching in it needs. Not to be kept past the next append. */
  x(axis: XAxis): Float64Array {
    return this.#x[axis].view()
  }

  append(points: CurvePoints): void {
    for (const axis of xAxes) this.#x[axis].append(risen(points[axis], this.#x[axis].view().at(-1) ?? -Infinity))
    this.values.append(points.values)
  }

  /** The values smoothed with `weight` 0..1; only what was added since the last call is worked on. */
  smoothed(weight: number): MinMaxPyramid {
    if (this.#smoothed?.smoothing.weight !== weight) this.#smoothed = { smoothing: startSmoothing(weight), values: new MinMaxPyramid() }
    const { smoothing, values } = this.#smoothed
    if (values.length < this.length) values.append(this.values.values().subarray(values.length).map((value) => smoothing.next(value)))
    return values
  }
}

/** The numbers, none below the one before: a clock that was set back must not break the search in a column. */
function risen(numbers: readonly number[], from: number): number[] {
  let last = from
  return numbers.map((number) => (last = number > last ? number : last === -Infinity ? 0 : last))
}

/** What a chart draws of a metric: every known extreme, and the line that is smoothed. Both are one curve where every point is here. */
export interface MetricCurves {
  readonly raw: Curve
  readonly line: Curve
}

export function plainCurves(): MetricCurves {
  const curve = new Curve()
  return { raw: curve, line: curve }
}

/** Adds points to the raw curve and, where that is another one, to the line. */
export function appendPoints(curves: MetricCurves, points: CurvePoints): void {
  curves.raw.append(points)
  if (curves.line !== curves.raw) curves.line.append(points)
}
