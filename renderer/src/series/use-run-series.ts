import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { JobSummary } from '../../../electron/shared/job'
import { engineSource } from './engine-source'
import { createSeriesShelf } from './series-shelf'
import type { RunSeries } from './series-store'

export interface ShownRun {
  readonly job: JobSummary
  readonly series: RunSeries
}

/** The series of the runs that a page shows: closed when a run or the page leaves. `subscribe` hears all of them. */
export function useRunSeries(jobs: readonly JobSummary[]): { readonly runs: readonly ShownRun[]; subscribe(listener: () => void): () => void } {
  const [shelf] = useState(() => createSeriesShelf(engineSource))
  const open = useSyncExternalStore(shelf.onOpen, shelf.open)
  useEffect(() => {
    shelf.show(jobs)
  }, [shelf, jobs])
  useEffect(() => () => {
    shelf.close()
  }, [shelf])
  const runs = useMemo(
    () => jobs.flatMap((job) => {
      const series = open.size === 0 ? null : shelf.of(job)
      return series === null ? [] : [{ job, series }]
    }),
    [jobs, open, shelf],
  )
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = [...open.values()].map((series) => series.subscribe(listener))
      return () => {
        for (const stop of stops) stop()
      }
    },
    [open],
  )
  return { runs, subscribe }
}
