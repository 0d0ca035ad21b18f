import type { RunPhase, RunUsage } from '../shared/cloud'
import type { ConnectionId, DatasetId, EnvironmentId, JobId, ModelId } from '../shared/ids'
import type { JobSummary } from '../shared/job'
import type { BackendId, Device, JobRequest, JobSpec } from '../shared/job-spec'
import type { JobState, RunEnd } from '../shared/job-state'
import type { Stage } from '../shared/training-event'
import { fromJson, fromJsonOrNull } from './json-column'
import type { JobRow } from './job-row'
import type { ProgressRow } from './job-progress'

/** A row of `training_jobs` as SQLite gives it. */
export interface JobColumns extends ProgressRow {
  readonly row_id: number
  readonly id: JobId
  readonly name: string
  readonly state: JobState
  readonly backend: BackendId
  readonly base_model_id: ModelId
  readonly base_model: string
  readonly dataset_id: DatasetId
  readonly dataset: string
  readonly request: string
  readonly config: string | null
  readonly device: string | null
  readonly handle: string | null
  readonly run_folder: string | null
  readonly environment_id: EnvironmentId | null
  readonly colour: number
  readonly dashed: number
  readonly tags: string
  readonly note: string
  readonly queue_place: number | null
  readonly waiting_for: string | null
  readonly resumed_from: JobId | null
  readonly resume_path: string | null
  readonly resume_step: number | null
  readonly retry_of: JobId | null
  readonly based_on: JobId | null
  readonly phase: string | null
  readonly usage: string | null
  readonly connection_id: ConnectionId | null
  readonly remote_id: string | null
  readonly run_end: string | null
  readonly created_at_ms: number
  readonly started_at_ms: number | null
  readonly finished_at_ms: number | null
  readonly deleted_at_ms: number | null
  readonly event_cursor: string | null
  readonly last_seq: number
  /** Rank among queued jobs from 1, null for others. */
  readonly queue_position: number | null
}

/** What the engine needs to run a job or to take a run up again after a restart. */
export interface JobRecord {
  readonly row: JobRow
  readonly id: JobId
  readonly name: string
  readonly state: JobState
  readonly request: JobRequest
  readonly spec: JobSpec | null
  readonly device: Device | null
  /** What the backend's `start` returned; only the backend reads it. */
  readonly handle: unknown
  readonly runFolder: string | null
  readonly environmentId: EnvironmentId | null
  /** The backend's cursor behind the last stored event; null before the first. */
  readonly eventCursor: string | null
  readonly lastSeq: number
  readonly resume: { readonly jobId: JobId; readonly checkpointPath: string; readonly step: number } | null
  readonly end: RunEnd | null
  /** Set once it has run elsewhere. */
  readonly connectionId: ConnectionId | null
  readonly remoteId: string | null
  readonly usage: RunUsage | null
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

/** Requests of the first version name no place. */
export function requestOf(text: string): JobRequest {
  return { cloud: null, budget: null, ...fromJson<Omit<JobRequest, 'cloud' | 'budget'>>(text) }
}

export function toRecord(c: JobColumns): JobRecord {
  return {
    row: c.row_id as JobRow,
    id: c.id,
    name: c.name,
    state: c.state,
    request: requestOf(c.request),
    spec: fromJsonOrNull<JobSpec>(c.config),
    device: fromJsonOrNull<Device>(c.device),
    handle: fromJsonOrNull<unknown>(c.handle),
    runFolder: c.run_folder,
    environmentId: c.environment_id,
    eventCursor: c.event_cursor,
    lastSeq: c.last_seq,
    resume: c.resumed_from !== null && c.resume_path !== null && c.resume_step !== null
      ? { jobId: c.resumed_from, checkpointPath: c.resume_path, step: c.resume_step }
      : null,
    end: fromJsonOrNull<RunEnd>(c.run_end),
    connectionId: c.connection_id,
    remoteId: c.remote_id,
    usage: fromJsonOrNull<RunUsage>(c.usage),
    createdAtMs: c.created_at_ms,
    startedAtMs: c.started_at_ms,
    finishedAtMs: c.finished_at_ms,
  }
}

export function toSummary(c: JobColumns, spark: readonly number[]): JobSummary {
  return {
    id: c.id,
    name: c.name,
    state: c.state,
    backend: c.backend,
    modelId: c.base_model_id,
    modelName: c.base_model,
    datasetId: c.dataset_id,
    datasetName: c.dataset,
    settings: requestOf(c.request).settings,
    device: fromJsonOrNull<Device>(c.device),
    createdAtMs: c.created_at_ms,
    startedAtMs: c.started_at_ms,
    finishedAtMs: c.finished_at_ms,
    queuePosition: c.queue_position,
    waitingFor: c.waiting_for,
    // The union of stages is closed: ingestion writes only what parsing let through.
    stage: c.stage as Stage | null,
    step: c.current_step,
    totalSteps: c.total_steps,
    epoch: c.current_epoch,
    etaSeconds: c.eta_seconds,
    loss: c.training_loss,
    evalLoss: c.validation_loss,
    bestEvalLoss: c.best_validation_loss,
    bestStep: c.best_step,
    tokensPerSecond: c.tokens_per_second,
    samplesPerSecond: c.samples_per_second,
    learningRate: c.learning_rate,
    lastSeq: c.last_seq,
    cause: fromJsonOrNull<RunEnd>(c.run_end)?.cause ?? null,
    tags: fromJson<readonly string[]>(c.tags),
    note: c.note,
    colour: c.colour,
    dashed: c.dashed === 1,
    resumedFrom: c.resumed_from,
    retryOf: c.retry_of,
    basedOn: c.based_on,
    environmentId: c.environment_id,
    phase: fromJsonOrNull<RunPhase>(c.phase),
    spark,
  }
}
