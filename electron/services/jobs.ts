import { AppError } from '../shared/app-error'
import type { JobId } from '../shared/ids'
import type { JobDetail, JobSummary, PlanIssue } from '../shared/job'
import type { JobRequest } from '../shared/job-spec'
import type { Quote } from '../shared/money'
import { canRetry, isTerminal } from '../domain/job-machine'
import type { BackendRegistry } from '../backends/registry'
import type { CheckpointsStore } from '../storage/checkpoints-store'
import type { JobsStore, NewJob } from '../storage/jobs-store'
import type { Plans } from './plans'
import type { Queue } from './queue'
import type { Runs } from './runs'

export interface JobsDeps {
  readonly store: JobsStore
  readonly checkpoints: CheckpointsStore
  readonly backends: BackendRegistry
  readonly runs: Pick<Runs, 'cancel'>
  readonly queue: Queue
  readonly plans: Pick<Plans, 'check'>
  readonly names: (request: JobRequest) => { readonly modelName: string; readonly datasetName: string }
  readonly newId: () => JobId
  readonly now: () => number
  readonly removeFolder: (folder: string) => Promise<void>
  /** A job that runs elsewhere was made, for what its plan said it costs. */
  readonly onQuoted: (jobId: JobId, quote: Quote) => void
  readonly onChanged: (jobId: JobId) => void
  readonly onRemoved: (jobId: JobId) => void
}

export type Created = { readonly jobId: JobId } | { readonly refused: readonly PlanIssue[] }

/** A removed job can be brought back for so long; then its folder and its points go. */
export const keepRemovedMs = 24 * 3_600_000

/** Use cases of jobs as the window knows them: state what to run, stop it, do it again, name it, delete it. */
export function createJobs(deps: JobsDeps) {
  const { store } = deps

  const enqueue = async (request: JobRequest, links: Pick<NewJob, 'resume' | 'retryOf'> & { readonly basedOn?: JobId }): Promise<Created> => {
    const { issues, cloud } = await deps.plans.check(request)
    const refused = issues.filter(({ severity }) => severity === 'error')
    if (refused.length > 0) return { refused }
    const id = deps.newId()
    store.create({ id, request, ...deps.names(request), state: 'queued', createdAtMs: deps.now(), ...links })
    if (cloud !== null) deps.onQuoted(id, cloud.quote)
    deps.onChanged(id)
    deps.queue.tick()
    return { jobId: id }
  }

  return {
    list: (): readonly JobSummary[] => store.list(),
    get: (id: JobId): JobDetail => store.detail(id),

    create: (request: JobRequest): Promise<Created> => enqueue(request, { resume: null, retryOf: null }),

    /** A run whose settings were changed after what another one showed. */
    createFrom(request: JobRequest, basedOn: JobId): Promise<Created> {
      store.record(basedOn)
      return enqueue(request, { resume: null, retryOf: null, basedOn })
    },

    /** The same request once more, as a new run in a new folder. */
    async retry(id: JobId): Promise<Created> {
      const { state, request, resume } = store.record(id)
      if (!canRetry(state)) throw new AppError('JOB_STATE', `a job that is ${state} can't be retried`, { data: { state } })
      return enqueue(request, { resume, retryOf: id })
    },

    /** A new run that goes on from a checkpoint of this one, with the same settings. */
    async resume(id: JobId, step: number, name: string | null): Promise<Created> {
      const { state, request } = store.record(id)
      if (!isTerminal(state) && state !== 'paused') throw new AppError('JOB_STATE', `a job that is ${state} can't be resumed`, { data: { state } })
      if (!deps.backends[request.backend].capabilities.resume) throw new AppError('JOB_REFUSED', `${request.backend} can't resume`)
      const checkpoint = deps.checkpoints.list(id).find((known) => known.step === step && known.present)
      if (checkpoint === undefined) throw new AppError('CHECKPOINT_NOT_FOUND', `there is no checkpoint at step ${step}`, { data: { step } })
      const resumed = { ...request, name: name ?? `${request.name.slice(0, 100)} from ${step}` }
      return enqueue(resumed, { resume: { jobId: id, checkpointPath: checkpoint.path, step }, retryOf: null })
    },

    async cancel(id: JobId, mode: 'save' | 'force'): Promise<void> {
      await deps.runs.cancel(id, mode)
      deps.queue.tick()
    },

    edit(id: JobId, change: { readonly name?: string | undefined; readonly tags?: readonly string[] | undefined; readonly note?: string | undefined; readonly colour?: number | undefined }): void {
      const { name, tags, note, colour } = change
      store.patch(id, {
        ...(name === undefined ? {} : { name }), ...(tags === undefined ? {} : { tags }), ...(note === undefined ? {} : { note }), ...(colour === undefined ? {} : { colour }),
      })
      deps.onChanged(id)
    },

    /** Hides a job; `restore` brings it back until its folder is purged. */
    remove(id: JobId): void {
      store.remove(id, deps.now())
      deps.onRemoved(id)
      deps.queue.tick()
    },
    restore(id: JobId): void {
      store.restore(id)
      deps.onChanged(id)
    },

    /** Deletes for good what was removed long enough ago; run at the start. */
    async purge(beforeMs = deps.now() - keepRemovedMs): Promise<void> {
      for (const id of store.removedBefore(beforeMs)) {
        const { runFolder } = store.record(id)
        if (runFolder !== null) await deps.removeFolder(runFolder)
        await store.purge(id)
      }
    },
  }
}
export type Jobs = ReturnType<typeof createJobs>
