import type { ConnectionId } from '../shared/ids'
import type { PlanIssue } from '../shared/job'
import type { BackendId, Device, JobSpec, Method } from '../shared/job-spec'
import type { RunObservation } from '../shared/run-observation'
import type { RunPhase } from '../shared/cloud'

export type { RunEnding, RunObservation } from '../shared/run-observation'

/** What a backend can do; the window offers nothing else, and `validate` refuses the rest. */
export interface Capabilities {
  readonly methods: readonly Method[]
  readonly devices: readonly Device['kind'][]
  readonly metrics: 'live' | 'polled' | 'final-only'
  readonly cancel: readonly CancelMode[]
  readonly resume: boolean
  readonly exports: readonly ('adapter' | 'merged')[]
  /** Devices on which several short rows can share one sequence. */
  readonly packing: readonly Device['kind'][]
}

/** `graceful`: save after the current step, then end. `force`: end now. */
export type CancelMode = 'graceful' | 'force'

/** All that a backend is given; nothing is looked up elsewhere. */
export interface RunContext {
  /** Absolute; need not exist yet. */
  readonly runFolder: string
  /** Interpreter of the environment that trains; empty where the work is done elsewhere. */
  readonly python: string
  /** Absolute path of supervisor.py. */
  readonly supervisorPath: string
  /** Texts of python-templates, by name. */
  readonly templates: Readonly<Record<string, string>>
  /** Added to the run's environment; the only way for a secret into a run. */
  readonly environment: Readonly<Record<string, string>>
  /** What goes on before there is a handle: packing, sending, asking. */
  readonly onPhase?: (phase: RunPhase) => void
  /** Ends a start that takes long, such as an upload. After a stop nothing stays behind at the place; without one what was sent waits for the next start. */
  readonly signal?: AbortSignal
}

/** A run that is ready to start; JSON-safe. The run folder holds the spec, so the place is found by it. */
export interface PreparedRun {
  readonly kind: 'process' | 'remote'
  readonly runFolder: string
  readonly device: Device
}

/** Finds a run again after a restart; JSON-safe, and stored before it is observed. */
export type RunHandle =
  | { readonly kind: 'process'; readonly runFolder: string; readonly startedAtMs: number }
  | {
      readonly kind: 'remote'; readonly runFolder: string; readonly startedAtMs: number
      readonly connectionId: ConnectionId
      /** Its name or id at the place; null for a run that was stopped before it was sent. */
      readonly remoteId: string | null
    }

/** A place where a job can run. User mistakes come back as values from `validate`; I/O faults throw AppError. */
export interface TrainingBackend<B extends BackendId = BackendId> {
  readonly id: B
  readonly capabilities: Capabilities
  /** Reasons why this spec can't run here, or things to know. No side effects. */
  validate(spec: JobSpec): readonly PlanIssue[]
  /** Writes the run folder. Idempotent per job; a folder whose run was started is left alone. Throws JOB_REFUSED for a spec that `validate` refuses. */
  prepare(spec: JobSpec, context: RunContext): Promise<PreparedRun>
  /**
   * Starts it, and returns as soon as there is a handle worth storing. Safe to call again after a crash: a run is started once. A backend
   * that asks somebody else to create a job writes down what it is about to ask, and looks for it there, before it asks again.
   */
  start(run: PreparedRun, context: RunContext): Promise<RunHandle>
  /** Events after `cursor` (null: all), then exactly one `finished`; only an abort ends without it. May be called again with any cursor. */
  observe(handle: RunHandle, cursor: string | null, signal?: AbortSignal): AsyncIterable<RunObservation>
  /** A request, not a result: how it ended comes from `observe`. A prepared run that is cancelled never trains. */
  cancel(run: PreparedRun | RunHandle, mode: CancelMode): Promise<void>
}
