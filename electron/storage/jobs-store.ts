import { AppError } from '../shared/app-error'
import { isTerminal, nextState, type JobMachineEvent, type Transition } from '../domain/job-machine'
import type { RunPhase, RunUsage } from '../shared/cloud'
import type { ConnectionId, EnvironmentId, JobId, ModelId } from '../shared/ids'
import type { JobDetail, JobSummary } from '../shared/job'
import type { Device, JobRequest, JobSpec } from '../shared/job-spec'
import type { JobState, RunEnd } from '../shared/job-state'
import type { Bill, Quote } from '../shared/money'
import { createCheckpointsStore } from './checkpoints-store'
import type { Connection } from './database'
import { requestOf, toRecord, toSummary, type JobColumns, type JobRecord } from './job-columns'
import { createJobRemoval, type JobRemoval } from './job-removal'
import type { JobRow } from './job-row'
import { fromJson, fromJsonOrNull, toJsonOrNull } from './json-column'
import type { EventsStore } from './events-store'
import type { MetricsStore } from './metrics-store'

/** A job to be. `state` is where it begins: `queued`, or `draft`, or a terminal state for an imported run folder. */
export interface NewJob {
  readonly id: JobId
  readonly request: JobRequest
  readonly modelName: string
  readonly datasetName: string
  readonly state: Extract<JobState, 'draft' | 'queued' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted'>
  readonly createdAtMs: number
  readonly resume: { readonly jobId: JobId; readonly checkpointPath: string; readonly step: number } | null
  readonly retryOf: JobId | null
  readonly basedOn?: JobId | null
  /** When an imported run ran; left out for a run to come. */
  readonly ran?: { readonly startedAtMs: number | null; readonly finishedAtMs: number | null }
}

/** Facts about a job that are no state; a field that is left out stays as it is. */
export interface JobPatch {
  readonly name?: string
  readonly tags?: readonly string[]
  readonly note?: string
  readonly colour?: number
  readonly spec?: JobSpec
  readonly device?: Device | null
  readonly handle?: unknown
  readonly runFolder?: string
  readonly environmentId?: EnvironmentId
  readonly end?: RunEnd | null
  readonly waitingFor?: string | null
  readonly phase?: RunPhase | null
  readonly usage?: RunUsage | null
  readonly connectionId?: ConnectionId
  readonly remoteId?: string | null
}

export interface JobsStore extends JobRemoval {
  create(job: NewJob): JobSummary
  /** The row key for ingestion and series. Throws JOB_NOT_FOUND. */
  rowOf(id: JobId): JobRow
  /** Throws JOB_NOT_FOUND, like every call that names one job. Deleted jobs are found as well. */
  record(id: JobId): JobRecord
  /** As `record`, but null for a job that is gone for good. */
  find(id: JobId): JobRecord | null
  summary(id: JobId): JobSummary
  detail(id: JobId): JobDetail
  /** All that are not deleted, newest first. */
  list(): JobSummary[]
  /** Jobs in the given states that are not deleted, in queue order, then by time of creation. */
  inStates(states: readonly JobState[]): JobRecord[]
  /** Asks the state machine and writes its answer, with `patch`, in one transaction. The only way to change a state. */
  transition(id: JobId, event: JobMachineEvent, atMs: number, patch?: JobPatch): Transition
  patch(id: JobId, patch: JobPatch): void
  /** Moves a queued job to a place counted from 1. */
  move(id: JobId, place: number): void
  /** The job that stands at a place under this name or id; removed ones too. Null when there is none. */
  byRemoteId(connectionId: ConnectionId, remoteId: string): JobRecord | null
}

