import { join } from 'node:path'
import { AppError, messageOf } from '../shared/app-error'
import type { RemoteOutput, RunPhase, RunUsage } from '../shared/cloud'
import type { JobId } from '../shared/ids'
import type { Device, JobRequest, JobSpec } from '../shared/job-spec'
import { FailureCauseKind } from '../shared/job-state'
import type { FailureCause, JobState, RunEnd } from '../shared/job-state'
import { isTerminal } from '../domain/job-machine'
import type { RunOutcome } from '../domain/job-machine'
import type { BackendRegistry } from '../backends/registry'
import type { RunObservation, PreparedRun, RunContext, RunEnding, RunHandle, TrainingBackend } from '../backends/training-backend'
import type { Ingestor } from '../storage/ingest'
import type { JobRecord } from '../storage/job-columns'
import type { JobsStore } from '../storage/jobs-store'
import type { Environments } from './environments'

export interface RunsDeps {
  readonly jobs: JobsStore
  readonly ingestor: Ingestor
  readonly backends: BackendRegistry
  readonly environments: Pick<Environments, 'forDevice' | 'list'>
  /** Folder that holds one run folder per job. */
  readonly runsRoot: string
  readonly supervisorPath: string
  readonly templates: () => Promise<Readonly<Record<string, string>>>
  /** Where model and data of a request lie now. Throws MODEL_NOT_FOUND, MODEL_UNUSABLE, DATASET_NOT_FOUND. */
  readonly resolve: (request: JobRequest) => Promise<Pick<JobSpec, 'model' | 'data'>>
  /** Frees the device, before a run starts on it. */
  readonly beforeStart: (device: Device) => Promise<void>
  /** Registers what a run left behind, here and at a service, before its end is announced. */
  readonly collectOutputs: (jobId: JobId, outputs: readonly RemoteOutput[]) => Promise<void>
  /** A place counted more; what follows from it (a bill, a budget that is used up) is decided there. */
  readonly onUsage: (jobId: JobId) => void
  /** Waits before a place that does not answer is asked again. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly now: () => number
  /** State or facts of a job changed. */
  readonly onChanged: (jobId: JobId) => void
  /** Points or events of a job were stored. */
  readonly onStored: (jobId: JobId, lastSeq: number) => void
  readonly onEnded: (jobId: JobId, state: JobState) => void
  readonly onFault: (message: string, error: unknown) => void
}

const outcomes: Readonly<Record<Exclude<RunEnding, 'lost'>, RunOutcome>> = { completed: 'completed', stopped: 'stopped', failed: 'failed' }

/** Reading the events of a long run takes seconds; one that still goes on is told by this. */
const adoptTimeoutMs = 60_000

/** Between two tries to start a job at a place that does not answer, or that asks for a login. */
const startAgainMs = 15_000

/** After a fault (a full disk, a folder that can't be read), a run is looked at again: it may have ended meanwhile, and its device must not stay taken. */
const followAgainMs = 15_000

