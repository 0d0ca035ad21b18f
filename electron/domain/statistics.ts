import { logLowerTailOfHalf } from './binomial'
import { seededRandom } from './random'

/** The 97.5% point of the normal distribution, for two-sided 95% intervals. */
const normal975 = 1.959963984540054

/** A number with its 95% interval. */
export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface BootstrapOptions {
  readonly seed: number
  /** At least 2,000 for a stable interval. */
  readonly resamples: number
  /** Two-sided, 0..1. */
  readonly level: number
}
export const defaultBootstrap: BootstrapOptions = { seed: 20_250_101, resamples: 4000, level: 0.95 }

/**
 * Two-sided exact sign test: p of at least this uneven a split of the decisive pairs when both sides are equally likely to win.
 * It is McNemar's exact test. Ties carry no information and are left out; no decisive pair gives 1.
 */
export function signTest(wins: number, losses: number): number {
  const decisive = wins + losses
  if (wins === losses) return 1
  return Math.min(1, 2 * Math.exp(logLowerTailOfHalf(Math.min(wins, losses), decisive)))
}

/** Wilson's 95% score interval for a rate; 0 of 0 gives the whole range. */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return { value: 0, low: 0, high: 1 }
  const rate = successes / trials
  const z2 = normal975 * normal975
  const middle = (successes + z2 / 2) / (trials + z2)
  const half = (normal975 / (trials + z2)) * Math.sqrt(trials * rate * (1 - rate) + z2 / 4)
  return { value: rate, low: successes === 0 ? 0 : middle - half, high: successes === trials ? 1 : middle + half }
}

/** The q-th quantile of sorted values, linear between neighbours (R's type 7, NumPy's default); NaN of nothing. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return NaN
  const at = q * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}

/** The median; NaN of nothing. */
export function median(values: Iterable<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5)
}

/**
 * Percentile bootstrap over units (prompts, or pairs of timings): whole units are drawn again, so what belongs together stays
 * together. `statistic` reads the chosen unit indices.
 */
function bootstrap(units: number, statistic: (chosen: Int32Array) => number, options: BootstrapOptions): Interval {
  const chosen = Int32Array.from({ length: units }, (_, index) => index)
  const value = statistic(chosen)
  const random = seededRandom(options.seed)
  const results = new Float64Array(options.resamples)
  for (let r = 0; r < options.resamples; r++) {
    for (let i = 0; i < units; i++) chosen[i] = Math.floor(random() * units)
    results[r] = statistic(chosen)
  }
  results.sort()
  const tail = (1 - options.level) / 2
  return { value, low: quantile(results, tail), high: quantile(results, 1 - tail) }
}

function requirePaired(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new RangeError(`paired samples differ in length: ${a.length} and ${b.length}`)
}

function meanOf(values: ArrayLike<number>, chosen: Int32Array): number {
  let sum = 0
  for (const i of chosen) sum += values[i] ?? 0
  return sum / chosen.length
}

/** Mean of candidate minus base over pairs. RangeError when the lengths differ; NaN without pairs. */
export function bootstrapDifference(candidate: ArrayLike<number>, base: ArrayLike<number>, options = defaultBootstrap): Interval {
  requirePaired(candidate, base)
  const differences = Float64Array.from({ length: candidate.length }, (_, i) => (candidate[i] ?? 0) - (base[i] ?? 0))
  return bootstrap(differences.length, (chosen) => meanOf(differences, chosen), options)
}

/** Ratio of the medians, candidate over base, for paired timings. RangeError when the lengths differ; NaN without pairs. */
export function bootstrapMedianRatio(candidate: ArrayLike<number>, base: ArrayLike<number>, options = defaultBootstrap): Interval {
  requirePaired(candidate, base)
  const scratch = new Float64Array(candidate.length)
  const medianOf = (values: ArrayLike<number>, chosen: Int32Array): number => {
    for (let i = 0; i < chosen.length; i++) scratch[i] = values[chosen[i] ?? 0] ?? 0
    return quantile(scratch.sort(), 0.5)
  }
  return bootstrap(candidate.length, (chosen) => medianOf(candidate, chosen) / medianOf(base, chosen), options)
}

/**
 * Perplexity: exp of the mean negative log likelihood per token, each reference weighing by its tokens; prompts are what the
 * bootstrap draws. `nll` in nats per token. RangeError when the lengths differ; NaN without prompts.
 */
export function perplexity(nll: ArrayLike<number>, tokens: ArrayLike<number>, options = defaultBootstrap): Interval {
  requirePaired(nll, tokens)
  const statistic = (chosen: Int32Array): number => {
    let sum = 0
    let weight = 0
    for (const i of chosen) {
      const count = tokens[i] ?? 0
      sum += (nll[i] ?? 0) * count
      weight += count
    }
    return Math.exp(sum / weight)
  }
  return bootstrap(nll.length, statistic, options)
}