export function createJobsStore(connection: Connection, metrics: MetricsStore, events: EventsStore): JobsStore {
  const select = `SELECT *, CASE WHEN state = 'queued' AND deleted_at_ms IS NULL THEN
    (SELECT COUNT(*) FROM training_jobs q WHERE q.state = 'queued' AND q.deleted_at_ms IS NULL AND (q.queue_place, q.row_id) <= (j.queue_place, j.row_id)) END AS queue_position
    FROM training_jobs j`
  const byId = connection.prepare<[string], JobColumns>(`${select} WHERE id = ?`)
  const all = connection.prepare<[], JobColumns>(`${select} WHERE deleted_at_ms IS NULL ORDER BY row_id DESC`)
  const inStates = connection.prepare<[string], JobColumns>(
    `${select} WHERE deleted_at_ms IS NULL AND state IN (SELECT value FROM json_each(?)) ORDER BY queue_place IS NULL, queue_place, row_id`,
  )
  const insert = connection.prepare(`INSERT INTO training_jobs
    (id, name, state, backend, base_model_id, base_model, dataset_id, dataset, request, colour, dashed, queue_place, resumed_from, resume_path, resume_step, retry_of, based_on, created_at_ms, started_at_ms, finished_at_ms)
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`)
  const lookUse = connection.prepare<[], { colour: number; dashed: number; uses: number }>(
    'SELECT colour, dashed, COUNT(*) AS uses FROM training_jobs WHERE deleted_at_ms IS NULL GROUP BY colour, dashed',
  )
  const lastPlace = connection.prepare<[], number | null>('SELECT MAX(queue_place) FROM training_jobs').pluck()
  const setState = connection.prepare(`UPDATE training_jobs SET state = ?, started_at_ms = ?, finished_at_ms = ?, queue_place = ?, waiting_for = ? WHERE id = ?`)
  const queuedIds = connection.prepare<[], string>("SELECT id FROM training_jobs WHERE state = 'queued' AND deleted_at_ms IS NULL ORDER BY queue_place, row_id").pluck()
  const setPlace = connection.prepare('UPDATE training_jobs SET queue_place = ? WHERE id = ?')
  const lineage = connection.prepare<[string], JobId>(
    `WITH RECURSIVE chain (id, depth) AS (SELECT resumed_from, 1 FROM training_jobs WHERE id = ? UNION ALL
       SELECT j.resumed_from, depth + 1 FROM chain JOIN training_jobs j ON j.id = chain.id WHERE chain.id IS NOT NULL AND depth < 1000)
     SELECT id FROM chain WHERE id IS NOT NULL ORDER BY depth`,
  ).pluck()
  const outputModel = connection.prepare<[string], ModelId>(
    'SELECT id FROM fine_tuned_models WHERE job_id = ? AND checkpoint_step IS NULL AND deleted_at_ms IS NULL ORDER BY created_at_ms DESC LIMIT 1',
  ).pluck()
  const checkpoints = createCheckpointsStore(connection)
  const money = connection.prepare<[string], { quote: string | null; bill: string | null }>('SELECT quote, bill FROM ledger WHERE job_id = ?')
  const byRemoteId = connection.prepare<[string, string], JobColumns>(`${select} WHERE connection_id = ? AND remote_id = ?`)

  const sparks = new Map<number, { readonly lastSeq: number; readonly spark: readonly number[] }>()
  const sparkOf = (columns: JobColumns): readonly number[] => {
    const kept = sparks.get(columns.row_id)
    if (kept?.lastSeq === columns.last_seq) return kept.spark
    const spark = columns.last_seq < 0 ? [] : metrics.spark(columns.row_id as JobRow)
    sparks.set(columns.row_id, { lastSeq: columns.last_seq, spark })
    return spark
  }
  const find = (id: JobId): JobColumns => {
    const columns = byId.get(id)
    if (columns === undefined) throw new AppError('JOB_NOT_FOUND', `There is no job ${id}.`)
    return columns
  }
  const summarise = (columns: JobColumns): JobSummary => toSummary(columns, sparkOf(columns))
  const nextPlace = (): number => (lastPlace.get() ?? 0) + 1

  const patch = (id: JobId, change: JobPatch): void => {
    const columns = columnsOfPatch(change)
    if (columns.length === 0) return
    connection.prepare(`UPDATE training_jobs SET ${columns.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`).run(...columns.map(([, value]) => value), id)
  }
  const create = connection.transaction((job: NewJob): void => {
    const { request, resume } = job
    const look = leastUsedLook(lookUse.all())
    insert.run(
      job.id, request.name, job.state, request.backend, request.modelId, job.modelName, request.datasetId, job.datasetName, JSON.stringify(request),
      look.colour, look.dashed, job.state === 'queued' ? nextPlace() : null, resume?.jobId, resume?.checkpointPath, resume?.step, job.retryOf, job.basedOn, job.createdAtMs,
      job.ran?.startedAtMs, job.ran?.finishedAtMs,
    )
  })
  const transition = connection.transaction((id: JobId, event: JobMachineEvent, atMs: number, change: JobPatch): Transition => {
    const columns = find(id)
    const answer = nextState(columns.state, event)
    if (answer.kind === 'refused') return answer
    const { to } = answer
    // A job that goes back to the queue keeps its place; what waits no longer has no reason to wait.
    const place = to === 'queued' ? (columns.queue_place ?? nextPlace()) : to === 'preparing' ? columns.queue_place : null
    setState.run(
      to, event.kind === 'started' ? (columns.started_at_ms ?? atMs) : columns.started_at_ms, isTerminal(to) || to === 'paused' ? atMs : null,
      place, to === 'queued' ? columns.waiting_for : null, id,
    )
    patch(id, change)
    return answer
  })
  const move = connection.transaction((id: JobId, place: number): void => {
    const rest = queuedIds.all().filter((other) => other !== id)
    rest.splice(Math.max(0, Math.floor(place) - 1), 0, id)
    rest.forEach((other, index) => setPlace.run(index + 1, other))
  })

  return {
    create(job) {
      create.immediate(job)
      return summarise(find(job.id))
    },
    rowOf: (id) => find(id).row_id as JobRow,
    record: (id) => toRecord(find(id)),
    find(id) {
      const columns = byId.get(id)
      return columns === undefined ? null : toRecord(columns)
    },
    summary: (id) => summarise(find(id)),
    detail(id) {
      const columns = find(id)
      return {
        job: summarise(columns),
        request: requestOf(columns.request),
        runFolder: columns.run_folder,
        end: toRecord(columns).end,
        checkpoints: checkpoints.list(id),
        versions: fromJson<Readonly<Record<string, string>>>(columns.versions),
        trainableParameters: columns.trainable_parameters,
        totalParameters: columns.total_parameters,
        trainRows: columns.train_rows,
        evalRows: columns.eval_rows,
        trainedTokens: columns.trained_tokens,
        totalTokens: columns.total_tokens,
        warnings: events.ofKind(columns.row_id as JobRow, 'warning', 200).map(({ code, message }) => ({ code, message })),
        outputModelId: outputModel.get(id) ?? null,
        lineage: lineage.all(id),
        remoteId: columns.remote_id,
        quote: fromJsonOrNull<Quote>(money.get(id)?.quote ?? null),
        bill: fromJsonOrNull<Bill>(money.get(id)?.bill ?? null),
      }
    },
    list: () => all.all().map(summarise),
    inStates: (states) => inStates.all(JSON.stringify(states)).map(toRecord),
    transition: (id, event, atMs, change = {}) => transition.immediate(id, event, atMs, change),
    patch(id, change) {
      find(id)
      patch(id, change)
    },
    byRemoteId(connectionId, remoteId) {
      const columns = byRemoteId.get(connectionId, remoteId)
      return columns === undefined ? null : toRecord(columns)
    },
    move(id, place) {
      if (find(id).state === 'queued') move.immediate(id, place)
    },
    ...createJobRemoval(connection),
  }
}