/** Starts runs, follows them into the store, and takes them up again after a restart. Closing leaves every run alone. */
export function createRuns(deps: RunsDeps) {
  const { jobs } = deps
  const starting = new Map<JobId, AbortController>()
  let closed = false
  const following = new Map<JobId, { readonly abort: AbortController; readonly done: Promise<void> }>()

  const backendOf = (record: JobRecord): TrainingBackend => deps.backends[record.request.backend]
  const handleOf = (record: JobRecord): RunHandle | null => record.handle as RunHandle | null

  const contextOf = async (record: JobRecord, device: Device): Promise<RunContext & { readonly environmentId: JobRecord['environmentId'] }> => {
    const runFolder = record.runFolder ?? join(deps.runsRoot, record.id)
    if (device.kind === 'cloud') return { runFolder, python: '', supervisorPath: deps.supervisorPath, templates: await deps.templates(), environment: {}, environmentId: null }
    const environment = deps.environments.list().find((known) => known.id === record.environmentId && known.state === 'ready') ?? deps.environments.forDevice(device.kind)
    const python = environment?.pythonPath ?? null
    if (environment === null || python === null) throw new AppError('ENVIRONMENT_NOT_READY', 'no Python environment is ready for this device')
    return {
      runFolder, python, supervisorPath: deps.supervisorPath,
      templates: await deps.templates(), environment: {}, environmentId: environment.id,
    }
  }

  const specOf = async (record: JobRecord, device: Device): Promise<JobSpec> => {
    const { request, resume } = record
    const { model, data } = await deps.resolve(request)
    return {
      schemaVersion: 1, jobId: record.id, name: record.name, createdAtMs: record.createdAtMs, backend: request.backend, objective: { kind: 'sft' },
      model, data, settings: request.settings, device, resume, cloud: request.cloud,
    }
  }

  const launch = async (id: JobId, device: Device): Promise<void> => {
    const record = jobs.record(id)
    const backend = backendOf(record)
    const { environmentId, ...context } = await contextOf(record, device)
    const spec = await specOf(record, device)
    jobs.patch(id, { spec, runFolder: context.runFolder, ...(environmentId === null ? {} : { environmentId }) })
    const prepared = await backend.prepare(spec, context)
    await deps.beforeStart(device)
    const handle = await startUntilAnswered(id, backend, prepared, context)
    if (handle === null) return
    jobs.transition(id, { kind: 'started' }, deps.now(), { handle, ...(handle.kind === 'remote' ? { connectionId: handle.connectionId, remoteId: handle.remoteId } : {}) })
    deps.onChanged(id)
    if (jobs.record(id).state === 'cancelling') await backend.cancel(handle, 'graceful')
    follow(id)
  }

  const setPhase = (id: JobId, phase: RunPhase | null): void => {
    jobs.patch(id, { phase })
    deps.onChanged(id)
  }

  /** A place may be silent or ask for a login: the job waits there instead of failing, and can be stopped meanwhile. Null when the app closes. */
  const startUntilAnswered = async (id: JobId, backend: TrainingBackend, prepared: PreparedRun, context: RunContext): Promise<RunHandle | null> => {
    const onPhase = (phase: RunPhase): void => setPhase(id, phase)
    for (;;) {
      // A stop that came meanwhile must reach the folder before the start looks for it.
      const stopping = jobs.record(id).state === 'cancelling'
      if (stopping) await backend.cancel(prepared, 'force')
      const abort = new AbortController()
      if (closed) return null
      if (!stopping) starting.set(id, abort)
      try {
        return await backend.start(prepared, { ...context, onPhase, signal: abort.signal })
      } catch (error) {
        if (closed) return null
        if (abort.signal.aborted) continue
        if (!isSilent(error)) throw error
        const attention = error.code === 'LOGIN_EXPIRED'
        const command = error.data?.['command']
        setPhase(id, { text: error.message, ratio: null, atMs: deps.now(), attention, command: typeof command === 'string' ? command : null })
        await deps.wait(startAgainMs, abort.signal)
      } finally {
        starting.delete(id)
      }
    }
  }

  const store = async (id: JobId, signal: AbortSignal): Promise<void> => {
    const first = jobs.record(id)
    const handle = handleOf(first)
    if (handle === null || isTerminal(first.state)) return
    let cursor = first.eventCursor
    for await (const seen of backendOf(first).observe(handle, cursor, signal)) {
      if (seen.kind === 'phase') {
        jobs.patch(id, { phase: seen.phase, ...(seen.usage === null ? {} : { usage: seen.usage }) })
        deps.onChanged(id)
        deps.onUsage(id)
        continue
      }
      if (seen.kind === 'finished') return await finish(id, seen.ending, seen.end, seen.finishedAtMs, seen)
      const result = deps.ingestor.ingest(first.row, { events: seen.events, nextCursor: seen.cursor }, cursor)
      if (result.kind === 'stale') throw new AppError('INTERNAL', `events of ${id} were stored by somebody else up to ${String(result.cursor)}`)
      cursor = seen.cursor
      deps.onStored(id, result.lastSeq)
    }
  }

  const finish = async (id: JobId, ending: RunEnding, end: RunEnd, finishedAtMs: number, left: { readonly usage?: RunUsage | null; readonly outputs?: readonly RemoteOutput[] } = {}): Promise<void> => {
    // A place that can't say what was used does not make what it said before untrue.
    jobs.patch(id, { end, phase: null, ...(left.usage === undefined || left.usage === null ? {} : { usage: left.usage }) })
    try {
      await deps.collectOutputs(id, left.outputs ?? [])
    } catch (error) {
      deps.onFault('the output of a run could not be registered', error)
    }
    const event = ending === 'lost' ? { kind: 'lost' as const } : { kind: 'finished' as const, outcome: outcomes[ending] }
    jobs.transition(id, event, finishedAtMs)
    deps.ingestor.forget(jobs.record(id).row)
    deps.onChanged(id)
    deps.onUsage(id)
    deps.onEnded(id, jobs.record(id).state)
  }

  /** The cursor is read anew each time, so what was stored before a fault is not stored twice. */
  const storeUntilOver = async (id: JobId, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await store(id, signal)
        return
      } catch (error) {
        deps.onFault('following a run failed; it is looked at again', error)
        await deps.wait(followAgainMs, signal)
      }
    }
  }

  const follow = (id: JobId): void => {
    if (following.has(id)) return
    const abort = new AbortController()
    const done = storeUntilOver(id, abort.signal).finally(() => following.delete(id))
    following.set(id, { abort, done })
  }

  const refuse = async (id: JobId, error: unknown): Promise<void> => {
    const end: RunEnd = { exitCode: null, signal: null, peakMemoryBytes: null, peakGpuMemoryBytes: null, lastLines: [], cause: causeOf(error) }
    deps.onFault('a job could not be started', error)
    await finish(id, 'failed', end, deps.now())
  }

  return {
    /** Prepares and starts a queued job on a device. A job that can't start ends as failed with its cause; nothing is thrown. */
    async start(id: JobId, device: Device): Promise<void> {
      if (jobs.transition(id, { kind: 'prepare' }, deps.now(), { device }).kind === 'refused') return
      deps.onChanged(id)
      try {
        await launch(id, device)
      } catch (error) {
        await refuse(id, error)
      }
    },

    /** Asks a job to end: a waiting one at once, a running one by its backend. */
    async cancel(id: JobId, mode: 'save' | 'force'): Promise<void> {
      const before = jobs.record(id)
      const asked = jobs.transition(id, { kind: mode === 'save' ? 'stop-requested' : 'force-requested' }, deps.now())
      if (asked.kind === 'refused') throw new AppError('JOB_STATE', `a job that is ${before.state} can't be stopped`, { data: { state: before.state } })
      const prepared: PreparedRun | null = before.runFolder !== null && before.device !== null
        ? { kind: before.device.kind === 'cloud' ? 'remote' : 'process', runFolder: before.runFolder, device: before.device } : null
      const target = handleOf(before) ?? prepared
      if (target !== null && before.state !== 'queued') await backendOf(before).cancel(target, mode === 'save' ? 'graceful' : 'force')
      starting.get(id)?.abort()
      deps.onChanged(id)
      if (asked.to === 'cancelled') deps.onEnded(id, 'cancelled')
    },

    /** Adds a run folder that is over, with its events, as a job of its own; the folder stays where it is. */
    async adopt(spec: JobSpec, runFolder: string, id: JobId): Promise<JobId> {
      const backend: TrainingBackend = deps.backends[spec.backend]
      const handle: RunHandle = { kind: 'process', runFolder, startedAtMs: spec.createdAtMs }
      const abort = new AbortController()
      const timer = setTimeout(() => abort.abort(), adoptTimeoutMs)
      const batches: Extract<RunObservation, { kind: 'batch' }>[] = []
      let finished: Extract<RunObservation, { kind: 'finished' }> | null = null
      for await (const seen of backend.observe(handle, null, abort.signal)) {
        if (seen.kind === 'batch') batches.push(seen)
        else if (seen.kind === 'finished') finished = seen
      }
      clearTimeout(timer)
      if (finished === null) throw new AppError('JOB_STATE', 'this run is not over yet', { data: { state: 'running' } })
      const state = finished.ending === 'lost' ? 'interrupted' : ({ completed: 'succeeded', stopped: 'cancelled', failed: 'failed' } as const)[finished.ending]
      const { name, model, data, device, settings } = spec
      const choice: JobRequest['device'] = device.kind === 'cuda' ? { kind: 'cuda', gpuUuid: device.gpuUuid } : { kind: 'cpu' }
      jobs.create({
        id, modelName: model.name, datasetName: data.name, state, createdAtMs: spec.createdAtMs, resume: null, retryOf: null,
        request: { name, backend: spec.backend, modelId: model.modelId, datasetId: data.datasetId, device: choice, settings, cloud: spec.cloud, budget: null },
        ran: { startedAtMs: spec.createdAtMs, finishedAtMs: finished.finishedAtMs },
      })
      jobs.patch(id, { spec, runFolder, device, handle, end: finished.end })
      const { row, eventCursor } = jobs.record(id)
      let cursor = eventCursor
      for (const batch of batches) {
        deps.ingestor.ingest(row, { events: batch.events, nextCursor: batch.cursor }, cursor)
        cursor = batch.cursor
      }
      deps.onChanged(id)
      return id
    },

    /** Takes a job that runs elsewhere, and that another installation sent, as one of our own. */
    adoptRemote(id: JobId, job: { readonly request: JobRequest; readonly modelName: string; readonly datasetName: string; readonly device: Device }, handle: RunHandle & { readonly kind: 'remote' }): void {
      const { device, ...rest } = job
      jobs.create({ id, ...rest, state: 'queued', createdAtMs: handle.startedAtMs, resume: null, retryOf: null })
      jobs.transition(id, { kind: 'prepare' }, deps.now(), { device, runFolder: handle.runFolder })
      jobs.transition(id, { kind: 'started' }, handle.startedAtMs, { handle, connectionId: handle.connectionId, remoteId: handle.remoteId })
      deps.onChanged(id)
      follow(id)
    },

    /** Follows a run on that was given up as lost at its place and is there after all, from where its events ended. */
    takeUpAgain(id: JobId): void {
      if (jobs.transition(id, { kind: 'found' }, deps.now(), { end: null }).kind === 'refused') return
      deps.onChanged(id)
      follow(id)
    },

    /** Takes up the runs of an earlier session: those with a handle are followed on, a start that was cut off is tried again. */
    recover(): void {
      for (const record of jobs.inStates(['preparing', 'running', 'pausing', 'cancelling'])) {
        if (handleOf(record) !== null) follow(record.id)
        // A job elsewhere may have been created although nobody heard the answer: only asking its place tells.
        else if (record.device !== null && (record.state === 'preparing' || (record.device.kind === 'cloud' && record.runFolder !== null))) void launch(record.id, record.device).catch((error: unknown) => refuse(record.id, error))
        else void finish(record.id, 'lost', { exitCode: null, signal: null, peakMemoryBytes: null, peakGpuMemoryBytes: null, lastLines: [], cause: null }, deps.now())
      }
    },

    active: (): readonly JobId[] => [...following.keys()],

    async close(): Promise<void> {
      closed = true
      for (const abort of starting.values()) abort.abort()
      for (const { abort } of following.values()) abort.abort()
      await Promise.all([...following.values()].map(({ done }) => done))
    },
  }
}
export type Runs = ReturnType<typeof createRuns>

