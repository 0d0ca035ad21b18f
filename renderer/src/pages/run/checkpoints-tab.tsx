import type { Checkpoint, JobDetail, JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { Button, LinkButton } from '../../components/button'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Badge } from '../../components/state-mark'
import { go, hrefOf } from '../../router'
import { resumeFrom } from '../../shell/job-actions'
import { attempt } from '../../stores/attempt'
import { bytes, count, loss, unknownMark } from '../../text/format'
import { isEnded } from '../../text/job-words'
import { offeredFor } from './offered'

/** The checkpoints of a run: go on from one as a new run, or use it as a model. */
export function CheckpointsTab({ job, detail }: { readonly job: JobSummary; readonly detail: JobDetail }) {
  const offered = offeredFor(job)
  if (detail.checkpoints.length === 0) {
    if (!offered.script) return <p className="tab-pad second">No checkpoint yet. The service decides when it makes one, most often after each epoch.</p>
    const every = job.settings.checkpointEverySteps
    return <p className="tab-pad second">No checkpoint yet. {every > 0 ? `The first is saved at step ${count(every)}.` : 'One is saved at the end, and when the run is stopped and saved.'}</p>
  }
  const columns: readonly Column<Checkpoint>[] = [
    { id: 'step', head: 'Step', width: '90px', cell: (one) => count(one.step) },
    { id: 'loss', head: 'Eval loss', width: '190px', cell: (one) => <span className="row">{loss(one.evalLoss)}{one.best && <Badge tone="good">best</Badge>}</span> },
    { id: 'size', head: 'Size', width: '100px', numeric: true, cell: (one) => (one.sizeBytes === null ? unknownMark : bytes(one.sizeBytes)) },
    { id: 'place', head: 'Folder', leaves: 1, cell: (one) => <span className="quiet" title={one.path}>{one.present ? (one.path === '' ? 'at the service' : one.path) : offered.hardware ? 'no longer on the disk' : 'not here'}</span> },
    {
      id: 'actions',
      head: '',
      width: '260px',
      cell: (one) => (
        <span className="row row-end">
          {isEnded(job) && one.present && offered.resume && <Button size="small" onPress={() => void resumeFrom(job, one.step)}>Resume from here</Button>}
          {one.present && one.modelId === null && <Button size="small" onPress={() => void takeAsModel(job, one)}>Use as model</Button>}
          {one.modelId !== null && <LinkButton look="link" href={hrefOf({ page: 'models', id: one.modelId })}>Open model</LinkButton>}
        </span>
      ),
    },
  ]
  return (
    <DataTable
      label="Checkpoints"
      columns={columns}
      groups={[{ id: 'all', title: null, items: detail.checkpoints.toSorted((a, b) => b.step - a.step) }]}
      idOf={(one) => String(one.step)}
      nameOf={(one) => `Step ${one.step}`}
    />
  )
}

async function takeAsModel(job: JobSummary, checkpoint: Checkpoint): Promise<void> {
  const made = await attempt(() => request('models.fromCheckpoint', { jobId: job.id, step: checkpoint.step }))
  if (made !== null) go({ page: 'models', id: made.modelId })
}
