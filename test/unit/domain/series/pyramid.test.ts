import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../electron/domain/random'
import { envelopeOf, envelopeStride } from '../../../../electron/domain/series/envelope'
import { GrowableColumn, lowerBound, lowerBoundNear } from '../../../../electron/domain/series/growable-column'
import { MinMaxPyramid } from '../../../../electron/domain/series/pyramid'

/** The slow truth. */
function bruteExtremes(values: readonly number[], from: number, to: number): { argmin: number; argmax: number } {
  let argmin = -1
  let argmax = -1
  for (let i = Math.max(0, from); i < Math.min(values.length, to); i++) {
    const value = values[i] ?? NaN
    if (!Number.isFinite(value)) continue
    if (argmin < 0 || value < (values[argmin] ?? NaN)) argmin = i
    if (argmax < 0 || value > (values[argmax] ?? NaN)) argmax = i
  }
  return { argmin, argmax }
}

/** A loss-like curve with ties, spikes and values that are not finite. */
function series(length: number, random: () => number): number[] {
  return Array.from({ length }, (_, i) => {
    const dice = random()
    if (dice < 0.02) return [NaN, Infinity, -Infinity][Math.floor(random() * 3)] ?? NaN
    if (dice < 0.03) return 100 * random()
    return Math.round(100 * (1 + 2 * Math.exp(-i / 200) + 0.1 * random())) / 100
  })
}

describe('min/max pyramid', () => {
  test('equals brute force on random stretches of series that grew in random pieces', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 60; round++) {
      const values = series(Math.floor(random() * 3000), random)
      const pyramid = new MinMaxPyramid()
      for (let at = 0; at < values.length; ) {
        const piece = 1 + Math.floor(random() * (random() < 0.5 ? 3 : 300))
        pyramid.append(values.slice(at, at + piece))
        at += piece
        const from = Math.floor(random() * values.length)
        const to = from + Math.floor(random() * values.length)
        const grown = values.slice(0, Math.min(at, values.length))
        expect(pyramid.extremes(from, to)).toEqual(bruteExtremes(grown, from, to))
      }
      expect(pyramid.length).toBe(values.length)
      expect(pyramid.extremes(0, values.length)).toEqual(bruteExtremes(values, 0, values.length))
      expect([...pyramid.values()]).toEqual(values)
      expect([...pyramid.nonFinite()]).toEqual(values.flatMap((value, i) => (Number.isFinite(value) ? [] : [i])))
    }
  })

  test('every stretch of a short series, node borders included', () => {
    const values = series(130, seededRandom(5))
    const pyramid = new MinMaxPyramid()
    pyramid.append(values)
    for (let from = -2; from <= 131; from++) {
      for (let to = from; to <= 133; to++) expect(pyramid.extremes(from, to)).toEqual(bruteExtremes(values, from, to))
    }
  })

  test('a stretch without finite values has no extremes', () => {
    const pyramid = new MinMaxPyramid()
    pyramid.append(Array.from({ length: 100 }, () => NaN))
    expect(pyramid.extremes(0, 100)).toEqual({ argmin: -1, argmax: -1 })
    expect(pyramid.nonFinite()).toHaveLength(100)
  })

  test('a million points one by one: under 4 bytes a point beside 16 for x and y', () => {
    const pyramid = new MinMaxPyramid()
    const x = new GrowableColumn()
    const one = new Float64Array(1)
    for (let i = 0; i < 1_000_000; i++) {
      one[0] = i
      x.append(one)
      pyramid.append(one)
    }
    expect((pyramid.byteLength + x.byteLength) / 1_000_000).toBeLessThanOrEqual(20)
    expect(pyramid.extremes(123, 999_998)).toEqual({ argmin: 123, argmax: 999_997 })
  })

  test('asking costs the same for a long run: nodes are used, not points', () => {
    const short = new MinMaxPyramid()
    const long = new MinMaxPyramid()
    const random = seededRandom(9)
    short.append(Float64Array.from({ length: 2 ** 13 }, random))
    long.append(Float64Array.from({ length: 2 ** 21 }, random))
    const time = (pyramid: MinMaxPyramid): number => {
      const start = performance.now()
      for (let i = 0; i < 4000; i++) pyramid.extremes(i % 100, pyramid.length - (i % 77))
      return performance.now() - start
    }
    time(short)
    time(long)
    const best = (pyramid: MinMaxPyramid): number => Math.min(...Array.from({ length: 7 }, () => time(pyramid)))
    // 256 times the points; a scan would take 256 times as long, twice the levels about twice.
    expect(best(long) / best(short)).toBeLessThan(20)
  })
})

