import type { JobSummary } from '../../../../electron/shared/job'
import { runsElsewhere } from '../../text/places'

/** What can be done with a run by where it is done; the page offers nothing else. */
export interface Offered {
  /** Go on from a checkpoint as a new run. */
  readonly resume: boolean
  /** End at once, without saving. */
  readonly force: boolean
  /** A script of ours trained it. */
  readonly script: boolean
  /** A terminal follows the process; elsewhere its lines come as a log. */
  readonly terminal: boolean
  /** Its machine is this one, so its memory and load are measured. */
  readonly hardware: boolean
  /** Files and models may lie at the service after it has ended. */
  readonly leftovers: boolean
}

export function offeredFor(job: Pick<JobSummary, 'backend'>): Offered {
  const here = !runsElsewhere(job)
  return { resume: job.backend !== 'openai', force: here, script: job.backend !== 'openai', terminal: here, hardware: here, leftovers: job.backend === 'openai' }
}