function columnsOfPatch(change: JobPatch): (readonly [column: string, value: string | number | null])[] {
  const columns: (readonly [string, string | number | null])[] = []
  if (change.name !== undefined) columns.push(['name', change.name])
  if (change.tags !== undefined) columns.push(['tags', JSON.stringify(change.tags)])
  if (change.note !== undefined) columns.push(['note', change.note])
  if (change.colour !== undefined) columns.push(['colour', change.colour])
  if (change.spec !== undefined) columns.push(['config', JSON.stringify(change.spec)])
  if (change.device !== undefined) columns.push(['device', toJsonOrNull(change.device)])
  if (change.handle !== undefined) columns.push(['handle', toJsonOrNull(change.handle)])
  if (change.runFolder !== undefined) columns.push(['run_folder', change.runFolder])
  if (change.environmentId !== undefined) columns.push(['environment_id', change.environmentId])
  if (change.end !== undefined) columns.push(['run_end', toJsonOrNull(change.end)])
  if (change.phase !== undefined) columns.push(['phase', toJsonOrNull(change.phase)])
  if (change.usage !== undefined) columns.push(['usage', toJsonOrNull(change.usage)])
  if (change.connectionId !== undefined) columns.push(['connection_id', change.connectionId])
  if (change.remoteId !== undefined) columns.push(['remote_id', change.remoteId])
  if (change.waitingFor !== undefined) columns.push(['waiting_for', change.waitingFor])
  return columns
}

/** Eight solid colours first, then the same ones dashed; among them the one that the fewest runs have. */
function leastUsedLook(used: readonly { colour: number; dashed: number; uses: number }[]): { colour: number; dashed: number } {
  const usesOf = (colour: number, dashed: number): number => used.find((entry) => entry.colour === colour && entry.dashed === dashed)?.uses ?? 0
  const looks = [0, 1].flatMap((dashed) => [1, 2, 3, 4, 5, 6, 7, 8].map((colour) => ({ colour, dashed, uses: usesOf(colour, dashed) })))
  return looks.reduce((best, look) => (look.uses < best.uses ? look : best))
}
