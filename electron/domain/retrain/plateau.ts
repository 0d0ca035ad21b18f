import type { TrainingSettings } from '../../shared/job-spec'
import type { SpecChange } from '../../shared/retrain'
import { levelOf, noiseOf, part } from './curve-shape'
import { lossWords, percentWords, rateWords, oneDigit } from './number-words'
import { changeOf } from './run-evidence'
import type { Diagnosis, RunEvidence } from './run-evidence'

/** Loss values below which a flat curve may be a short one. */
const leastPoints = 20
/** From a third of the run on less than 5% is won. */
const flatFrom = 1 / 3
const flatFall = 0.05
/** A flat loss below this has nothing left to win (perplexity 1.35). */
const leastLoss = 0.3
/** What explains a flat loss: a rate this far below the usual one, an adapter this small, a warm-up this long, or no gain at all. */
const lowRate = 1 / 4
const smallRank = 8
const fewTargets = 3
const longWarmup = 0.3
const noGain = 0.05
const rateStep = 3

/** A loss that stands still early on, well above 0, for a reason that settings can change. */
export function findPlateau(evidence: RunEvidence): Diagnosis | null {
  const { loss, settings } = evidence
  if (loss.value.length < leastPoints || evidence.ending === 'failed') return null
  const noise = noiseOf(loss)
  const [begin, third, end] = [levelOf(part(loss, 0, 0, 3), noise).value, levelOf(part(loss, flatFrom, flatFrom + 0.1, 3), noise).value, levelOf(part(loss, 0.9, 1, 3), noise).value]
  if (end < leastLoss || third - end >= flatFall * third) return null
  const changes = explained(evidence, 1 - end / begin)
  if (changes === null) return null
  const step = part(loss, flatFrom, 1).step[0] ?? null
  const moved = third > end ? percentWords((third - end) / third) : '0%'
  return {
    finding: { kind: 'plateau', step, evidence: `From step ${step ?? 0} on the training loss won ${moved}: ${lossWords(third)} there, ${lossWords(end)} at the end, ${lossWords(begin)} at the begin, with a learning rate of ${rateWords(settings.learningRate)}${settings.method === 'full' ? '' : ` and rank ${settings.rank}`}.` },
    changes,
  }
}

/**
 * The one thing that is changed, the likeliest first, and a tiny adapter with a tiny rate, since the rate hid what the adapter can hold; null
 * where nothing explains it. `gain` is the share of the loss that was won.
 */
function explained({ settings, usual }: RunEvidence, gain: number): readonly SpecChange[] | null {
  const larger = settings.method === 'full' ? [] : capacity(settings, usual)
  if (usual !== null && settings.learningRate < usual.learningRate * lowRate) {
    return [
      ...changeOf(settings, 'plateau', 'learningRate', usual.learningRate, `${rateWords(settings.learningRate)} hardly moves the weights; ${rateWords(usual.learningRate)} is usual for this model.`),
      ...cooling(settings), ...larger,
    ]
  }
  if (settings.schedule !== 'constant' && settings.warmupRatio > longWarmup) {
    return changeOf(settings, 'plateau', 'warmupRatio', 0.05, `For ${percentWords(settings.warmupRatio)} of the steps the rate was still growing.`)
  }
  if (larger.length > 0) return larger
  if (gain >= noGain) return null
  return changeOf(settings, 'plateau', 'learningRate', Math.min(1, oneDigit(settings.learningRate * rateStep)), 'Nothing was learned at this rate; three times as much is tried.')
}

/** A rate that stays high to the end keeps the loss from settling. */
const cooling = (settings: TrainingSettings): readonly SpecChange[] =>
  settings.schedule.startsWith('constant') ? changeOf(settings, 'plateau', 'schedule', 'cosine', 'A rate that falls towards the end lets the loss settle.') : []

/** Room for what the adapter could not hold: the usual rank at the same alpha per rank, at least 2, and every linear layer. */
function capacity(settings: TrainingSettings, usual: TrainingSettings | null): readonly SpecChange[] {
  const few = settings.targetModules !== 'all-linear' && settings.targetModules.length < fewTargets
  const small = settings.rank < smallRank
  if (!few && !small) return []
  const rank = small ? Math.max(usual?.rank ?? 16, smallRank) : settings.rank
  return [
    ...changeOf(settings, 'plateau', 'rank', rank, `An adapter of rank ${settings.rank} has little room to learn in.`),
    ...changeOf(settings, 'plateau', 'alpha', small ? Math.min(4096, rank * Math.max(2, Math.min(4, settings.alpha / settings.rank))) : settings.alpha, 'Alpha grows with the rank, so that the adapter counts as much as before.'),
    ...(few ? changeOf(settings, 'plateau', 'targetModules', 'all-linear', 'Every linear layer learns instead of a few.') : []),
  ]
}
