import type { JobId } from '../../../electron/shared/ids'
import { RunSeries } from './series-store'
import type { SeriesSource } from './series-store'

/** A run as far as opening its series needs it. */
export interface ShelfRun {
  readonly id: JobId
  readonly lastSeq: number
  readonly createdAtMs: number
  readonly startedAtMs: number | null
}

/** The open series of one page. */
export interface SeriesShelf {
  /** Opens what is new, closes what is no longer there. */
  show(runs: readonly ShelfRun[]): void
  open(): ReadonlyMap<string, RunSeries>
  of(run: ShelfRun): RunSeries | null
  /** Hears when a series is opened or closed. */
  onOpen(listener: () => void): () => void
  close(): void
}

/** A run that starts gets its time axis from then on, so it is opened anew. */
const keyOf = (run: ShelfRun): string => `${run.id} ${run.startedAtMs ?? 0}`

export function createSeriesShelf(source: SeriesSource): SeriesShelf {
  let open: ReadonlyMap<string, RunSeries> = new Map()
  const listeners = new Set<() => void>()
  const show = (runs: readonly ShelfRun[]): void => {
    const wanted = new Set(runs.map(keyOf))
    const added = runs.filter((run) => !open.has(keyOf(run)))
    const left = [...open].filter(([key]) => !wanted.has(key))
    if (added.length === 0 && left.length === 0) return
    for (const [, series] of left) series.close()
    const kept = [...open].filter(([key]) => wanted.has(key))
    const opened = added.map((run) => [keyOf(run), new RunSeries({ jobId: run.id, lastSeq: run.lastSeq, originMs: run.startedAtMs ?? run.createdAtMs }, source)] as const)
    open = new Map([...kept, ...opened])
    for (const listener of [...listeners]) listener()
  }
  return {
    show,
    open: () => open,
    of: (run) => open.get(keyOf(run)) ?? null,
    onOpen(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    close() {
      show([])
    },
  }
}
