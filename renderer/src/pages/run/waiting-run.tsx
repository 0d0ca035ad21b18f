import { Clock } from 'lucide-react'
import type { JobSummary } from '../../../../electron/shared/job'
import { Empty, KeyValue, Panel } from '../../components/layout'
import { LinkButton } from '../../components/button'
import { hrefOf } from '../../router'
import { settingRows } from './facts-tab'

/** A run that has not started: what it waits for, and what it will do. */
export function WaitingRun({ job }: { readonly job: JobSummary }) {
  const draft = job.state === 'draft'
  const place = job.queuePosition === null ? '' : job.queuePosition === 1 ? 'It is next. ' : `It is number ${job.queuePosition} in the queue. `
  return (
    <div className="page-scroll">
      <Empty
        icon={Clock}
        title={draft ? 'This run is a draft' : job.waitingFor === null ? 'Waiting for its turn' : `Waiting for ${job.waitingFor}`}
        actions={<LinkButton href={hrefOf({ page: 'queue' })}>Open the queue</LinkButton>}
      >
        {draft ? 'It starts when it is put into the queue.' : `${place}Its curve, terminal and script appear here when it starts.`}
      </Empty>
      <div className="waiting-settings">
        <Panel title="Settings">
          <KeyValue rows={settingRows(job)} />
        </Panel>
      </div>
    </div>
  )
}
