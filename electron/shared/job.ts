import type { RunPhase } from './cloud'
import type { Bill, Quote } from './money'
import type { BackendId, Device, JobRequest, TrainingSettings } from './job-spec'
import type { FailureCause, JobState, RunEnd } from './job-state'
import type { DatasetId, EnvironmentId, JobId, ModelId } from './ids'
import type { Stage } from './training-event'

/** A row of the queue, as the window shows it. Progress fields are derived from the run's events. */
export interface JobSummary {
  readonly id: JobId
  readonly name: string
  readonly state: JobState
  readonly backend: BackendId
  readonly modelId: ModelId
  readonly modelName: string
  readonly datasetId: DatasetId
  readonly datasetName: string
  readonly settings: TrainingSettings
  readonly device: Device | null
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  /** Place in the queue from 1, for queued jobs. */
  readonly queuePosition: number | null
  readonly waitingFor: string | null
  readonly stage: Stage | null
  readonly step: number
  readonly totalSteps: number | null
  readonly epoch: number
  readonly etaSeconds: number | null
  readonly loss: number | null
  readonly evalLoss: number | null
  readonly bestEvalLoss: number | null
  readonly bestStep: number | null
  readonly tokensPerSecond: number | null
  readonly samplesPerSecond: number | null
  readonly learningRate: number | null
  readonly lastSeq: number
  readonly cause: FailureCause | null
  readonly tags: readonly string[]
  readonly note: string
  /** Stable run colour, 1..8, and from the ninth run on dashed. */
  readonly colour: number
  readonly dashed: boolean
  readonly resumedFrom: JobId | null
  readonly retryOf: JobId | null
  /** The run whose curves and comparison this one's settings were changed after. */
  readonly basedOn: JobId | null
  readonly environmentId: EnvironmentId | null
  /** What it does elsewhere; null for a local run, and once it is over. */
  readonly phase: RunPhase | null
  /** Evaluation losses, at most 64 points, for the small curve of a list. */
  readonly spark: readonly number[]
}

export interface Checkpoint {
  readonly step: number
  readonly path: string
  readonly evalLoss: number | null
  readonly best: boolean
  readonly sizeBytes: number | null
  readonly present: boolean
  readonly modelId: ModelId | null
}

export interface JobDetail {
  readonly job: JobSummary
  readonly request: JobRequest
  readonly runFolder: string | null
  readonly end: RunEnd | null
  readonly checkpoints: readonly Checkpoint[]
  readonly versions: Readonly<Record<string, string>>
  readonly trainableParameters: number | null
  readonly totalParameters: number | null
  readonly trainRows: number | null
  readonly evalRows: number | null
  readonly trainedTokens: number | null
  readonly totalTokens: number | null
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  readonly outputModelId: ModelId | null
  /** First line of lineage: the runs that this one continues, newest first. */
  readonly lineage: readonly JobId[]
  /** The job's name or id at its place, once it is there. */
  readonly remoteId: string | null
  readonly quote: Quote | null
  readonly bill: Bill | null
}

/** A reason why a job can't start, or a thing to know before it does. `field` names the setting it belongs to. */
export interface PlanIssue {
  readonly severity: 'error' | 'warning' | 'info'
  readonly code: string
  readonly message: string
  readonly field: string | null
}
