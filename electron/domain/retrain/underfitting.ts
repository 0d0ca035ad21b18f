import type { SpecChange } from '../../shared/retrain'
import { fallOf, leastAt, levelOf, noiseOf, part } from './curve-shape'
import { lengthOfSteps, lengthWords, stepsOf } from './lengths'
import { lossWords, percentWords, rateWords } from './number-words'
import { changeOf } from './run-evidence'
import type { Diagnosis, RunEvidence } from './run-evidence'

/** Loss values below which a slope may be chance. */
export const leastPoints = 8
/** Over the last third the training loss falls by 4% of its level and by 3 standard errors. */
const endShare = 2 / 3
const leastFall = 0.04
const errorTimes = 3
/** Evaluations that must agree, where there are any; the last one is the lowest within half a percent. */
const leastEvaluations = 3
const withinBest = 0.005
/** So many evaluations of which the last three fall by 4% speak where the training loss is too noisy to; it must be lower than in the third before. */
const enoughEvaluations = 5
/** A rate this far below the usual one is raised; else the run is made longer. */
const lowRate = 1 / 3
/** Below this loss there is nothing left to win (perplexity 1.1). */
const leastLoss = 0.1

/** A run that ended while both losses were still falling. */
export function findUnderfitting(evidence: RunEvidence): Diagnosis | null {
  const { loss, evalLoss: { value: evaluated }, ending } = evidence
  if (ending !== 'succeeded' || loss.value.length < leastPoints) return null
  const noise = noiseOf(loss)
  const piece = part(loss, endShare, 1, 5)
  const [fall, level, before] = [fallOf(piece, noise), levelOf(piece, noise), levelOf(part(loss, 1 / 3, endShare), noise)]
  if (level.value < leastLoss || (evaluated.length >= leastEvaluations && !stillFalling(evaluated))) return null
  const step = piece.step[0] ?? null
  if (fall.value >= leastFall * level.value && fall.value >= errorTimes * fall.error) {
    const also = evaluated.length < leastEvaluations ? '' : ` The evaluation loss was lowest at the end (${lossWords(evaluated.at(-1) ?? NaN)}).`
    return { finding: { kind: 'underfitting', step, evidence: `Over the last third of the steps the training loss still fell by ${percentWords(fall.value / (level.value + fall.value / 2))}, around a level of ${lossWords(level.value)}.${also}` }, changes: more(evidence) }
  }
  const [third = NaN, last = NaN] = [evaluated.at(-3), evaluated.at(-1)]
  const lower = before.value - level.value >= errorTimes * Math.hypot(before.error, level.error)
  if (evaluated.length < enoughEvaluations || third - last < leastFall * last || !lower) return null
  return {
    finding: { kind: 'underfitting', step, evidence: `The evaluation loss still fell from ${lossWords(third)} to ${lossWords(last)} over the last three evaluations, and the training loss from ${lossWords(before.value)} to ${lossWords(level.value)} from one third of the steps to the next.` },
    changes: more(evidence),
  }
}

function stillFalling(values: Float64Array): boolean {
  const best = values[leastAt({ step: values, value: values })] ?? NaN
  return (values.at(-1) ?? NaN) <= best * (1 + withinBest) && (values.at(-1) ?? NaN) < (values[Math.floor(values.length / 2)] ?? NaN)
}

function more({ settings, usual, trainRows }: RunEvidence): readonly SpecChange[] {
  if (usual !== null && settings.learningRate < usual.learningRate * lowRate) {
    return changeOf(settings, 'underfitting', 'learningRate', usual.learningRate, `${rateWords(settings.learningRate)} learns slowly; ${rateWords(usual.learningRate)} is usual for this model.`)
  }
  const to = lengthOfSteps(settings, trainRows, Math.max(2 * stepsOf(settings, trainRows), usual === null ? 0 : stepsOf({ ...settings, length: usual.length }, trainRows)))
  return changeOf(settings, 'underfitting', 'length', to, `${lengthWords(to)} let it go on; the loss had not settled after ${lengthWords(settings.length)}.`)
}
