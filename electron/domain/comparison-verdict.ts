import type { Verdict } from '../shared/comparison'
import { bootstrapDifference, defaultBootstrap, signTest, type BootstrapOptions } from './statistics'

/** The candidate against its base on the same prompts. `same` counts prompts where both are right or both wrong. */
export interface PairedVerdict {
  readonly verdict: Verdict
  /** Candidate right, base wrong. */
  readonly gained: number
  /** Base right, candidate wrong. */
  readonly lost: number
  readonly same: number
  readonly pValue: number
  /** Percentage points of right answers, candidate minus base, with the wider of two 95% intervals: the bootstrap over prompts, and Agresti-Min. */
  readonly differencePoints: number
  readonly differenceLow: number
  readonly differenceHigh: number
}

/** A difference is called significant below this. */
const significance = 0.05

/** Two models count as the same when the whole interval lies within this many percentage points of zero. */
const samePoints = 2

/**
 * The 95% Agresti-Min interval of a paired difference in points (Agresti and Min, Statistics in Medicine 2005: half a prompt is added to
 * each of the four outcomes). It stays open when no prompt changed sides, or all did, where the bootstrap collapses to a point.
 */
function agrestiMin(gained: number, lost: number, prompts: number): { low: number; high: number } {
  const n = prompts + 2
  const middle = (gained - lost) / n
  const half = (1.959963984540054 * Math.sqrt(gained + lost + 1 - (gained - lost) ** 2 / n)) / n
  return { low: 100 * (middle - half), high: 100 * (middle + half) }
}

/**
 * Verdict on paired right and wrong answers. Better or worse: the exact sign test says so at 5%. Same: the interval lies within
 * 2 points of zero and there are at least 150 prompts, since none of 150 leaves room for 2% (rule of three). Else there is not
 * enough data to tell. RangeError when the lists differ in length.
 */
export function comparePaired(candidateRight: readonly boolean[], baseRight: readonly boolean[], options: BootstrapOptions = defaultBootstrap): PairedVerdict {
  const prompts = candidateRight.length
  if (prompts !== baseRight.length) throw new RangeError(`paired answers differ in length: ${prompts} and ${baseRight.length}`)
  let gained = 0
  let lost = 0
  for (let i = 0; i < prompts; i++) {
    if (candidateRight[i] === true && baseRight[i] === false) gained++
    if (candidateRight[i] === false && baseRight[i] === true) lost++
  }
  const pValue = signTest(gained, lost)
  const counts = { gained, lost, same: prompts - gained - lost, pValue }
  if (prompts === 0) return { verdict: 'not-enough-data', ...counts, differencePoints: 0, differenceLow: -100, differenceHigh: 100 }
  const difference = bootstrapDifference(candidateRight.map(Number), baseRight.map(Number), options)
  const open = agrestiMin(gained, lost, prompts)
  const differenceLow = Math.max(-100, Math.min(100 * difference.low, open.low))
  const differenceHigh = Math.min(100, Math.max(100 * difference.high, open.high))
  const result = { ...counts, differencePoints: 100 * difference.value, differenceLow, differenceHigh }
  if (pValue < significance) return { verdict: gained > lost ? 'better' : 'worse', ...result }
  const within = differenceLow > -samePoints && differenceHigh < samePoints
  return { verdict: within && prompts >= 300 / samePoints ? 'same' : 'not-enough-data', ...result }
}
