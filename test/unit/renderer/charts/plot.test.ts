import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../electron/domain/random'
import { MinMaxPyramid } from '../../../../electron/domain/series/pyramid'
import { fillLine, gapMarks, isDense, pixelOfX, pixelOfY, traceBand, traceLine } from '../../../../renderer/src/charts/plot'
import type { Pen, Plot, PlottedCurve } from '../../../../renderer/src/charts/plot'

/** A pen that records what it was told. */
function recorder(): Pen & { readonly points: { readonly kind: 'move' | 'line'; readonly x: number; readonly y: number }[]; readonly bars: { readonly x: number; readonly top: number; readonly bottom: number }[]; readonly dots: { readonly x: number; readonly y: number }[] } {
  const points: { kind: 'move' | 'line'; x: number; y: number }[] = []
  const bars: { x: number; top: number; bottom: number }[] = []
  const dots: { x: number; y: number }[] = []
  const nothing = (): void => undefined
  return {
    points, bars, dots,
    moveTo: (x, y) => { points.push({ kind: 'move', x, y }) },
    lineTo: (x, y) => { points.push({ kind: 'line', x, y }) },
    rect: (x, y, _width, height) => { bars.push({ x, top: y, bottom: y + height }) },
    arc: (x, y) => { dots.push({ x, y }) },
    beginPath: nothing, closePath: nothing, stroke: nothing, fill: nothing,
  }
}

const plot: Plot = { left: 40, top: 6, width: 500, height: 300, xLow: 0, xHigh: 1000, yLow: 0, yHigh: 10, log: false }

function curveOf(values: readonly number[], x = values.map((_, i) => i)): PlottedCurve {
  const pyramid = new MinMaxPyramid()
  pyramid.append(values)
  return { x: Float64Array.from(x), values: pyramid }
}

