import { useEffect, useState } from 'react'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { useUi } from '../../stores/ui'

export interface JobDetailState {
  readonly detail: JobDetail | null
  readonly error: unknown
}

const costEveryMs = 30_000

/** What the list does not carry; asked again when the run's state, its best step or its last evaluation changes, and now and then while a place counts its cost, and when the engine is back. */
export function useJobDetail(job: JobSummary): JobDetailState {
  const [state, setState] = useState<JobDetailState>({ detail: null, error: null })
  const life = useUi((ui) => ui.engineLife)
  const { id, state: jobState, bestStep, evalLoss, stage } = job
  const costTick = job.phase === null ? null : Math.floor(job.phase.atMs / costEveryMs)
  useEffect(() => {
    let current = true
    request('jobs.get', { jobId: id }).then(
      (detail) => {
        if (current) setState({ detail, error: null })
      },
      (error: unknown) => {
        if (current) setState((before) => ({ detail: before.detail, error }))
      },
    )
    return () => {
      current = false
    }
  }, [id, jobState, bestStep, evalLoss, stage, costTick, life])
  return state
}
