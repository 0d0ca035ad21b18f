import { describe, expect, test } from 'vitest'
import { logFactorial } from '../../../electron/domain/binomial'
import { comparePaired } from '../../../electron/domain/comparison-verdict'
import { seededRandom } from '../../../electron/domain/random'
import { bootstrapDifference, bootstrapMedianRatio, median, perplexity, quantile, signTest, wilsonInterval } from '../../../electron/domain/statistics'

// Golden values of SciPy 1.17.1: binomtest(k, n, 0.5).pvalue, binomtest(k, n).proportion_ci(0.95, 'wilson'), gammaln(n + 1).
describe('exact sign test', () => {
  test.each([
    [15, 5, 0.04138946533203125],
    [5, 15, 0.04138946533203125],
    [0, 1, 1],
    [0, 6, 0.03125],
    [6, 0, 0.03125],
    [10, 10, 1],
    [3, 7, 0.34375],
    [200, 100, 8.014875216538921e-9],
    [530, 470, 0.06202319509836343],
    [51_000, 49_000, 2.5887160383468943e-10],
    [49_500, 50_500, 0.0015823598788515154],
    [1, 999, 1.8683937642434442e-298],
  ])('%i wins, %i losses', (wins, losses, p) => {
    expect(Math.abs(signTest(wins, losses) / p - 1)).toBeLessThan(1e-9)
  })

  test('no decisive pair proves nothing', () => {
    expect(signTest(0, 0)).toBe(1)
  })

  test('p of a sample far beyond the range of a double is 0, not NaN', () => {
    expect(signTest(0, 100_000)).toBe(0)
  })

  test.each([[0, 0], [1, 0], [31, 78.0922235533153], [32, 81.55795945611503], [170, 706.5730622457875], [100_000, 1051299.2218991218]])(
    'ln %i!', (n, expected) => expect(Math.abs(logFactorial(n) - expected)).toBeLessThan(1e-12 * Math.max(1, expected)),
  )
})

test.each([
  [0, 10, 0, 0.27753279986288926],
  [10, 10, 0.7224672001371109, 1],
  [1, 1, 0.20654931437723745, 1],
  [15, 20, 0.5312991223812561, 0.8881382985923344],
  [95, 100, 0.8882495307680809, 0.978456320845632],
  [530, 1000, 0.49901030909301664, 0.5607600853978499],
  [50_000, 100_000, 0.49690108435968966, 0.5030989156403103],
])('Wilson interval of %i of %i', (successes, trials, low, high) => {
  const interval = wilsonInterval(successes, trials)
  expect(interval.low).toBeCloseTo(low, 12)
  expect(interval.high).toBeCloseTo(high, 12)
  expect(interval.value).toBe(successes / trials)
})

test('a rate of nothing says nothing', () => {
  expect(wilsonInterval(0, 0)).toEqual({ value: 0, low: 0, high: 1 })
})

test('quantiles are linear between neighbours', () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(quantile([1, 2, 3, 4], 0.95)).toBeCloseTo(3.85, 12)
  expect(quantile([], 0.5)).toBeNaN()
  expect(median([9, 1, 5])).toBe(5)
})

