import { useCallback } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import { useCommand } from '../../shell/commands'
import { stopJob } from '../../shell/job-actions'
import { isActive } from '../../text/job-words'

/** While the page of a run is open, the shortcut for stop means this run, whatever else goes on. */
export function useStopCommand(job: JobSummary): void {
  const stop = useCallback(() => void stopJob(job), [job])
  useCommand('stop', isActive(job) ? stop : null)
}
