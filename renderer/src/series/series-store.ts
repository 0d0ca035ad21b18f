import { lowerBound } from '../../../electron/domain/series/growable-column'
import type { JobId } from '../../../electron/shared/ids'
import type { OverviewColumns, PointColumns } from '../../../electron/shared/requests'
import type { MetricName } from '../../../electron/shared/training-event'
import { appendPoints, plainCurves } from './curve'
import type { MetricCurves, XAxis } from './curve'
import { curvesOf, pointsOf } from './decode'

/** Where series come from; the engine in the app. */
export interface SeriesSource {
  tail(jobId: JobId, afterSeq: number, limit: number): Promise<PointColumns>
  overview(jobId: JobId, metric: MetricName, maxBuckets: number): Promise<OverviewColumns>
  window(jobId: JobId, fromStep: number, toStep: number, limit: number): Promise<PointColumns>
  /** Hears that a run has more; returns the unsubscribe. */
  onHint(listener: (hint: { readonly jobId: JobId; readonly lastSeq: number }) => void): () => void
}

/** The run as far as its series need it. */
export interface SeriesRun {
  readonly jobId: JobId
  readonly lastSeq: number
  /** Unix time in ms that the time axis counts from. */
  readonly originMs: number
}

/** Metrics that charts show; the others stay in the engine. */
export const chartedMetrics = ['loss', 'evalLoss', 'learningRate', 'gradNorm', 'tokensPerSecond'] as const satisfies readonly MetricName[]
export type ChartedMetric = (typeof chartedMetrics)[number]

/** Runs with more lines than this open as buckets, so that neither memory nor opening grows with a run's length. */
export const longRunLines = 200_000
/** A run that is watched while it grows past this is opened anew as buckets, and again whenever so many lines lie behind its buckets. */
const reopenLines = 300_000
const reopenBehindBuckets = 60_000
/** Lines a request; one takes some 5 ms on both sides, so that a click is never kept waiting by a fast run. */
const chunkLines = 5_000
/** Buckets of the whole run: the engine then reads its coarser roll-ups (1,953 rows for a million lines). */
const overviewBuckets = 1_800
/** Buckets for a zoom that is still too long for every point. */
const fineBuckets = 16_000
const windowLines = 50_000
/** At most four pulls a second: enough for the eye, and it leaves the processor to the training. */
const pullMs = 250
const hiddenPullMs = 1_000

interface Detail {
  readonly fromStep: number
  readonly toStep: number
  readonly curves: ReadonlyMap<MetricName, MetricCurves>
}

type StepRange = readonly [fromStep: number, toStep: number]

/** The series of one run while something shows them: pulls what is new, holds it as typed columns outside React. */
export class RunSeries {
  readonly jobId: JobId
  readonly #source: SeriesSource
  readonly #originMs: number
  readonly #listeners = new Set<() => void>()
  readonly #stopHints: () => void
  #curves = new Map<MetricName, MetricCurves>()
  #detail: Detail | null = null
  #detailAsked: StepRange | null = null
  #bucketRows = 1
  #bucketsTo = new Map<MetricName, number>()
  #lines = 0
  #seq = -1
  #wanted: number
  #done = -2
  #pulling = false
  #timer: ReturnType<typeof setTimeout> | null = null
  #pulledAtMs = -Infinity
  #closed = false
  #error: unknown = null
  #loaded = false

