import type { SpecChange } from '../../shared/retrain'
import { levelOf, noiseOf, part } from './curve-shape'
import { lengthOfSteps, lengthWords, stepsOf } from './lengths'
import { rateWords, twoDigits } from './number-words'
import { changeOf } from './run-evidence'
import type { ComparedWithBase, Diagnosis, RunEvidence } from './run-evidence'

/** The run must have learned: its loss is down by a twentieth. */
const leastGain = 0.05
const rateDivisor = 3
/** A rate above twice the usual one goes back to it, if that is lower than a third. */
const highRank = 16

/** Worse than the base on the prompts of a comparison although the loss fell: what the base knew was overwritten. */
export function findForgetting(evidence: RunEvidence): Diagnosis | null {
  const worse = evidence.compared.find(isWorse)
  if (worse === undefined || !learned(evidence)) return null
  return { finding: { kind: 'forgetting', step: null, evidence: sentence(worse) }, changes: gentler(evidence) }
}

/** By the comparison's own verdict, or by two intervals of perplexity that do not meet. */
function isWorse({ verdict, basePerplexity, tunedPerplexity }: ComparedWithBase): boolean {
  return verdict === 'worse' || (verdict !== 'better' && basePerplexity !== null && tunedPerplexity !== null && tunedPerplexity.low > basePerplexity.high)
}

function learned({ loss, evalLoss }: RunEvidence): boolean {
  const curve = evalLoss.value.length >= 2 ? evalLoss : loss
  const noise = noiseOf(curve)
  return levelOf(part(curve, 0.9, 1), noise).value < (1 - leastGain) * levelOf(part(curve, 0, 0), noise).value
}

function sentence({ promptSet, prompts, baseRight, tunedRight, basePerplexity, tunedPerplexity }: ComparedWithBase): string {
  const perplexity = basePerplexity === null || tunedPerplexity === null ? '' : ` The perplexity of the reference answers went from ${basePerplexity.value.toFixed(2)} to ${tunedPerplexity.value.toFixed(2)}.`
  return `Of ${prompts} prompts (${promptSet}) the base answered ${baseRight} right and the tuned model ${tunedRight}, although its loss fell.${perplexity}`
}

/** Forgetting grows with the rate, the steps and the rank (Biderman et al. 2024, "LoRA Learns Less and Forgets Less"). */
function gentler({ settings, usual, trainRows }: RunEvidence): readonly SpecChange[] {
  const third = twoDigits(settings.learningRate / rateDivisor)
  const rate = usual === null ? third : Math.min(third, Math.max(usual.learningRate, settings.learningRate / 100))
  const half = lengthOfSteps(settings, trainRows, stepsOf(settings, trainRows) / 2)
  const adapter = settings.method !== 'full' && settings.rank > highRank
  return [
    ...changeOf(settings, 'forgetting', 'learningRate', rate, `${rateWords(rate)} instead of ${rateWords(settings.learningRate)} moves the weights less far from the base.`),
    ...changeOf(settings, 'forgetting', 'length', half, `${lengthWords(half)} overwrite less than ${lengthWords(settings.length)}.`),
    ...(adapter ? changeOf(settings, 'forgetting', 'rank', highRank, 'A smaller adapter can change less of what the base knows.') : []),
    ...(adapter ? changeOf(settings, 'forgetting', 'alpha', Math.max(1, (settings.alpha / settings.rank) * highRank), 'Alpha follows the rank.') : []),
  ]
}
