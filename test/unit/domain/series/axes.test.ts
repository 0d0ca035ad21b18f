import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../electron/domain/random'
import { growAxis, linearTicks, logTicks, type AxisRange } from '../../../../electron/domain/series/nice-ticks'
import { outlierRange } from '../../../../electron/domain/series/outlier-range'

const tolerance = 1e-6

describe('ticks', () => {
  test('examples that people would write down', () => {
    expect(linearTicks(0, 10).values).toEqual([0, 2, 4, 6, 8, 10])
    expect(linearTicks(0, 1).values).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(linearTicks(0.1, 0.35).values).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35])
    expect(linearTicks(-3, 3).values).toEqual([-2, 0, 2])
    expect(linearTicks(0, 1_000_000).values).toEqual([0, 200_000, 400_000, 600_000, 800_000, 1_000_000])
    expect(linearTicks(0, 0.0002)).toMatchObject({ values: [0, 0.00005, 0.0001, 0.00015, 0.0002], decimals: 5 })
    expect(logTicks(0.001, 10).values).toEqual([0.001, 0.01, 0.1, 1, 10])
    expect(logTicks(1e-12, 1e12).values).toHaveLength(7)
    expect(logTicks(1, 100).values).toEqual([1, 2, 5, 10, 20, 50, 100])
  })

  /** What is wrong with ticks, or nothing: one assertion per range keeps thousands of ranges quick. */
  function faults(values: readonly number[], low: number, high: number, slack: number): string[] {
    const found: string[] = []
    if (values.length < 3 || values.length > 8) found.push(`${values.length} ticks`)
    if (values.some((value) => value < low - slack || value > high + slack)) found.push('outside')
    if (values.some((value, i) => i > 0 && value <= (values[i - 1] ?? 0))) found.push('not rising')
    return found.map((fault) => `${fault}: ${low} to ${high}: ${values.join(' ')}`)
  }

  test('3 to 8 ticks, inside, rising and evenly spaced, for any range', () => {
    const random = seededRandom(2)
    for (let round = 0; round < 5000; round++) {
      const low = (random() - 0.5) * 10 ** (random() * 16 - 8)
      const high = low + Math.abs(low || 1) * 10 ** (random() * 8 - 4)
      const { values, step } = linearTicks(low, high, 3 + Math.floor(random() * 6))
      expect(faults(values, low, high, step * tolerance)).toEqual([])
      const uneven = values.filter((value, i) => i > 0 && Math.abs(value - (values[i - 1] ?? 0) - step) > step * tolerance)
      expect(uneven).toEqual([])
    }
  })

  test('3 to 8 ticks on a logarithmic axis', () => {
    const random = seededRandom(6)
    for (let round = 0; round < 5000; round++) {
      const low = 10 ** (random() * 20 - 12)
      const high = low * 10 ** (0.01 + random() * 14)
      expect(faults(logTicks(low, high).values, low, high, low * tolerance)).toEqual([])
    }
  })

  test('ranges that are none', () => {
    expect(linearTicks(5, 5).values).toEqual([5])
    expect(logTicks(0, 10).values).toEqual([])
    expect(logTicks(-1, 10).values).toEqual([])
  })
})

describe('an axis that grows in steps', () => {
  test('always holds the data, and changes seldom while steps come in', () => {
    let axis: AxisRange | null = null
    let changes = 0
    for (let step = 1; step <= 10_000; step++) {
      const next = growAxis(axis, 0, step)
      expect(next.low).toBeLessThanOrEqual(0)
      expect(next.high).toBeGreaterThanOrEqual(step)
      if (axis !== null && (next.low !== axis.low || next.high !== axis.high)) changes++
      axis = next
    }
    expect(changes).toBeLessThan(45)
    expect(axis).toMatchObject({ low: 0 })
  })

  test('holds any data, and does not waste more than half of itself when new', () => {
    const random = seededRandom(12)
    for (let round = 0; round < 3000; round++) {
      const low = (random() - 0.5) * 10 ** (random() * 12 - 6)
      const high = low + 10 ** (random() * 12 - 6)
      const axis = growAxis(null, low, high)
      expect(axis.low).toBeLessThanOrEqual(low)
      expect(axis.high).toBeGreaterThanOrEqual(high)
      expect(high - low, `${low} ${high} in ${axis.low} ${axis.high}`).toBeGreaterThanOrEqual(0.4 * (axis.high - axis.low))
      expect(growAxis(axis, low, high)).toBe(axis)
    }
  })

  test('shrinks when a spike has left the window', () => {
    const spike = growAxis(null, 0, 100)
    expect(growAxis(spike, 0, 3).high).toBeLessThan(10)
  })

  test('one value gets room on both sides', () => {
    const axis = growAxis(null, 2, 2)
    expect(axis.low).toBeLessThanOrEqual(2)
    expect(axis.high).toBeGreaterThan(2)
  })
})

describe('outlier range', () => {
  test('5th to 95th percentile, with what it leaves out', () => {
    const values = Float64Array.from({ length: 101 }, (_, i) => i)
    expect(outlierRange(values)).toEqual({ low: 5, high: 95, above: 5, below: 5, exact: true })
    expect(outlierRange(values, 50, 101)).toMatchObject({ low: 52.5, high: 97.5 })
  })

  test('leaves out spikes and what is not finite', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? 1e9 : i % 7 === 0 ? NaN : 1 + (i % 10) / 10))
    const range = outlierRange(values)
    expect(range?.high).toBeLessThan(3)
    expect(range?.above).toBe(values.filter((value) => value > 3).length)
  })

  test('a long series is sampled: close to the truth, and said to be estimated', () => {
    const random = seededRandom(31)
    const values = Float64Array.from({ length: 300_000 }, random)
    const range = outlierRange(values)
    expect(range).toMatchObject({ exact: false })
    expect(Math.abs((range?.low ?? 0) - 0.05)).toBeLessThan(0.015)
    expect(Math.abs((range?.high ?? 0) - 0.95)).toBeLessThan(0.015)
    expect(Math.abs((range?.above ?? 0) / 15_000 - 1)).toBeLessThan(0.1)
  })

  test('a nearly constant series keeps its few other values in sight', () => {
    const values = new Float64Array(1000).fill(2)
    values[500] = 5
    expect(outlierRange(values)).toMatchObject({ low: 2, high: 5, above: 0 })
  })

  test('nothing finite: no range', () => {
    expect(outlierRange(Float64Array.of(NaN, Infinity))).toBeNull()
    expect(outlierRange(new Float64Array(0))).toBeNull()
  })
})
