import type { SpecChange } from '../../shared/retrain'
import { between, leastAt, levelOf, noiseOf, part } from './curve-shape'
import type { Curve } from './curve-shape'
import { lengthOfSteps, lengthWords, stepsOf } from './lengths'
import { lossWords, percentWords, rateWords, twoDigits } from './number-words'
import { changeOf } from './run-evidence'
import type { Diagnosis, RunEvidence } from './run-evidence'

/** Evaluations below which a rise may be chance, and how many of them must lie after the best one. */
export const leastEvaluations = 5
const leastAfterBest = 2
/** A rise counts beyond 3% of the best loss and 4 standard deviations of the evaluations' noise. */
const leastRise = 0.03
const noiseTimes = 4
/** From 10% on a run is cut off at its best step; a smaller rise that comes late is met with a gentler run of the same length. */
const strongRise = 0.1
const lateShare = 2 / 3
/** A shorter schedule cools down sooner and learns a little slower. */
const marginAfterBest = 1.15

/** Evaluation loss up from its best while the training loss goes on falling: what is learned beyond that step is the rows by heart. */
export function findOverfitting(evidence: RunEvidence): Diagnosis | null {
  const { evalLoss, loss } = evidence
  const count = evalLoss.value.length
  const at = leastAt(evalLoss)
  const after = count - 1 - at
  if (count < leastEvaluations || after < leastAfterBest) return null
  const best = evalLoss.value[at] ?? NaN
  const bestStep = evalLoss.step[at] ?? NaN
  const end = levelOf(part(evalLoss, 1, 1, Math.min(3, after)), 0).value
  const rise = end - best
  if (rise <= Math.max(leastRise * best, noiseTimes * noiseOf(evalLoss))) return null
  const train = trainFall(loss, bestStep)
  if (train === null) return null
  const lastStep = evalLoss.step.at(-1) ?? NaN
  const finding = {
    kind: 'overfitting' as const, step: bestStep,
    evidence: `The evaluation loss was lowest at step ${bestStep} (${lossWords(best)}) and ended at ${lossWords(end)}, ${percentWords(rise / best)} higher, while the training loss fell from ${lossWords(train.atBest)} to ${lossWords(train.atEnd)}.`,
  }
  const late = bestStep >= lateShare * lastStep && rise < strongRise * best
  return { finding, changes: late ? gentler(evidence) : shorter(evidence, bestStep) }
}

/** The training loss around the best step and at the end; null unless it is clearly lower at the end. */
function trainFall(loss: Curve, bestStep: number): { readonly atBest: number; readonly atEnd: number } | null {
  const noise = noiseOf(loss)
  const reach = Math.max(1, ((loss.step.at(-1) ?? 0) - (loss.step[0] ?? 0)) * 0.05)
  const atBest = levelOf(between(loss, bestStep - reach, bestStep + reach), noise)
  const atEnd = levelOf(part(loss, 0.9, 1, 3), noise)
  return atEnd.value < atBest.value - 2 * Math.hypot(atBest.error, atEnd.error) ? { atBest: atBest.value, atEnd: atEnd.value } : null
}

function shorter({ settings, trainRows }: RunEvidence, bestStep: number): readonly SpecChange[] {
  const to = lengthOfSteps(settings, trainRows, bestStep * marginAfterBest)
  if (stepsOf({ ...settings, length: to }, trainRows) < stepsOf(settings, trainRows)) {
    return changeOf(settings, 'overfitting', 'length', to, `${lengthWords(to)} end a little after step ${bestStep}, where the evaluation loss was lowest.`)
  }
  return halfRate(settings)
}

/** Half the rate, and dropout where there is an adapter to drop from, else weight decay. */
function gentler({ settings }: RunEvidence): readonly SpecChange[] {
  const dropout = settings.dropout < 0.05 ? 0.05 : 0.1
  const regular = settings.method === 'full'
    ? changeOf(settings, 'overfitting', 'weightDecay', Math.max(settings.weightDecay, 0.05), 'More weight decay holds the weights back from learning single rows.')
    : changeOf(settings, 'overfitting', 'dropout', Math.max(settings.dropout, dropout), `Dropout of ${dropout} keeps the adapter from leaning on single rows.`)
  return [...halfRate(settings), ...regular]
}

function halfRate(settings: RunEvidence['settings']): readonly SpecChange[] {
  const to = twoDigits(settings.learningRate / 2)
  return changeOf(settings, 'overfitting', 'learningRate', to, `At half the rate, ${rateWords(to)}, the run learns its rows by heart later, if at all.`)
}