describe('bootstrap', () => {
  test('the same seed gives the same interval, another seed another', () => {
    const a = [3, 1, 4, 1, 5, 9, 2, 6]
    const b = [2, 7, 1, 8, 2, 8, 1, 8]
    const options = { seed: 1, resamples: 2000, level: 0.95 }
    expect(bootstrapDifference(a, b, options)).toEqual(bootstrapDifference(a, b, options))
    expect(bootstrapDifference(a, b, options)).not.toEqual(bootstrapDifference(a, b, { ...options, seed: 2 }))
  })

  test('pairing removes what both share', () => {
    const base = Array.from({ length: 40 }, (_, i) => 100 * i)
    const interval = bootstrapDifference(base.map((value) => value + 3), base)
    expect(interval).toEqual({ value: 3, low: 3, high: 3 })
  })

  test('covers the true difference about 95 times in 100', () => {
    const random = seededRandom(11)
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    let covered = 0
    for (let trial = 0; trial < 300; trial++) {
      const base = Array.from({ length: 60 }, () => 5 * normal())
      const candidate = base.map((value) => value + 0.5 + normal())
      const interval = bootstrapDifference(candidate, base, { seed: trial, resamples: 1000, level: 0.95 })
      if (interval.low <= 0.5 && 0.5 <= interval.high) covered++
    }
    expect(covered / 300).toBeGreaterThan(0.9)
    expect(covered / 300).toBeLessThan(0.99)
  })

  test('ratio of medians', () => {
    const base = [1, 2, 3, 4, 50]
    const interval = bootstrapMedianRatio(base.map((value) => value * 1.5), base)
    expect(interval.value).toBe(1.5)
    expect(interval.low).toBeLessThanOrEqual(1.5)
    expect(interval.high).toBeGreaterThanOrEqual(1.5)
  })

  test('perplexity weighs by tokens', () => {
    const interval = perplexity([1, 3], [30, 10])
    expect(interval.value).toBeCloseTo(Math.exp(1.5), 12)
    expect(interval.low).toBeCloseTo(Math.exp(1), 12)
    expect(interval.high).toBeCloseTo(Math.exp(3), 12)
  })

  test('samples that are no pairs are a bug of the caller', () => {
    expect(() => bootstrapDifference([1], [1, 2])).toThrow(RangeError)
    expect(() => comparePaired([true], [])).toThrow(RangeError)
  })
})

describe('verdict', () => {
  const answers = (gained: number, lost: number, bothRight: number, bothWrong: number): [boolean[], boolean[]] => {
    const repeat = (count: number, value: boolean): boolean[] => Array.from({ length: count }, () => value)
    return [
      [...repeat(gained, true), ...repeat(lost, false), ...repeat(bothRight, true), ...repeat(bothWrong, false)],
      [...repeat(gained, false), ...repeat(lost, true), ...repeat(bothRight, true), ...repeat(bothWrong, false)],
    ]
  }

  test.each([
    ['better', 15, 5, 0, 0],
    ['worse', 5, 15, 0, 0],
    ['not-enough-data', 14, 6, 0, 0],
    ['better', 60, 0, 20, 40],
    ['not-enough-data', 5, 0, 10, 5],
    ['not-enough-data', 0, 0, 3, 2],
    ['not-enough-data', 0, 0, 100, 40],
    ['same', 0, 0, 150, 50],
    ['same', 20, 22, 3000, 958],
    ['not-enough-data', 40, 40, 60, 60],
  ] as const)('%s: %i gained, %i lost, %i both right, %i both wrong', (verdict, gained, lost, bothRight, bothWrong) => {
    const result = comparePaired(...answers(gained, lost, bothRight, bothWrong))
    expect(result).toMatchObject({ verdict, gained, lost, same: bothRight + bothWrong })
    const prompts = gained + lost + bothRight + bothWrong
    expect(result.differencePoints).toBeCloseTo((100 * (gained - lost)) / prompts, 9)
    expect(result.differenceLow).toBeLessThanOrEqual(result.differencePoints)
    expect(result.differenceHigh).toBeGreaterThanOrEqual(result.differencePoints)
  })

  // Catches an interval of no width: 40 of 40 prompts gained does not mean that the next one is gained for sure.
  test('the interval stays open where every prompt changed sides, and where none did', () => {
    const all = comparePaired(...answers(40, 0, 0, 0))
    expect(all).toMatchObject({ verdict: 'better', differencePoints: 100, differenceHigh: 100 })
    // (40 - 0) / 42 and 1.96 * sqrt(41 - 40^2 / 42) / 42, by hand.
    expect(all.differenceLow).toBeCloseTo(100 * (40 / 42 - (1.959963984540054 * Math.sqrt(41 - 1600 / 42)) / 42), 9)
    const none = comparePaired(...answers(0, 0, 20, 0))
    expect([none.differenceLow, none.differenceHigh].map((points) => points.toFixed(1))).toEqual(['-8.9', '8.9'])
  })

  test('no prompts: no verdict and the widest interval', () => {
    expect(comparePaired([], [])).toMatchObject({ verdict: 'not-enough-data', pValue: 1, differenceLow: -100, differenceHigh: 100 })
  })
})