  constructor(run: SeriesRun, source: SeriesSource) {
    this.jobId = run.jobId
    this.#source = source
    this.#originMs = run.originMs
    this.#wanted = run.lastSeq
    this.#stopHints = source.onHint((hint) => {
      if (hint.jobId === run.jobId) this.#hear(hint.lastSeq)
    })
    void this.#pull()
  }

  /** False until the first answer. */
  get loaded(): boolean {
    return this.#loaded
  }

  /** What the last request threw; null when it went well. */
  get error(): unknown {
    return this.#error
  }

  /** Lines behind one bucket of the whole run; 1 when every point is here. */
  get bucketRows(): number {
    return this.#bucketRows
  }

  /** The curves of a metric; the finer ones where the whole of `shown` lies in what was loaded for a zoom. */
  curves(metric: ChartedMetric, shown: StepRange | null = null): MetricCurves | null {
    const detail = this.#detail
    if (detail !== null && shown !== null && shown[0] >= detail.fromStep && shown[1] <= detail.toStep) return detail.curves.get(metric) ?? null
    return this.#curves.get(metric) ?? null
  }

  /** Steps of a stretch of another axis, a bit wider than the stretch itself; null before the first point. */
  stepsOf(axis: XAxis, from: number, to: number): StepRange | null {
    const line = this.#curves.get('loss')?.line
    if (line === undefined || line.length === 0) return null
    const [x, step] = [line.x(axis), line.x('step')]
    const last = line.length - 1
    return [step[Math.max(0, lowerBound(x, from) - 1)] ?? 0, step[Math.min(last, lowerBound(x, to))] ?? 0]
  }

  /** Loads every point of a zoom into a long run, or finer buckets where those are too many. Does nothing for a short run. */
  showSteps(range: StepRange | null): void {
    if (range === null || this.#bucketRows === 1 || this.#closed) {
      this.#detailAsked = null
      return
    }
    if (this.#detailAsked !== null && this.#detailAsked[0] === range[0] && this.#detailAsked[1] === range[1]) return
    this.#detailAsked = range
    void this.#loadDetail(range)
  }

  /** Calls `listener` after every change; returns the unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Lets go of the columns; late answers are dropped. */
  close(): void {
    this.#closed = true
    this.#stopHints()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#listeners.clear()
    this.#curves = new Map()
    this.#detail = null
  }

  #hear(lastSeq: number): void {
    this.#wanted = Math.max(this.#wanted, lastSeq)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed || this.#pulling || this.#timer !== null || this.#wanted <= this.#done) return
    const pause = globalThis.document?.visibilityState === 'hidden' ? hiddenPullMs : pullMs
    const waitMs = Math.max(0, this.#pulledAtMs + pause - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#pull()
    }, waitMs)
  }

  /** Brings everything up to what was wanted when it began. A fault is shown and the next hint tries again. */
  async #pull(): Promise<void> {
    this.#pulling = true
    const wanted = this.#wanted
    try {
      if (wanted - this.#seq > longRunLines || this.#lines > (this.#bucketRows === 1 ? reopenLines : reopenBehindBuckets)) await this.#openAsBuckets()
      let more = !this.#closed
      while (more) {
        const page = await this.#source.tail(this.jobId, this.#seq, chunkLines)
        if (this.#closed) return
        this.#take(page)
        more = page.more
        // The page is drawn between two chunks of a long catch-up.
        if (more) await new Promise((resolve) => setTimeout(resolve, 0))
      }
      this.#error = null
    } catch (error) {
      this.#error = error
    } finally {
      this.#done = wanted
      this.#pulling = false
      this.#loaded = true
      this.#pulledAtMs = performance.now()
      this.#notify()
      this.#schedule()
    }
  }

  #take(page: PointColumns): void {
    this.#seq = page.lastSeq
    this.#lines += page.seq.length
    for (const metric of chartedMetrics) {
      const points = pointsOf(page, metric, this.#originMs, this.#bucketsTo.get(metric))
      if (points.values.length === 0) continue
      const curves = this.#curves.get(metric) ?? plainCurves()
      this.#curves.set(metric, curves)
      appendPoints(curves, points)
    }
    this.#loaded = true
    if (page.seq.length > 0) this.#notify()
  }

  async #openAsBuckets(): Promise<void> {
    const overviews = await Promise.all(chartedMetrics.map((metric) => this.#source.overview(this.jobId, metric, overviewBuckets)))
    if (this.#closed) return
    this.#curves = new Map()
    chartedMetrics.forEach((metric, index) => {
      const overview = overviews[index]
      if (overview !== undefined && overview.last.length > 0) this.#curves.set(metric, curvesOf(overview, this.#originMs))
    })
    this.#bucketRows = overviews[0]?.bucketRows ?? 1
    // Lines may have come between two answers: go on from the oldest, and let each metric skip what it has.
    this.#bucketsTo = new Map(chartedMetrics.map((metric, index) => [metric, overviews[index]?.lastSeq ?? -1]))
    this.#seq = Math.min(...this.#bucketsTo.values())
    this.#lines = 0
    this.#loaded = true
    this.#notify()
  }

  async #loadDetail([fromStep, toStep]: StepRange): Promise<void> {
    const current = (): boolean => !this.#closed && this.#detailAsked?.[0] === fromStep && this.#detailAsked[1] === toStep
    try {
      const page = await this.#source.window(this.jobId, fromStep, toStep, windowLines)
      if (!current()) return
      const curves = new Map<MetricName, MetricCurves>()
      if (page.more) {
        curves.set('loss', curvesOf(await this.#source.overview(this.jobId, 'loss', fineBuckets), this.#originMs))
        const rest = [...this.#curves].filter(([metric]) => metric !== 'loss')
        for (const [metric, whole] of rest) curves.set(metric, whole)
        if (!current()) return
      } else {
        for (const metric of chartedMetrics) {
          const points = pointsOf(page, metric, this.#originMs)
          if (points.values.length === 0) continue
          const fine = plainCurves()
          appendPoints(fine, points)
          curves.set(metric, fine)
        }
      }
      this.#detail = { fromStep, toStep, curves }
      this.#error = null
    } catch (error) {
      this.#error = error
    }
    this.#notify()
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