describe('tracing a curve', () => {
  test('never loses a true extreme, however dense the points are (a spike of one step in a million would vanish)', () => {
    const random = seededRandom(11)
    for (const length of [2_000, 50_000, 300_000]) {
      const values = Array.from({ length }, () => 4 + random())
      const spikes = [Math.floor(length * 0.31), Math.floor(length * 0.77), length - 1]
      spikes.forEach((at, i) => { values[at] = i === 1 ? 0.25 : 9.5 - i * 0.1 })
      const wide = { ...plot, xHigh: length - 1 }
      for (const trace of [traceLine, traceBand]) {
        const pen = recorder()
        trace(pen, wide, curveOf(values))
        const heights = [...pen.points.map(({ y }) => y), ...pen.bars.flatMap(({ top, bottom }) => [top, bottom])]
        for (const at of spikes) {
          const wanted = pixelOfY(wide, values[at] ?? NaN)
          expect(Math.min(...heights.map((y) => Math.abs(y - wanted)))).toBeLessThan(1e-6)
        }
      }
    }
  })

  test('covers with its bars every point of a dense line, each bar touching the next (catches holes in a steep stretch, and a spike that is a pixel short)', () => {
    for (const log of [false, true]) {
      const area = log ? { ...plot, xHigh: 19_999, yLow: -1, yHigh: 1, log } : { ...plot, xHigh: 19_999 }
      const values = Array.from({ length: 20_000 }, (_, i) => (i === 7_777 ? 9.9 : 5 + 4 * Math.sin(i / 900)))
      const bars: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }[] = []
      fillLine({ fillRect: (x, y, width, height) => { bars.push({ left: x, right: x + width, top: y, bottom: y + height }) } }, area, curveOf(values), 2)
      expect(bars).toHaveLength(plot.width)
      values.forEach((value, index) => {
        const [x, y] = [pixelOfX(area, index), pixelOfY(area, value)]
        expect(bars.some(({ left, right, top, bottom }) => left <= x + 1e-6 && x <= right + 1e-6 && top <= y + 1e-6 && y <= bottom + 1e-6)).toBe(true)
      })
      bars.slice(1).forEach(({ top, bottom }, index) => {
        const before = bars[index]
        expect(before !== undefined && top <= before.bottom && before.top <= bottom).toBe(true)
      })
    }
  })

  test('leaves a dense line open where values were not finite (catches a bar across a gap)', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => (i > 8_000 && i < 9_000 ? NaN : i <= 8_000 ? 2 : 8))
    const bars: { readonly top: number; readonly bottom: number }[] = []
    const area = { ...plot, xHigh: 19_999 }
    fillLine({ fillRect: (_x, y, _width, height) => { bars.push({ top: y, bottom: y + height }) } }, area, curveOf(values), 2)
    expect(Math.max(...bars.map(({ top, bottom }) => bottom - top))).toBeLessThan(3)
  })

  test('draws at most two points per pixel and the neighbours at the edges (drawing all of a million points would freeze the page)', () => {
    const random = seededRandom(5)
    const values = Array.from({ length: 100_000 }, () => random() * 10)
    const pen = recorder()
    traceLine(pen, { ...plot, xLow: 20_000, xHigh: 60_000 }, curveOf(values))
    expect(pen.points.length).toBeLessThanOrEqual(2 * plot.width + 4)
    expect(pen.points.length).toBeGreaterThan(plot.width)
  })

  test('draws the newest point of a dense curve (the live end would stand still until its pixel is full)', () => {
    const values = [...Array.from({ length: 99_999 }, (_, i) => 5 + Math.sin(i)), 5.25]
    const pen = recorder()
    const wide = { ...plot, xHigh: 99_999 }
    traceLine(pen, wide, curveOf(values))
    expect(pen.points.at(-1)).toEqual({ kind: 'line', x: pixelOfX(wide, 99_999), y: pixelOfY(wide, 5.25) })
  })

  test.each([['sparse', 1_000], ['dense', 1_000_00]])('never draws across a NaN, %s', (_name, length) => {
    const values = Array.from({ length }, (_, i) => (i === Math.floor(length / 2) ? NaN : 3))
    const pen = recorder()
    const wide = { ...plot, xHigh: length - 1 }
    traceLine(pen, wide, curveOf(values))
    const gap = pixelOfX(wide, Math.floor(length / 2))
    pen.points.forEach((point, i) => {
      const before = pen.points[i - 1]
      if (point.kind === 'line' && before !== undefined) expect(before.x < gap && point.x > gap).toBe(false)
    })
    expect(pen.points.filter(({ kind }) => kind === 'move')).toHaveLength(2)
  })

  test('a point between two NaN becomes a dot (it would be invisible)', () => {
    const pen = recorder()
    traceLine(pen, { ...plot, xHigh: 4 }, curveOf([1, NaN, 2, NaN, 3]))
    expect(pen.dots).toHaveLength(3)
  })

  test('values at or below 0 break the line on a log axis instead of reaching minus infinity', () => {
    const log = { ...plot, xHigh: 4, yLow: -2, yHigh: 1, log: true }
    const pen = recorder()
    traceLine(pen, log, curveOf([1, 0, 2, 3, -1]))
    expect(pen.points.every(({ y }) => Number.isFinite(y))).toBe(true)
    expect(pen.points.filter(({ kind }) => kind === 'line')).toHaveLength(1)
  })

  test('isDense tells when the raw line becomes a band', () => {
    expect(isDense(curveOf(Array.from({ length: 900 }, () => 1)), plot)).toBe(false)
    expect(isDense(curveOf(Array.from({ length: 9000 }, () => 1)), { ...plot, xHigh: 9000 })).toBe(true)
  })
})

describe('marks of NaN', () => {
  test('stand at the last finite value, one for each gap', () => {
    const values = [5, 6, NaN, NaN, 4, 4, 4, 3, NaN, 2].flatMap((value) => Array.from({ length: 50 }, () => value))
    const marks = gapMarks({ ...plot, xHigh: values.length }, curveOf(values))
    expect(marks.map(({ x, y, from, to }) => ({ x, y, from, to }))).toEqual([
      { x: 99, y: 6, from: 100, to: 199 },
      { x: 399, y: 3, from: 400, to: 449 },
    ])
  })

  test('a run that begins with NaN has its mark too', () => {
    expect(gapMarks({ ...plot, xHigh: 3 }, curveOf([NaN, 1, 2]))[0]).toMatchObject({ x: 0, y: plot.yLow })
  })
})
