import type { JobSummary } from '../../../../electron/shared/job'
import { lowerBound } from '../../../../electron/domain/series/growable-column'
import type { ChartLine, ChartRule, Stretch } from '../../charts/chart-spec'
import type { ChartView } from '../../charts/chart-view'
import { timeLabel } from '../../charts/axis-labels'
import type { XAxis } from '../../series/curve'
import type { ChartedMetric, RunSeries } from '../../series/series-store'
import type { ShownRun } from '../../series/use-run-series'
import { isEnded } from '../../text/job-words'
import { counted } from '../../text/format'

/** The steps that a zoomed stretch of the x axis covers. */
export const shownSteps = (series: RunSeries, axis: XAxis, shown: Stretch | null): readonly [number, number] | null =>
  shown === null ? null : series.stepsOf(axis, shown.low, shown.high)

type LineInput = Omit<ChartLine, 'read' | 'best'>

/** Every known point of a metric. */
export function rawLine(series: RunSeries, metric: ChartedMetric, input: LineInput): ChartLine {
  return {
    ...input,
    read(axis, shown) {
      const curves = series.curves(metric, shownSteps(series, axis, shown))
      return curves === null ? null : { x: curves.raw.x(axis), values: curves.raw.values }
    },
  }
}

/** A metric smoothed with the page's weight. */
export function smoothLine(series: RunSeries, metric: ChartedMetric, view: ChartView, input: LineInput): ChartLine {
  return {
    ...input,
    read(axis, shown) {
      const curves = series.curves(metric, shownSteps(series, axis, shown))
      return curves === null ? null : { x: curves.line.x(axis), values: curves.line.smoothed(view.state().smoothing) }
    },
  }
}

/** Evaluation losses, with the best checkpoint. */
export function evalLine(series: RunSeries, best: () => number | null, input: Omit<LineInput, 'look'>): ChartLine {
  return {
    ...rawLine(series, 'evalLoss', { ...input, look: 'points' }),
    best() {
      const step = best()
      const curve = series.curves('evalLoss')?.raw
      if (step === null || curve === undefined) return null
      const index = lowerBound(curve.x('step'), step)
      return curve.x('step')[index] === step ? index : null
    },
  }
}

/** On the page of one run evaluation takes the next colour; among several runs it has its run's. */
export const evalColour = (job: JobSummary, alone: boolean): number => (alone ? (job.colour % 8) + 1 : job.colour)

/** The lines of the loss chart: one run in full, several by their smoothed curve with the raw one behind. */
export function lossLines(runs: readonly ShownRun[], view: ChartView): ChartLine[] {
  const alone = runs.length === 1
  return runs.flatMap(({ job, series }) => {
    const name = (what: string): string => (alone ? what : `${job.name}, ${what}`)
    const common = { colour: job.colour, dashed: job.dashed, outlying: true }
    return [
      smoothLine(series, 'loss', view, { ...common, key: `${job.id} train`, label: name('train, smoothed'), look: 'line', echo: true }),
      rawLine(series, 'loss', { ...common, dashed: false, key: `${job.id} raw`, label: name('train, raw'), look: 'raw', silent: !alone }),
      evalLine(series, () => job.bestStep, { key: `${job.id} eval`, label: name('eval'), colour: evalColour(job, alone), dashed: job.dashed, outlying: false }),
    ]
  })
}

/** Whether there is a curve to draw, show as a table or save; the newest loss alone does not tell, since it is none when it became NaN. */
export const hasCurve = (job: JobSummary): boolean => job.loss !== null || job.evalLoss !== null || job.spark.length > 0

/** Steps of an epoch: as planned, else as the run counts them; null before its first steps. */
function stepsPerEpoch(job: JobSummary): number | null {
  const { length } = job.settings
  // A service has epochs of its own; those of the settings are what a script of ours would take.
  if (length.kind === 'epochs' && job.totalSteps !== null && job.backend !== 'openai') return job.totalSteps / length.epochs
  return job.epoch > 0 && job.step > 0 ? job.step / job.epoch : null
}

