import { CloudOff, Copy, FolderOpen, ImageDown, OctagonX, Pencil, Play, RotateCcw, Square, Table2, Trash2, FileDown } from 'lucide-react'
import type { ReactNode } from 'react'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { Button, LinkButton } from '../../components/button'
import { RowMenu } from '../../components/row-menu'
import type { MenuAction } from '../../components/row-menu'
import { StateBadge } from '../../components/state-mark'
import { hrefOf } from '../../router'
import { duplicateJob, removeJob, resumeFrom, retryJob, stopJob } from '../../shell/job-actions'
import { attempt } from '../../stores/attempt'
import { ask } from '../../stores/ui'
import { count } from '../../text/format'
import { isActive, isEnded, modelAndMethod } from '../../text/job-words'
import { offeredFor } from './offered'
import { openFolder } from './run-actions'

interface RunHeaderProps {
  readonly job: JobSummary
  readonly detail: JobDetail | null
  readonly overlay: ReactNode
  /** Whether there is a curve to show and save. */
  readonly curve: boolean
  onEdit(): void
  onTable(): void
  onLeftovers(): void
  onSaveChart(): void
  onSaveCurves(): void
}

/** Ends a run at once, after a question. */
export async function forceStop(job: JobSummary): Promise<void> {
  const answer = await ask({
    title: `Force ${job.name} to stop?`,
    body: 'It ends at once, without a checkpoint of its last steps. Checkpoints that were saved before stay. This cannot be undone.',
    confirm: 'Force stop',
    keep: 'Keep running',
    danger: true,
  })
  if (answer === 'confirm') await attempt(() => request('jobs.cancel', { jobId: job.id, mode: 'force' }))
}

/** Where one is, the state, and what can be done now. */
export function RunHeader({ job, detail, overlay, curve, onEdit, onTable, onLeftovers, onSaveChart, onSaveCurves }: RunHeaderProps) {
  const ended = isEnded(job)
  const offered = offeredFor(job)
  const waiting = job.state === 'queued' || job.state === 'draft'
  const last = !offered.resume ? null : detail?.checkpoints.filter((one) => one.present).toSorted((a, b) => b.step - a.step)[0]?.step ?? null
  const more: readonly MenuAction[] = [
    { id: 'edit', label: 'Rename, tags and note', icon: Pencil, run: onEdit },
    { id: 'folder', label: 'Open run folder', icon: FolderOpen, disabled: (detail?.runFolder ?? null) === null, run: () => void openFolder(job) },
    { id: 'table', label: 'Show chart as table', icon: Table2, apart: true, disabled: !curve, run: onTable },
    { id: 'png', label: 'Save chart as PNG', icon: ImageDown, disabled: !curve, run: onSaveChart },
    { id: 'csv', label: 'Save curves as CSV', icon: FileDown, disabled: !curve, run: onSaveCurves },
    ...(isActive(job) && offered.force ? [{ id: 'force', label: 'Force stop', icon: OctagonX, danger: true, apart: true, run: () => void forceStop(job) }] : []),
    ...(ended && offered.leftovers ? [{ id: 'leftovers', label: 'Delete what is left at the service', icon: CloudOff, danger: true, apart: true, run: onLeftovers }] : []),
    ...(ended ? [{ id: 'delete', label: 'Delete run', icon: Trash2, danger: true, apart: true, run: () => void removeJob(job) }] : []),
  ]
  return (
    <header className="page-head">
      <nav className="crumb" aria-label="Path">
        <a href={hrefOf({ page: 'queue' })}>Queue</a> /
      </nav>
      <h1 className="cut" title={job.name}>{job.name}</h1>
      <StateBadge state={job.state} />
      <span className="page-sub cut">{modelAndMethod(job)} · {job.datasetName}</span>
      <div className="page-actions">
        {overlay}
        <Button icon={Copy} onPress={() => void duplicateJob(job)}>Duplicate</Button>
        {job.state === 'failed' && <Button icon={FolderOpen} disabled={(detail?.runFolder ?? null) === null} onPress={() => void openFolder(job)}>Open folder</Button>}
        {job.state === 'succeeded' && detail !== null && detail.outputModelId !== null && <LinkButton look="primary" href={hrefOf({ page: 'compare', id: null, query: `models=${job.modelId},${detail.outputModelId}` })}>Compare with its base</LinkButton>}
        {ended && job.state !== 'succeeded' && job.state !== 'failed' && (last === null ? <Button look="primary" icon={RotateCcw} onPress={() => void retryJob(job)}>Retry</Button> : <Button look="primary" icon={Play} onPress={() => void resumeFrom(job, last)}>{`Resume from step ${count(last)}`}</Button>)}
        {isActive(job) && <Button look="danger" icon={Square} disabled={job.state === 'cancelling'} onPress={() => void stopJob(job)}>{job.state === 'cancelling' ? 'Stopping' : job.backend === 'openai' ? 'Cancel job' : 'Stop and save'}</Button>}
        {waiting && <Button icon={Square} onPress={() => void stopJob(job)}>Take off the queue</Button>}
        <RowMenu label="More" actions={more} small={false} inRow={false} />
      </div>
    </header>
  )
}
