import type { JobId } from '../shared/ids'
import { activeStates } from '../shared/job-state-groups'
import type { JobState } from '../shared/job-state'
import type { MainPort } from '../shared/main-port'
import type { AppSettings } from '../shared/settings'
import type { Stores } from '../storage/stores'
import type { Push } from './windows'

export interface AnnouncerDeps {
  readonly push: Push
  readonly stores: Stores
  readonly main: MainPort
  readonly settings: () => AppSettings
}

/** What a user did is seen at once; the numbers of a fast run change four times a second, since each change draws the page anew. */
const changeMs = 100
const progressMs = 250

/** Tells windows and main what became of jobs: hints are gathered, so that a fast run does not flood anybody. */
export function createAnnouncer({ push, stores, main, settings }: AnnouncerDeps) {
  const dirty = new Set<JobId>()
  const seqs = new Map<JobId, number>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let dueMs = Infinity

  const send = (): void => {
    timer = null
    dueMs = Infinity
    const jobs = [...dirty].map((id) => stores.jobs.summary(id))
    dirty.clear()
    if (jobs.length > 0) push('jobs.changed', { jobs, removed: [] })
    for (const [jobId, lastSeq] of seqs) push('job.changed', { jobId, lastSeq })
    seqs.clear()
    tellMain()
  }
  const sendIn = (waitMs: number): void => {
    const wantedMs = performance.now() + waitMs
    if (wantedMs >= dueMs) return
    if (timer !== null) clearTimeout(timer)
    dueMs = wantedMs
    timer = setTimeout(send, waitMs)
  }
  const tellMain = (): void => {
    const running = stores.jobs.inStates(activeStates)
    const waiting = stores.jobs.inStates(['queued']).length
    const first = running[0] === undefined ? null : stores.jobs.summary(running[0].id)
    const progressRatio = first === null || first.totalSteps === null || first.totalSteps === 0 ? null : Math.min(1, first.step / first.totalSteps)
    void main.setActivity({ running: running.length, waiting, keepAwake: settings().keepAwake && running.length > 0, progressRatio })
  }

  return {
    changed(jobId: JobId): void {
      dirty.add(jobId)
      sendIn(changeMs)
    },
    stored(jobId: JobId, lastSeq: number): void {
      dirty.add(jobId)
      seqs.set(jobId, lastSeq)
      sendIn(progressMs)
    },
    removed(jobId: JobId): void {
      dirty.delete(jobId)
      push('jobs.changed', { jobs: [], removed: [jobId] })
      tellMain()
    },
    ended(jobId: JobId, state: JobState): void {
      const { name, step, loss, bestEvalLoss } = stores.jobs.summary(jobId)
      if (!settings().notifyOnEnd || state === 'cancelled') return
      const best = bestEvalLoss ?? loss
      const body = state === 'succeeded' ? `Done after ${step} steps${best === null ? '' : `, ${bestEvalLoss === null ? 'loss' : 'best evaluation loss'} ${best.toFixed(4)}`}.` : `Ended at step ${step}. Open it to see why.`
      void main.notify({ title: state === 'succeeded' ? `${name} has finished` : `${name} ${state === 'failed' ? 'failed' : 'was interrupted'}`, body, openJob: jobId })
    },
    tellMain,
    close(): void {
      if (timer !== null) clearTimeout(timer)
    },
  }
}
