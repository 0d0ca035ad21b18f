import type { FailureCause } from '../../../electron/shared/job-state'
import type { JobSummary } from '../../../electron/shared/job'
import { count } from './format'

/** What the user can press for a failure; the page shows those that fit. */
export type CauseAction = 'resume' | 'retry' | 'duplicate' | 'environments' | 'hubs' | 'storage' | 'models' | 'datasets' | 'places'

/** A named cause in words: what happened, why, what to do. */
export interface CauseText {
  readonly title: string
  readonly why: string
  readonly next: readonly string[]
  /** Settings to change for another try; they come first, and are left out where a proposal of the page offers them with a button. */
  readonly change?: readonly string[]
  /** The most likely one first. */
  readonly actions: readonly CauseAction[]
}

/** `at step 231 of 762`. */
export const stepPlace = (job: JobSummary): string =>
  job.step === 0 ? 'before the first step' : job.totalSteps === null ? `at step ${count(job.step)}` : `at step ${count(job.step)} of ${count(job.totalSteps)}`

/** A number of the cause's details; null where it has none. */
export const sizeOf = (cause: FailureCause, name: string): number | null => {
  const value = cause.details[name]
  return typeof value === 'number' ? value : null
}
/** A word of the cause's details; null where it has none. */
export const wordOf = (cause: FailureCause, name: string): string | null => {
  const value = cause.details[name]
  return typeof value === 'string' && value !== '' ? value : null
}