describe('envelope', () => {
  test('no extreme, first or last point of any bucket is lost, whatever the spacing of x', () => {
    const random = seededRandom(21)
    for (let round = 0; round < 80; round++) {
      const values = series(1 + Math.floor(random() * 4000), random)
      let at = 0
      const x = Float64Array.from(values, () => (at += random() < 0.2 ? 0 : random() < 0.01 ? 500 : random()))
      const pyramid = new MinMaxPyramid()
      pyramid.append(values)
      const low = random() < 0.3 ? 0 : random() * at
      const high = random() < 0.3 ? at : low + random() * at
      const buckets = 1 + Math.floor(random() * 300)
      const envelope = envelopeOf(x, pyramid, low, high, buckets)
      const inside = values.flatMap((_, i) => ((x[i] ?? 0) >= low && (x[i] ?? 0) <= high ? [i] : []))
      expect(envelope.buckets).toBeLessThanOrEqual(buckets)
      expect(envelope.before).toBe((inside[0] ?? lowerBound(x, low)) - 1)
      const drawn: { first: number; argmin: number; argmax: number; last: number }[] = []
      for (let b = 0; b < envelope.buckets; b++) {
        const [first = 0, argmin = 0, argmax = 0, last = 0] = envelope.indices.subarray(b * envelopeStride, (b + 1) * envelopeStride)
        drawn.push({ first, argmin, argmax, last })
      }
      // The buckets follow each other without gap or overlap.
      drawn.forEach(({ first, last, argmin, argmax }, b) => {
        expect(first).toBe(b === 0 ? inside[0] : (drawn[b - 1]?.last ?? 0) + 1)
        expect({ argmin, argmax }).toEqual(bruteExtremes(values, first, last + 1))
        // One bucket is no wider than its share of the axis, where it holds few points.
        if (high > low && inside.length < 128 * buckets) expect((x[last] ?? 0) - (x[first] ?? 0)).toBeLessThanOrEqual(((high - low) / buckets) * (1 + 1e-9))
      })
      expect(drawn.at(-1)?.last ?? -1).toBe(inside.at(-1) ?? -1)
      const next = (inside.at(-1) ?? lowerBound(x, high) - 1) + 1
      expect(envelope.after).toBe(next < x.length ? next : -1)
    }
  })

  test('borders of full buckets move by at most a sixteenth of a bucket', () => {
    const points = 300_000
    const pyramid = new MinMaxPyramid()
    pyramid.append(Float64Array.from({ length: points }, seededRandom(2)))
    const x = Float64Array.from({ length: points }, (_, i) => i)
    for (const buckets of [100, 333, 1100]) {
      const envelope = envelopeOf(x, pyramid, 1000, 290_000, buckets)
      const width = 289_000 / buckets
      expect(envelope.buckets).toBe(buckets)
      for (let b = 1; b < buckets; b++) {
        expect(Math.abs((envelope.indices[b * envelopeStride] ?? 0) - (1000 + b * width))).toBeLessThanOrEqual(width / 16 + 1)
      }
    }
  })

  test('1,100 pixels of a million points cost less than looking at every point once', () => {
    const pyramid = new MinMaxPyramid()
    pyramid.append(Float64Array.from({ length: 1_000_000 }, seededRandom(3)))
    const x = Float64Array.from({ length: 1_000_000 }, (_, i) => i)
    const into = new Int32Array(1100 * envelopeStride)
    const times = Array.from({ length: 60 }, () => {
      const start = performance.now()
      envelopeOf(x, pyramid, 0, 999_999, 1100, into)
      return performance.now() - start
    })
    const scans = Array.from({ length: 60 }, () => {
      const start = performance.now()
      let low = Infinity
      for (let i = 0; i < x.length; i++) low = Math.min(low, x[i] ?? 0)
      expect(low).toBe(0)
      return performance.now() - start
    })
    // About 0.3 ms against 3 ms; both in one run, so that a busy machine slows both.
    expect(Math.min(...times)).toBeLessThan(Math.min(...scans))
  })

  test('looking near a guess finds what looking everywhere finds', () => {
    const random = seededRandom(17)
    for (let round = 0; round < 300; round++) {
      let at = 0
      const x = Float64Array.from({ length: Math.floor(random() * 200) }, () => (at += Math.floor(random() * 3)))
      for (let tries = 0; tries < 20; tries++) {
        const bound = random() * (at + 2) - 1
        expect(lowerBoundNear(x, bound, Math.floor(random() * 220) - 10)).toBe(lowerBound(x, bound))
      }
    }
  })

  test('one point, and an axis without width', () => {
    const pyramid = new MinMaxPyramid()
    pyramid.append([7, 9])
    const envelope = envelopeOf(Float64Array.of(3, 3), pyramid, 3, 3, 100)
    expect(envelope.buckets).toBe(1)
    expect([...envelope.indices.subarray(0, 4)]).toEqual([0, 0, 1, 1])
  })

  test('uses the given array again', () => {
    const pyramid = new MinMaxPyramid()
    pyramid.append([1, 2, 3])
    const into = new Int32Array(400)
    expect(envelopeOf(Float64Array.of(0, 1, 2), pyramid, 0, 2, 100, into).indices).toBe(into)
  })
})
