import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../electron/domain/random'
import { MinMaxPyramid } from '../../../../electron/domain/series/pyramid'
import { xTicks, yTicks } from '../../../../renderer/src/charts/axis-labels'
import { countOutside, linearAxis, logAxis, neededRange } from '../../../../renderer/src/charts/chart-ranges'
import type { PlottedCurve } from '../../../../renderer/src/charts/plot'

function curveOf(values: readonly number[]): PlottedCurve {
  const pyramid = new MinMaxPyramid()
  pyramid.append(values)
  return { x: Float64Array.from(values, (_, i) => i), values: pyramid }
}
const random = seededRandom(2)
const loss = [...Array.from({ length: 10 }, (_, i) => 9 - i * 0.6), ...Array.from({ length: 490 }, () => 1 + 0.2 * random())]

describe('y range', () => {
  test('leaves out the start of a loss curve, so that the rest is not a flat line, and says how much', () => {
    const curve = curveOf(loss)
    const needed = neededRange([curve], [], 0, 499, false)
    expect(needed?.high).toBeLessThan(2)
    const axis = linearAxis(null, needed)
    expect(countOutside([curve], 0, 499, axis.low, axis.high)).toEqual({ above: 10, below: 0, exact: true })
  })

  test('leaves out nothing of plain noise (a twentieth at each end would be called outliers)', () => {
    const noise = curveOf(Array.from({ length: 500 }, () => 1600 + 100 * (random() + random() + random() - 1.5)))
    const all = noise.values.extremes(0, 500)
    expect(neededRange([noise], [], 0, 499, false)).toEqual({ low: noise.values.values()[all.argmin], high: noise.values.values()[all.argmax] })
  })

  test('shows everything when asked, and always all of the evaluations', () => {
    const curve = curveOf(loss)
    expect(neededRange([curve], [], 0, 499, true)?.high).toBe(9)
    expect(neededRange([curve], [curveOf([2.4, 1.3])], 0, 499, false)?.high).toBeGreaterThanOrEqual(2.4)
  })

  test('looks at the zoomed part only', () => {
    expect(neededRange([curveOf(loss)], [], 100, 499, true)?.high).toBeLessThan(1.3)
  })

  test('grows in steps: a new least value inside the axis moves nothing', () => {
    const first = linearAxis(null, { low: 1, high: 1.9 })
    expect(linearAxis(first, { low: first.low + 0.01, high: first.high - 0.01 })).toEqual(first)
    expect(linearAxis(first, null)).toEqual(first)
  })

  test('a log axis skips values that it has no place for', () => {
    expect(logAxis([curveOf([0, -3, 0.01, 100])], 0, 3)).toEqual({ low: -2, high: 2 })
    expect(logAxis([curveOf([0, -3])], 0, 1)).toEqual({ low: -1, high: 1 })
  })

  test('counts from a sample say so', () => {
    const many = curveOf(Array.from({ length: 60_000 }, (_, i) => (i % 10 === 0 ? 5 : 1)))
    const { above, exact } = countOutside([many], 0, 60_000, 0, 2)
    expect(exact).toBe(false)
    expect(above).toBeGreaterThan(4000)
  })
})

describe('ticks', () => {
  test('the last planned step always has one, and no neighbour touches it', () => {
    const ticks = xTicks('step', 0, 762, 8, 762)
    expect(ticks.map((tick) => tick.label)).toEqual(['0', '100', '200', '300', '400', '500', '600', '762'])
  })
  test('time stands on whole seconds, minutes and hours', () => {
    expect(xTicks('time', 0, 2290, 8, null).map((tick) => tick.label)).toEqual(['0 s', '5 min', '10 min', '15 min', '20 min', '25 min', '30 min', '35 min'])
  })
  test('steps are never fractions', () => {
    expect(xTicks('step', 0, 3, 8, null).every((tick) => Number.isInteger(tick.value))).toBe(true)
  })
  test('a log axis is labelled with values, placed at their powers', () => {
    expect(yTicks('loss', -2, 2, true, 6).map((tick) => [tick.value, tick.label])).toEqual([[-2, '0.01'], [-1, '0.1'], [0, '1'], [1, '10'], [2, '100']])
  })
})
