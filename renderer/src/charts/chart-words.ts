import type { MinMaxPyramid } from '../../../electron/domain/series/pyramid'
import { count, counted } from '../text/format'
import type { XAxis } from '../series/curve'
import { timeLabel } from './axis-labels'
import type { Outside } from './chart-ranges'
import type { ReadLine } from './chart-paint'
import { gapMarks } from './plot'
import type { Plot } from './plot'

/** A place on the x axis in words: `Step 400`, `Epoch 1.28`, `31 min 50 s`. */
export function placeWords(axis: XAxis, x: number): string {
  if (axis === 'step') return `Step ${count(x)}`
  if (axis === 'epoch') return `Epoch ${x.toFixed(2)}`
  return timeLabel(Math.round(x))
}

const shortPlace = (axis: XAxis, x: number): string => (axis === 'step' ? (x >= 10_000 ? `${(x / 1000).toFixed(x % 1000 === 0 ? 0 : 1)}k` : count(x)) : axis === 'epoch' ? x.toFixed(2) : timeLabel(Math.round(x)))

/** What the picture leaves out, in words: clipped points, breaks in a line, values that a log axis has no place for. */
export function chartNotes(axis: XAxis, plot: Plot, lines: readonly ReadLine[], outside: Outside, everything: boolean, small: boolean, remark: string | null): string[] {
  const notes: string[] = []
  const about = outside.exact ? '' : 'about '
  const { above, below } = outside
  const clipped = above > 0 ? `▲ ${about}${counted(above, 'point')} above${below > 0 ? `, ${count(below)} below` : ''}` : below > 0 ? `▼ ${about}${counted(below, 'point')} below` : null
  if (clipped !== null) notes.push(`${clipped}${everything || small ? '' : '; double-click for all'}`)
  const own = lines.filter(({ line }) => line.echo !== true)
  const marks = own.flatMap(({ curve }) => gapMarks(plot, curve))
  const [first] = marks
  if (first !== undefined) {
    const unit = axis === 'step' ? 'step' : axis === 'epoch' ? 'epoch' : 'at'
    const where = first.from === first.to ? `${unit} ${shortPlace(axis, first.from)}` : `${axis === 'step' ? 'steps' : unit} ${shortPlace(axis, first.from)} to ${shortPlace(axis, first.to)}`
    notes.push(`NaN, ${where}${marks.length > 1 ? `, and ${count(marks.length - 1)} more` : ''}`)
  }
  if (plot.log) {
    const below = own.reduce((sum, { curve }) => sum + atOrBelowZero(curve.values), 0)
    if (below > 0) notes.push(`${counted(below, 'value')} at or below 0 not shown`)
  }
  if (remark !== null) notes.push(remark)
  return notes
}

function atOrBelowZero(pyramid: MinMaxPyramid): number {
  const values = pyramid.values()
  const { argmin } = pyramid.extremes(0, values.length)
  if (argmin < 0 || (values[argmin] ?? 1) > 0) return 0
  let found = 0
  for (const value of values) if (value <= 0) found++
  return found
}

/** The picture as one or two sentences, for people who do not see it. */
export function chartSummary(title: string, axis: XAxis, lines: readonly ReadLine[], format: (value: number) => string, notes: readonly string[]): string {
  const parts = lines.filter(({ line, curve }) => line.silent !== true && curve.values.length > 0).map(({ line, curve }) => lineSummary(line.label, axis, curve.x, curve.values.values(), curve.values.extremes(0, curve.values.length), format))
  const start = `${title} by ${axis}.`
  return parts.length === 0 ? `${start} No values yet.` : [start, ...parts, ...notes.map((note) => `${note.replace(/^[▲▼] /, '')}.`)].join(' ')
}

function lineSummary(label: string, axis: XAxis, x: Float64Array, values: Float64Array, { argmin, argmax }: { readonly argmin: number; readonly argmax: number }, format: (value: number) => string): string {
  if (argmin < 0) return `${label}: no finite value.`
  const first = values.find(Number.isFinite) ?? NaN
  const last = values.findLast(Number.isFinite) ?? NaN
  const lowest = `lowest ${format(values[argmin] ?? NaN)} at ${placeWords(axis, x[argmin] ?? 0).toLowerCase()}`
  const highest = `highest ${format(values[argmax] ?? NaN)}`
  return `${label}: from ${format(first)} to ${format(last)}, ${lowest}, ${highest}.`
}
