import { Search } from 'lucide-react'
import { useState } from 'react'
import type { AdoptableJob } from '../../../../electron/shared/cloud'
import type { ConnectionSummary } from '../../../../electron/shared/connection'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { ErrorNotice } from '../../components/notice'
import { go } from '../../router'
import { useNow } from '../../shell/use-now'
import { attempt } from '../../stores/attempt'
import { counted, dayAndTime } from '../../text/format'

/** Jobs at a place that carry this app's tag and that it does not follow: from another computer, from a list that was lost, or given up under another login. */
export function AdoptableJobs({ place }: { readonly place: ConnectionSummary }) {
  const nowMs = useNow(60_000)
  const [jobs, setJobs] = useState<readonly AdoptableJob[] | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [looking, setLooking] = useState(false)
  const look = (): void => {
    setLooking(true)
    setError(null)
    request('connections.adoptable', { connectionId: place.id })
      .then(setJobs, setError)
      .finally(() => { setLooking(false) })
  }
  const adopt = (job: AdoptableJob): void =>
    void attempt(() => request('connections.adopt', { connectionId: place.id, remoteId: job.remoteId })).then((adopted) => {
      if (adopted !== null) go({ page: 'run', id: adopted.jobId })
    })
  return (
    <div className="stack-tight">
      <div className="row small">
        <span className="second grow">{jobs === null ? 'Jobs there that nothing here follows: from another computer, an older list, or lost under another login.' : jobs.length === 0 ? 'Every job there is followed here.' : `${counted(jobs.length, 'job')} there that nothing here follows`}</span>
        <Button size="small" icon={Search} busy={looking} onPress={look}>{jobs === null ? 'Look for them' : 'Look again'}</Button>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {jobs !== null && jobs.length > 0 && (
        <ul className="bases" aria-label={`Jobs at ${place.config.name} that nothing here follows`}>
          {jobs.map((job) => (
            <li key={job.remoteId}>
              <span className="medium cut" title={`${job.name}, ${job.remoteId}`}>{job.name}</span>
              <span className="quiet cut">{job.status} · {dayAndTime(job.createdAtMs, nowMs)}</span>
              <Button size="small" onPress={() => { adopt(job) }}>Adopt</Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
