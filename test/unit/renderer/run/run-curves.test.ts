import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createChartView } from '../../../../renderer/src/charts/chart-view'
import { axisEnd, epochRules, lossLines, placeDetails, plannedEpochs, trainLoss } from '../../../../renderer/src/pages/run/run-curves'
import { RunSeries } from '../../../../renderer/src/series/series-store'
import { fakePoints, overviewOf, sliceOf } from '../../../support/fake-curves'
import { fakeJob, fakeSettings } from '../../../support/fake-data'

const points = fakePoints({ steps: 486, totalSteps: 762, stepsPerEpoch: 381, evaluateEverySteps: 50, startedAtMs: 0, secondsPerStep: 4, seed: 1 })
const running = fakeJob(1, { state: 'running', startedAtMs: 0, finishedAtMs: null, step: 486, epoch: 486 / 381, bestStep: 400, lastSeq: points.lastSeq })

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

async function openSeries(): Promise<RunSeries> {
  const series = new RunSeries({ jobId: running.id, lastSeq: points.lastSeq, originMs: 0 }, {
    tail: (_job, afterSeq, limit) => Promise.resolve(sliceOf(points, afterSeq + 1, afterSeq + 1 + limit)),
    overview: (_job, metric, buckets) => Promise.resolve(overviewOf(points, metric, buckets)),
    window: () => Promise.resolve(points),
    onHint: () => () => undefined,
  })
  for (let turn = 0; turn < 10; turn++) await vi.advanceTimersByTimeAsync(2)
  return series
}

describe('the curves of a run', () => {
  test('epochs at a service are those that it trains, not those of the settings (catches "epoch 0.11 of 3" of a job with one)', () => {
    const elsewhere = fakeJob(3, { backend: 'openai', state: 'running', step: 11, totalSteps: 44, epoch: 0.25, settings: { ...fakeSettings, length: { kind: 'epochs', epochs: 3 } } })
    expect(plannedEpochs(elsewhere)).toBe(1)
    expect(plannedEpochs({ ...elsewhere, backend: 'huggingface' })).toBe(3)
  })

  test('the best checkpoint stands on its own evaluation, not on the nearest one', async () => {
    const series = await openSeries()
    const evaluation = lossLines([{ job: running, series }], createChartView()).find((line) => line.look === 'points')
    const at = evaluation?.best?.() ?? null
    const curve = evaluation?.read('step', null)
    expect(at === null ? null : curve?.x[at]).toBe(400)
    const without = lossLines([{ job: { ...running, bestStep: 401 }, series }], createChartView()).find((line) => line.look === 'points')
    expect(without?.best?.()).toBeNull()
  })

  test('a live run shows the way that is left, an ended one ends with its last step', () => {
    expect(axisEnd(running, 'step')).toBe(762)
    expect(axisEnd(running, 'epoch')).toBe(2)
    expect(axisEnd(running, 'time')).toBeNull()
    const ended = fakeJob(2, { state: 'failed', step: 231, epoch: 0.61, startedAtMs: 1000, finishedAtMs: 61_000 })
    expect(axisEnd(ended, 'step')).toBe(231)
    expect(axisEnd(ended, 'time')).toBe(60)
  })

  test('epochs end where they end, on each axis; the last one is the end of the picture', async () => {
    const series = await openSeries()
    expect(epochRules(running, series, 'step')).toEqual([{ x: 381, label: 'epoch 1 ends' }])
    expect(epochRules(running, series, 'epoch')).toEqual([{ x: 1, label: 'epoch 1 ends' }])
    expect(epochRules(running, series, 'time')[0]?.x).toBeCloseTo(381 * 4)
    const many = { ...running, settings: { ...fakeSettings, length: { kind: 'epochs' as const, epochs: 40 } } }
    expect(epochRules(many, series, 'step')).toEqual([])
  })

  test('the figure is the smoothed loss and its change over 100 steps', async () => {
    const series = await openSeries()
    const figure = trainLoss(series, 0.9)
    const smoothed = series.curves('loss')?.line.smoothed(0.9).values()
    expect(figure?.now).toBe(smoothed?.at(-1))
    expect(figure?.delta).toBeCloseTo((smoothed?.at(-1) ?? 0) - (smoothed?.[385] ?? 0))
  })

  test('a place on one axis tells the others', async () => {
    const series = await openSeries()
    expect(placeDetails(series, 'step', 381)).toBe('epoch 1.00 · 25 min 24 s')
  })
})
