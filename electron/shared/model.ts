import type { RemoteModel } from './cloud'
import type { Method, BackendId } from './job-spec'
import type { DownloadId, EnvironmentId, JobId, ModelId } from './ids'

/** A base model, or what a run made of one: on this machine, or at a service (`remote`, `remote-tuned`). One row of `fine_tuned_models` or of `base_models`. */
export interface ModelSummary {
  readonly id: ModelId
  readonly name: string
  readonly kind: 'demo' | 'folder' | 'hub' | 'remote' | 'adapter' | 'full' | 'remote-tuned'
  /** Absolute; empty for what only a service has. */
  readonly path: string
  readonly sizeBytes: number
  readonly parameters: number | null
  readonly architecture: string | null
  readonly contextLength: number | null
  readonly hasChatTemplate: boolean
  readonly endOfTurn: string | null
  readonly license: string | null
  /** For hub models: `org/name@revision`. */
  readonly hubId: string | null
  readonly createdAtMs: number
  /** For what a run made. */
  readonly baseModelId: ModelId | null
  readonly jobId: JobId | null
  readonly method: Method | null
  readonly backend: BackendId | null
  readonly checkpointStep: number | null
  readonly version: number | null
  readonly environmentId: EnvironmentId | null
  readonly bestEvalLoss: number | null
  /** Set for `remote` and `remote-tuned`. */
  readonly remote: RemoteModel | null
  /** Set when the folder is gone or unreadable: a sentence. */
  readonly problem: string | null
}

/** What the hub says before a download. */
export interface HubModel {
  readonly hubId: string
  readonly revision: string
  readonly license: string | null
  readonly gated: boolean
  readonly totalBytes: number
  readonly cachedBytes: number
  readonly freeBytes: number
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[]
  readonly cachePath: string
  readonly parameters: number | null
}

export interface DownloadState {
  readonly id: DownloadId
  readonly hubId: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly doneBytes: number
  readonly totalBytes: number
  readonly bytesPerSecond: number | null
  readonly file: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}
