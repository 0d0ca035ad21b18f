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
/** A rate this far below the usual one is raised; else the run is made longer. */
const lowRate = 1 / 3
/** Below this loss there is nothing left to win (perplexity 1.1). */
const leastLoss = 0.1

/** A run that ended while both losses were still falling. */
export function findUnderfitting(evidence: RunEvidence): Diagnosis | null {
  const { loss, evalLoss, ending } = evidence
  if (ending !== 'succeeded' || loss.value.length < leastPoints) return null
  const noise = noiseOf(loss)
  const piece = part(loss, endShare, 1, 5)
  const fall = fallOf(piece, noise)
  const level = levelOf(piece, noise).value
  if (level < leastLoss || fall.value < leastFall * level || fall.value < errorTimes * fall.error) return null
  if (evalLoss.value.length >= leastEvaluations && !stillFalling(evalLoss.value)) return null
  const evaluated = evalLoss.value.length < leastEvaluations ? '' : ` The evaluation loss was lowest at the end (${lossWords(evalLoss.value.at(-1) ?? NaN)}).`
  return {
    finding: { kind: 'underfitting', step: piece.step[0] ?? null, evidence: `Over the last third of the steps the training loss still fell by ${percentWords(fall.value / level)}, to ${lossWords(loss.value.at(-1) ?? NaN)}.${evaluated}` },
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
