import { useEffect, useState } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import type { RetrainProposal } from '../../../../electron/shared/retrain'
import { request } from '../../bridge'
import { useComparisons } from '../../stores/lists'
import { isEnded } from '../../text/job-words'

export interface ProposalState {
  readonly proposal: RetrainProposal | null
  readonly error: unknown
}
const none: ProposalState = { proposal: null, error: null }

/** What a run that is over speaks for; asked again when a comparison ends, since it may show more. Empty while the run goes on. */
export function useProposal(job: JobSummary): ProposalState {
  const [state, setState] = useState<ProposalState>(none)
  const compared = useComparisons((lists) => lists.items.filter((one) => one.state === 'done').length)
  const { id } = job
  const ended = isEnded(job)
  useEffect(() => {
    if (!ended) return undefined
    let current = true
    request('jobs.proposal', { jobId: id }).then(
      (proposal) => { if (current) setState({ proposal, error: null }) },
      (error: unknown) => { if (current) setState({ proposal: null, error }) },
    )
    return () => { current = false }
  }, [id, ended, compared])
  return ended && (state.proposal === null || state.proposal.basedOn === id) ? state : none
}
