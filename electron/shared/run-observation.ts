import type { RemoteOutput, RunPhase, RunUsage } from './cloud'
import type { RunEnd } from './job-state'
import type { TrainingEvent } from './training-event'

/** `completed` and `stopped` by the trainer's own word, `failed` for every other end, `lost` when it is gone and nobody saw how. */
export type RunEnding = 'completed' | 'stopped' | 'failed' | 'lost'

/** What observing a run on this machine gives. */
export type LocalRunObservation = Exclude<RunObservation, { kind: 'phase' }>

/**
 * What observing a run gives: batches, then exactly one `finished`. `cursor` is opaque; it is to be stored in the transaction that stores
 * the events, and observing goes on after it. `unknown` and `malformed` count lines that gave no event. A `phase` says what a run does
 * elsewhere; it is no event and may be missed.
 */
export type RunObservation =
  | { readonly kind: 'batch'; readonly events: readonly TrainingEvent[]; readonly cursor: string; readonly unknown: number; readonly malformed: number }
  | { readonly kind: 'phase'; readonly phase: RunPhase; readonly usage: RunUsage | null }
  | {
      readonly kind: 'finished'; readonly ending: RunEnding; readonly end: RunEnd; readonly finishedAtMs: number; readonly cursor: string
      /** What is billed; null for local runs, and where the place does not tell. */
      readonly usage?: RunUsage | null
      /** What only the place has. */
      readonly outputs?: readonly RemoteOutput[]
    }
