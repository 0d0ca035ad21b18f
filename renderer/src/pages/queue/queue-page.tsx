import { List, ListFilter, Plus } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import { LinkButton } from '../../components/button'
import { DataTable } from '../../components/data-table'
import { Field } from '../../components/field'
import { Empty, PageHead, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { removeJob } from '../../shell/job-actions'
import { useNow } from '../../shell/use-now'
import { useJobs } from '../../stores/lists'
import { isEnded, stateWords } from '../../text/job-words'
import { EditJobDialog } from './edit-job-dialog'
import { groupJobs, matches } from './queue-groups'
import { placeLine, queueColumns } from './queue-columns'
import './queue.css'

const goTrain = (): void => { go({ page: 'train' }) }

/** All runs: what runs, what waits in which order, what ended. */
export function QueuePage() {
  const jobs = useJobs((state) => state.items)
  const status = useJobs((state) => state.status)
  const error = useJobs((state) => state.error)
  const [filter, setFilter] = useState('')
  const [editing, setEditing] = useState<JobSummary | null>(null)
  const nowMs = useNow(1000)
  const filterBox = useRef<HTMLDivElement>(null)
  const focusFilter = useMemo(() => (): void => { filterBox.current?.querySelector('input')?.focus() }, [])
  useCommand('find', focusFilter)
  useCommand('primary', goTrain)
  const shown = jobs.filter((job) => matches(job, filter))
  const groups = groupJobs(shown)
  const running = groups.find((group) => group.id === 'running')?.items.length ?? 0
  const waiting = groups.find((group) => group.id === 'waiting')?.items.length ?? 0
  return (
    <>
      <PageHead title="Queue" sub={jobs.length === 0 ? undefined : `${running} running, ${waiting} waiting`}>
        <div className="filter" ref={filterBox}>
          <Field label="Filter runs" hideLabel icon={<ListFilter aria-hidden="true" />} placeholder="Filter runs" value={filter} onChange={setFilter} />
        </div>
        <LinkButton look="primary" icon={Plus} href={hrefOf({ page: 'train' })}>
          New run
        </LinkButton>
      </PageHead>
      <div className="page-body queue">
        {status === 'failed' && <div className="page-pad"><ErrorNotice error={error} /></div>}
        {status === 'loading' && <Skeleton rows={6} label="Reading the runs" />}
        {status === 'ready' && jobs.length === 0 && (
          <Empty icon={List} title="Nothing has run yet" actions={<LinkButton look="primary" href={hrefOf({ page: 'home' })}>Start on Home</LinkButton>}>
            Runs wait here for their turn and stay here when they ended, with their curves and checkpoints.
          </Empty>
        )}
        {jobs.length > 0 && shown.length === 0 && <p className="nothing">No run matches “{filter}”. Names, models, data, tags and notes are looked at.</p>}
        {shown.length > 0 && (
          <DataTable
            label="Runs"
            columns={queueColumns(nowMs, setEditing)}
            groups={groups}
            idOf={(job) => job.id}
            nameOf={(job) => `${job.name}, ${stateWords[job.state].word}`}
            onOpen={(job) => { go({ page: 'run', id: job.id }) }}
            below={placeLine}
            onDelete={(job) => { if (isEnded(job)) void removeJob(job) }}
          />
        )}
      </div>
      {editing !== null && <EditJobDialog job={editing} onClose={() => { setEditing(null) }} />}
    </>
  )
}
