import type { Schedule } from '../../shared/job-spec'
import type { SpecChange } from '../../shared/retrain'
import { calmed, leastAt, levelOf, noiseOf, part } from './curve-shape'
import { lossWords, percentWords, rateWords, oneDigit } from './number-words'
import { changeOf } from './run-evidence'
import type { Diagnosis, RunEvidence } from './run-evidence'

/** Loss values below which only a loss that is no number counts. */
const leastPoints = 10
/** An end this much above the begin, or above the lowest level, is an explosion; so is a jump that lasts three points and is not made good to half of the begin. */
const aboveBegin = 0.1
const jumpAbove = 0.25
const madeGood = 0.5
const timesLowest = 2
/** What was lost again must also be a good part of the begin, so that a loss near 0 may swing. */
const shareOfBegin = 0.2
const rateDivisor = 10
const warmup = 0.1
const clipAt = 1

/** A loss that is no number any more, or that left its level for good. */
export function findDivergence(evidence: RunEvidence): Diagnosis | null {
  const finding = nonfinite(evidence) ?? explosion(evidence)
  return finding === null ? null : { finding: { kind: 'divergence', ...finding }, changes: calmer(evidence) }
}

type Found = { readonly evidence: string; readonly step: number | null }

function nonfinite({ nonfiniteStep, cause }: RunEvidence): Found | null {
  if (nonfiniteStep !== null) return { evidence: `The loss was no finite number from step ${nonfiniteStep} on.`, step: nonfiniteStep }
  return cause === 'nan-loss' ? { evidence: 'The run ended because its loss was no finite number.', step: null } : null
}

function explosion({ loss }: RunEvidence): Found | null {
  if (loss.value.length < leastPoints) return null
  const noise = noiseOf(loss)
  const begin = loss.value[0] ?? NaN
  const end = levelOf(part(loss, 0.8, 1, 5), noise)
  const calm = calmed(loss)
  const at = leastAt(calm)
  const highest = calm.value.reduce((top, value, index) => (value > (calm.value[top] ?? -Infinity) ? index : top), 0)
  const peak = calm.value[highest] ?? NaN
  const lowest = calm.value[at] ?? NaN
  const sure = 4 * Math.max(end.error, noise / 2)
  if (end.value > begin + Math.max(sure, aboveBegin * begin)) {
    return { evidence: `The training loss began at ${lossWords(begin)} and ended at ${lossWords(end.value)}, ${percentWords(end.value / begin - 1)} higher.`, step: loss.step[0] ?? null }
  }
  if (peak > begin + Math.max(4 * noise, jumpAbove * begin) && end.value > madeGood * begin) {
    return { evidence: `The training loss jumped from ${lossWords(begin)} to ${lossWords(peak)} at step ${calm.step[highest] ?? 0} and ended at ${lossWords(end.value)}.`, step: calm.step[highest] ?? null }
  }
  if (end.value > timesLowest * lowest + sure && end.value - lowest > shareOfBegin * begin) {
    return { evidence: `The training loss was down to ${lossWords(lowest)} at step ${calm.step[at] ?? 0} and ended at ${lossWords(end.value)}.`, step: calm.step[at] ?? null }
  }
  return null
}

/** A tenth of the rate, or the usual one where that is lower still; a warm-up; clipping. */
function calmer({ settings, usual }: RunEvidence): readonly SpecChange[] {
  const tenth = oneDigit(settings.learningRate / rateDivisor)
  const rate = usual === null ? tenth : Math.min(tenth, Math.max(usual.learningRate, settings.learningRate / 1000))
  const schedule: Schedule = settings.schedule === 'constant' ? 'constant_with_warmup' : settings.schedule
  const from = rateWords(settings.learningRate)
  return [
    ...changeOf(settings, 'divergence', 'learningRate', rate, rate === tenth ? `${from} was too large a step; a tenth of it is tried.` : `${from} was too large a step; ${rateWords(rate)} is usual for this model.`),
    ...changeOf(settings, 'divergence', 'schedule', schedule, 'The rate should not begin at its full height.'),
    ...changeOf(settings, 'divergence', 'warmupRatio', Math.max(settings.warmupRatio, warmup), 'The rate grows over the first tenth of the steps, while the optimiser knows no scale yet.'),
    ...changeOf(settings, 'divergence', 'maxGradNorm', settings.maxGradNorm === 0 || settings.maxGradNorm > clipAt ? clipAt : settings.maxGradNorm, 'Clipping keeps one bad batch from throwing the weights away.'),
  ]
}