/** A place that does not answer now, or only after a login: no reason to give a job up. */
function isSilent(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'LOGIN_EXPIRED' || error.code === 'CLOUD_UNREACHABLE')
}

const causeOfCode: Partial<Readonly<Record<string, FailureCauseKind>>> = {
  MODEL_NOT_FOUND: 'missing-model', MODEL_UNUSABLE: 'missing-model', DATASET_NOT_FOUND: 'bad-data', DATASET_INVALID: 'bad-data',
  ENVIRONMENT_NOT_READY: 'environment', PROCESS_FAILED: 'environment', PYTHON_NOT_FOUND: 'environment', DISK_FULL: 'disk-full',
}

/** The named cause of a job that did not come to start. */
function causeOf(error: unknown): FailureCause {
  const named = error instanceof AppError ? FailureCauseKind.safeParse(error.data?.['cause']) : null
  const kind = named?.success === true ? named.data : error instanceof AppError ? (causeOfCode[error.code] ?? 'unknown') : 'unknown'
  // What is behind a code travels beside it: the refused action, the bucket, the quota.
  const { cause: _cause, command: _command, ...facts } = (error instanceof AppError ? error.data : undefined) ?? {}
  const details = Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string | number] => typeof entry[1] === 'string' || typeof entry[1] === 'number'))
  return { kind, evidence: messageOf(error).slice(0, 2000), details }
}
