import type { JobState } from '../shared/job-state'
import { terminalStates } from '../shared/job-state-groups'

/** How a run's process ended: all steps done, stopped on request with its state saved, or badly (a crash, a kill, a failed preparation). */
export type RunOutcome = 'completed' | 'stopped' | 'failed'

/**
 * What can happen to a job.
 * `unprepare`: the engine went away before anything was launched, so the job goes back to its place in the queue.
 * `lost`: trainer and supervisor are gone without a final status.
 * `found`: a run elsewhere that was given up as lost is there after all.
 * `continued`: a new run took over from this one's checkpoint.
 */
export type JobMachineEvent =
  | { readonly kind: 'enqueue' }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'unprepare' }
  | { readonly kind: 'started' }
  | { readonly kind: 'pause-requested' }
  | { readonly kind: 'stop-requested' }
  | { readonly kind: 'force-requested' }
  | { readonly kind: 'finished'; readonly outcome: RunOutcome }
  | { readonly kind: 'lost' }
  | { readonly kind: 'found' }
  | { readonly kind: 'continued' }

type EventKey = Exclude<JobMachineEvent['kind'], 'finished'> | RunOutcome

/** A move of the machine, or a refusal that names where the job stood. */
export type Transition =
  | { readonly kind: 'moved'; readonly from: JobState; readonly to: JobState }
  | { readonly kind: 'refused'; readonly from: JobState; readonly event: JobMachineEvent['kind'] }

/**
 * Every allowed move; what is not in here is refused. A repeated request is allowed and changes nothing, because a second
 * click must not be an error. In `cancelling` a crash or a lost process is still `cancelled`: the user asked for the end.
 */
const moves: Readonly<Record<JobState, Partial<Readonly<Record<EventKey, JobState>>>>> = {
  draft: { enqueue: 'queued', 'stop-requested': 'cancelled', 'force-requested': 'cancelled' },
  queued: { prepare: 'preparing', 'stop-requested': 'cancelled', 'force-requested': 'cancelled' },
  preparing: {
    unprepare: 'queued', started: 'running', 'stop-requested': 'cancelling', 'force-requested': 'cancelling',
    // A run can end while the app is closed, before the engine saw that it had started.
    completed: 'succeeded', stopped: 'cancelled', failed: 'failed', lost: 'interrupted',
  },
  running: {
    'pause-requested': 'pausing', 'stop-requested': 'cancelling', 'force-requested': 'cancelling',
    completed: 'succeeded', stopped: 'cancelled', failed: 'failed', lost: 'interrupted',
  },
  pausing: {
    'pause-requested': 'pausing', 'stop-requested': 'cancelling', 'force-requested': 'cancelling',
    completed: 'succeeded', stopped: 'paused', failed: 'failed', lost: 'interrupted',
  },
  paused: { continued: 'cancelled', 'stop-requested': 'cancelled', 'force-requested': 'cancelled' },
  cancelling: {
    // The process that a stop overtook during preparation may still come up; it is told to stop then.
    started: 'cancelling', 'stop-requested': 'cancelling', 'force-requested': 'cancelling',
    completed: 'succeeded', stopped: 'cancelled', failed: 'cancelled', lost: 'cancelled',
  },
  succeeded: {},
  failed: {},
  cancelled: {},
  interrupted: { found: 'running' },
}

/** The only rule for changing a job's state; a move that the table does not hold is a value, not a fault. */
export function nextState(state: JobState, event: JobMachineEvent): Transition {
  const to = moves[state][event.kind === 'finished' ? event.outcome : event.kind]
  return to === undefined ? { kind: 'refused', from: state, event: event.kind } : { kind: 'moved', from: state, to }
}

/** Whether a job has ended for good. */
export function isTerminal(state: JobState): boolean {
  return terminalStates.includes(state)
}

/** A retry is a new job with the same request; it needs a job that is over or set aside. */
export function canRetry(state: JobState): boolean {
  return isTerminal(state) || state === 'paused'
}

/** A run holds a process, or may hold one, in these states: deleting it needs a stop first. */
export function canDelete(state: JobState): boolean {
  return moves[state].lost === undefined
}
