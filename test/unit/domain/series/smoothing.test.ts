import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../electron/domain/random'
import { smooth, startSmoothing } from '../../../../electron/domain/series/smoothing'

/** A whole-series reference in the shape of TensorBoard's own function. */
function reference(values: readonly number[], weight: number): number[] {
  const finite = values.filter(Number.isFinite)
  const constant = finite.every((value) => value === finite[0])
  let last = 0
  let accumulated = 0
  return values.map((value) => {
    if (constant || !Number.isFinite(value)) return value
    last = last * weight + (1 - weight) * value
    accumulated++
    return last / (weight === 1 ? 1 : 1 - Math.pow(weight, accumulated))
  })
}

describe('smoothing', () => {
  test('the worked example: the first value is itself, the rest debiased', () => {
    const [a, b, c] = smooth([1, 0.5, 0], 0.6)
    expect(a).toBe(1)
    expect(b).toBeCloseTo((0.4 * 0.6 + 0.4 * 0.5) / (1 - 0.36), 14)
    expect(c).toBeCloseTo((0.4 * 0.36 + 0.4 * 0.5 * 0.6) / (1 - 0.216), 14)
  })

  test('equals the reference on random series with gaps', () => {
    const random = seededRandom(4)
    for (let round = 0; round < 200; round++) {
      const weight = [0, 0.3, 0.6, 0.9, 0.99, 0.999][round % 6] ?? 0
      const values = Array.from({ length: Math.floor(random() * 400) }, () => (random() < 0.05 ? NaN : random() < 0.05 ? Infinity : random() * 10))
      const expected = reference(values, weight)
      smooth(values, weight).forEach((value, i) => {
        const wanted = expected[i] ?? 0
        if (Number.isFinite(wanted)) expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-12 * Math.abs(wanted))
        else expect(value).toBe(wanted)
      })
    }
  })

  test('a constant series does not change in its last digit, also past gaps', () => {
    const values = [0.1, 0.1, NaN, 0.1, 0.1]
    expect([...smooth(values, 0.6)]).toEqual(values)
  })

  test('appending gives what smoothing at once gives', () => {
    const random = seededRandom(8)
    const values = Array.from({ length: 500 }, random)
    const smoothing = startSmoothing(0.6)
    expect(values.map((value) => smoothing.next(value))).toEqual([...smooth(values, 0.6)])
  })

  test('weight 0 shows the values themselves', () => {
    expect([...smooth([3, 1, 4, 1, 5], 0)]).toEqual([3, 1, 4, 1, 5])
  })
})