/** Epochs of the whole run; null while they are not known. */
export function plannedEpochs(job: JobSummary): number | null {
  const perEpoch = stepsPerEpoch(job)
  return perEpoch === null || job.totalSteps === null ? null : job.totalSteps / perEpoch
}

/** More epochs than this, and their ends would be a fence. */
const mostEpochs = 12

/** The ends of the epochs but the last. */
export function epochRules(job: JobSummary, series: RunSeries, axis: XAxis): readonly ChartRule[] {
  const perEpoch = stepsPerEpoch(job)
  if (perEpoch === null || job.totalSteps === null) return []
  const epochs = job.totalSteps / perEpoch
  if (epochs > mostEpochs) return []
  return Array.from({ length: Math.ceil(epochs - 0.01) - 1 }, (_, index) => index + 1).flatMap((epoch) => {
    const x = axis === 'epoch' ? epoch : axis === 'step' ? Math.round(epoch * perEpoch) : timeOfStep(series, epoch * perEpoch)
    return x === null ? [] : [{ x, label: epochs <= 4 ? `epoch ${epoch} ends` : '' }]
  })
}

function timeOfStep(series: RunSeries, step: number): number | null {
  const line = series.curves('loss')?.line
  if (line === undefined) return null
  const at = lowerBound(line.x('step'), step)
  return at < line.length ? (line.x('time')[at] ?? null) : null
}

/** Where the x axis ends: with the plan while the run is live, with the run when it has ended. */
export function axisEnd(job: JobSummary, axis: XAxis): number | null {
  const ended = isEnded(job)
  if (axis === 'time') return ended && job.startedAtMs !== null && job.finishedAtMs !== null ? (job.finishedAtMs - job.startedAtMs) / 1000 : null
  const epochs = plannedEpochs(job)
  const planned = axis === 'step' ? job.totalSteps : epochs === null ? null : Math.round(epochs * 100) / 100
  return ended ? (axis === 'step' ? job.step : job.epoch) : planned
}

/** The furthest end of several runs. */
export function axisEndOf(runs: readonly ShownRun[], axis: XAxis): number | null {
  const ends = runs.map(({ job }) => axisEnd(job, axis))
  return ends.some((end) => end === null) ? null : Math.max(0, ...ends.filter((end) => end !== null))
}

/** What else is known of a place on the x axis: the epoch and time of a step. */
export function placeDetails(series: RunSeries, axis: XAxis, x: number): string {
  const line = series.curves('loss')?.line
  if (line === undefined || line.length === 0) return ''
  const at = Math.min(line.length - 1, lowerBound(line.x(axis), x))
  const [step, epoch, time] = [line.x('step')[at] ?? 0, line.x('epoch')[at] ?? 0, line.x('time')[at] ?? 0]
  const words = { step: `step ${Math.round(step)}`, epoch: `epoch ${epoch.toFixed(2)}`, time: timeLabel(Math.round(time)) }
  return (['step', 'epoch', 'time'] as const).filter((other) => other !== axis).map((other) => words[other]).join(' · ')
}

/** Says when a run is shown by buckets. */
export function bucketRemark(runs: readonly ShownRun[]): string | null {
  const rows = Math.max(1, ...runs.map(({ series }) => series.bucketRows))
  return rows === 1 ? null : `drawn by ${counted(rows, 'line')} each, extremes kept; drag to zoom for every point`
}

/** The newest smoothed training loss and how it changed over the last 100 steps; null before the first. */
export function trainLoss(series: RunSeries, weight: number): { readonly now: number; readonly delta: number | null } | null {
  const line = series.curves('loss')?.line
  if (line === undefined || line.length === 0) return null
  const values = line.smoothed(weight).values()
  const step = line.x('step')
  const now = values.at(-1) ?? NaN
  const back = lowerBound(step, (step.at(-1) ?? 0) - 100)
  const before = (step[back] ?? 0) <= (step.at(-1) ?? 0) - 100 || (step.at(-1) ?? 0) - (step[0] ?? 0) >= 100 ? values[back] : undefined
  return { now, delta: before === undefined || !Number.isFinite(before) || !Number.isFinite(now) ? null : now - before }
}
