import type { JobState } from './job-state'

/** Over for good. */
export const terminalStates: readonly JobState[] = ['succeeded', 'failed', 'cancelled', 'interrupted']
/** A process runs or may run. */
export const activeStates: readonly JobState[] = ['preparing', 'running', 'pausing', 'cancelling']
