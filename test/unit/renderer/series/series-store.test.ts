import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { JobId } from '../../../../electron/shared/ids'
import type { OverviewColumns, PointColumns } from '../../../../electron/shared/requests'
import type { MetricName } from '../../../../electron/shared/training-event'
import { longRunLines, RunSeries } from '../../../../renderer/src/series/series-store'
import type { SeriesSource } from '../../../../renderer/src/series/series-store'
import { fakePoints, overviewOf, sliceOf } from '../../../support/fake-curves'
import { jobId } from '../../../support/fake-data'

/** An engine in memory that tells what it was asked. */
class FakeSource implements SeriesSource {
  readonly asked: string[] = []
  readonly #listeners = new Set<(hint: { readonly jobId: JobId; readonly lastSeq: number }) => void>()
  #all: PointColumns
  #known: number
  readonly #pageLines: number
  fail = false

  constructor(all: PointColumns, known = all.seq.length, pageLines = Infinity) {
    this.#all = all
    this.#known = known
    this.#pageLines = pageLines
  }
  grow(to: number): void {
    this.#known = to
    for (const listener of this.#listeners) listener({ jobId: jobId(1), lastSeq: to - 1 })
  }
  get listening(): number {
    return this.#listeners.size
  }
  #now(): PointColumns {
    return sliceOf(this.#all, 0, this.#known)
  }
  tail(_job: JobId, afterSeq: number, limit: number): Promise<PointColumns> {
    this.asked.push(`tail ${afterSeq}`)
    if (this.fail) return Promise.reject(new Error('engine gone'))
    return Promise.resolve(sliceOf(this.#now(), afterSeq + 1, afterSeq + 1 + Math.min(limit, this.#pageLines)))
  }
  overview(_job: JobId, metric: MetricName, maxBuckets: number): Promise<OverviewColumns> {
    this.asked.push(`overview ${metric}`)
    return Promise.resolve(overviewOf(this.#now(), metric, maxBuckets))
  }
  window(_job: JobId, fromStep: number, toStep: number, limit: number): Promise<PointColumns> {
    this.asked.push(`window ${fromStep} ${toStep}`)
    const from = this.#all.step.findIndex((step) => step >= fromStep)
    const end = this.#all.step.findLastIndex((step) => step <= toStep) + 1
    return Promise.resolve({ ...sliceOf(this.#all, from, Math.min(end, from + limit)), more: end > from + limit })
  }
  onHint(listener: (hint: { readonly jobId: JobId; readonly lastSeq: number }) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

const short = fakePoints({ steps: 400, totalSteps: 800, stepsPerEpoch: 200, evaluateEverySteps: 50, startedAtMs: 1_000_000, secondsPerStep: 2, seed: 4, nanSteps: [300] })
const open = (source: FakeSource, lastSeq: number): RunSeries => new RunSeries({ jobId: jobId(1), lastSeq, originMs: 1_000_000 }, source)
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn++) await vi.advanceTimersByTimeAsync(2)
}

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

describe('a run of ordinary length', () => {
  test('holds every point of each metric once, in pages, with its place on each axis', async () => {
    const source = new FakeSource(short, short.seq.length, 37)
    const series = open(source, short.lastSeq)
    await settle()
    const loss = series.curves('loss')?.raw
    expect(loss?.length).toBe(400)
    expect(loss?.x('step')[10]).toBe(11)
    expect(loss?.x('epoch')[10]).toBeCloseTo(11 / 200)
    expect(loss?.x('time')[10]).toBeCloseTo(22)
    expect(Array.from(loss?.values.nonFinite() ?? [])).toEqual([299])
    expect(series.curves('evalLoss')?.raw.length).toBe(8)
    expect(source.asked.filter((ask) => ask.startsWith('tail')).length).toBeGreaterThan(10)
    series.close()
  })

  test('many hints become few requests, and a hint without new points does not ask for ever', async () => {
    const source = new FakeSource(short, 100)
    const series = open(source, 99)
    await settle()
    const before = source.asked.length
    for (let known = 101; known <= 200; known++) source.grow(known)
    await vi.advanceTimersByTimeAsync(1000)
    expect(source.asked.length - before).toBeLessThanOrEqual(2)
    expect(series.curves('loss')?.raw.length).toBe(200 - (series.curves('evalLoss')?.raw.length ?? 0))
    source.grow(200)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(source.asked.length - before).toBeLessThanOrEqual(2)
    series.close()
  })

  test('a fault is shown, keeps the points, and the next hint goes on without a double', async () => {
    const source = new FakeSource(short, 100)
    const series = open(source, 99)
    await settle()
    source.fail = true
    source.grow(150)
    await vi.advanceTimersByTimeAsync(1000)
    expect(series.error).toBeInstanceOf(Error)
    source.fail = false
    source.grow(151)
    await vi.advanceTimersByTimeAsync(1000)
    expect(series.error).toBeNull()
    const steps = Array.from(series.curves('loss')?.raw.x('step') ?? [])
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1))
    series.close()
  })

  test('closing lets go of the engine and of a late answer', async () => {
    const source = new FakeSource(short)
    const series = open(source, short.lastSeq)
    series.close()
    await settle()
    expect(source.listening).toBe(0)
    expect(series.curves('loss')).toBeNull()
  })

  test('smoothing goes on where it stopped and equals smoothing at once', async () => {
    const source = new FakeSource(short, 150)
    const series = open(source, 149)
    await settle()
    const early = series.curves('loss')?.line.smoothed(0.6).length
    source.grow(short.seq.length)
    await vi.advanceTimersByTimeAsync(1000)
    const grown = series.curves('loss')?.line
    const whole = open(new FakeSource(short), short.lastSeq)
    await settle()
    expect(early).toBeLessThan(grown?.length ?? 0)
    expect(Array.from(grown?.smoothed(0.6).values() ?? [])).toEqual(Array.from(whole.curves('loss')?.line.smoothed(0.6).values() ?? []))
    series.close()
    whole.close()
  })
})

describe('a long run', () => {
  const steps = longRunLines + 5_000
  const long = fakePoints({ steps, totalSteps: steps, stepsPerEpoch: steps / 2, evaluateEverySteps: 20_000, startedAtMs: 0, secondsPerStep: 1, seed: 9, nanSteps: [70_001] })

  test('opens as buckets that keep the true extremes, few points, and the mark of a NaN', async () => {
    const source = new FakeSource(long)
    const series = open(source, long.lastSeq)
    await settle()
    const raw = series.curves('loss')?.raw
    expect(series.bucketRows).toBeGreaterThan(100)
    expect(raw?.length).toBeLessThan(10_000)
    const values = Array.from(long.values.loss ?? []).filter(Number.isFinite)
    const drawn = Array.from(raw?.values.values() ?? []).filter(Number.isFinite)
    expect(Math.max(...drawn)).toBe(values.reduce((a, b) => Math.max(a, b)))
    expect(Math.min(...drawn)).toBe(values.reduce((a, b) => Math.min(a, b)))
    expect(raw?.values.nonFinite().length).toBe(1)
    expect(source.asked.filter((ask) => ask === 'tail -1')).toHaveLength(0)
    series.close()
  })

  test('a zoom loads every point of its stretch', async () => {
    const source = new FakeSource(long)
    const series = open(source, long.lastSeq)
    await settle()
    series.showSteps([1000, 3000])
    await settle()
    expect(series.curves('loss', [1000, 3000])?.raw.length).toBe(2001)
    expect(series.curves('loss', [10, 3000])?.raw.length).toBeLessThan(10_000)
    series.close()
  })

  test('points that come after the buckets are added once', async () => {
    const source = new FakeSource(long, longRunLines + 1000)
    const series = open(source, longRunLines + 999)
    await settle()
    const before = series.curves('loss')?.raw.length ?? 0
    source.grow(longRunLines + 1100)
    await vi.advanceTimersByTimeAsync(1000)
    expect((series.curves('loss')?.raw.length ?? 0) - before).toBe(100)
    series.close()
  })
})
