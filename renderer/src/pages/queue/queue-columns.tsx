import { Cloud, Copy, FolderOpen, Pencil, Play, RotateCcw, Square, SquareArrowOutUpRight, StepForward, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import type { Column } from '../../components/data-table'
import { Badge, StateIcon } from '../../components/state-mark'
import { Progress } from '../../components/progress'
import { RowMenu } from '../../components/row-menu'
import type { MenuAction } from '../../components/row-menu'
import { go, hrefOf } from '../../router'
import { duplicateJob, removeJob, resumeJob, retryJob, stopJob } from '../../shell/job-actions'
import { attempt } from '../../stores/attempt'
import { count, dayAndTime, loss, percent, roughDuration, unknownMark } from '../../text/format'
import { activityOf, causeWords, isActive, isEnded, modelAndMethod, phaseWords, progressOf, secondsOf, stateWords } from '../../text/job-words'
import { placeOf, runsElsewhere } from '../../text/places'

export const queueColumns = (nowMs: number, edit: (job: JobSummary) => void): readonly Column<JobSummary>[] => [
  { id: 'run', head: 'Run', cell: (job) => <RunName job={job} /> },
  { id: 'model', head: 'Model', width: '17%', cell: (job) => <span className="second" title={modelAndMethod(job)}>{modelAndMethod(job)}</span> },
  { id: 'data', head: 'Data', width: '15%', leaves: 1, cell: (job) => <span className="second" title={job.datasetName}>{job.datasetName}</span> },
  { id: 'loss', head: 'Eval loss', width: '84px', numeric: true, leaves: 2, cell: (job) => loss(job.bestEvalLoss ?? job.evalLoss) },
  { id: 'time', head: 'Time', width: '84px', numeric: true, cell: (job) => timeOf(job, nowMs) },
  { id: 'when', head: 'When', width: '248px', cell: (job) => whenOf(job, nowMs) },
  { id: 'actions', head: '', width: '56px', numeric: true, cell: (job) => <RowMenu label={`Actions for ${job.name}`} actions={actionsOf(job, edit)} /> },
]

function RunName({ job }: { readonly job: JobSummary }) {
  const place = placeOf(job)
  return (
    <span className="named">
      <StateIcon state={job.state} />
      <a className="row-link cut" href={hrefOf({ page: 'run', id: job.id })} tabIndex={-1} title={job.note === '' ? job.name : `${job.name}: ${job.note}`}>
        {job.name}
      </a>
      {place !== null && <Cloud className="queue-cloud" role="img" aria-label={`at ${place}`} />}
      {job.tags.slice(0, 3).map((tag) => (
        <Badge key={tag}>{tag}</Badge>
      ))}
    </span>
  )
}

/** Where an active run is done elsewhere and what goes on there, in full; null for the others. */
export function placeLine(job: JobSummary): ReactNode {
  const place = placeOf(job)
  if (place === null || job.phase === null || !isActive(job)) return null
  return (
    <span className="queue-place small quiet">
      {place} · <span className={job.phase.attention ? 'ink-warn' : undefined}>{phaseWords(job.phase)}</span>
    </span>
  )
}

function timeOf(job: JobSummary, nowMs: number): ReactNode {
  const seconds = secondsOf(job, nowMs)
  return seconds === null ? unknownMark : <span className={isEnded(job) ? 'second' : undefined}>{roughDuration(seconds)}</span>
}

/** The line below says what goes on at a place, so only how long or how far stands beside its bar. */
function shortActivity(job: JobSummary): string {
  if (placeOf(job) === null || job.phase === null) return activityOf(job)
  if (job.phase.attention) return 'needs you'
  if (job.step > 0 && job.etaSeconds !== null) return `${roughDuration(job.etaSeconds)} left`
  return job.phase.ratio === null ? stateWords[job.state].word.toLowerCase() : percent(job.phase.ratio, 0)
}

function whenOf(job: JobSummary, nowMs: number): ReactNode {
  if (isActive(job)) {
    return (
      <span className="when-running">
        <Progress label={`Progress of ${job.name}`} ratio={progressOf(job) ?? job.phase?.ratio ?? null} />
        <span className={`cut${job.phase?.attention === true ? ' ink-warn' : ''}`} title={activityOf(job)}>{shortActivity(job)}</span>
      </span>
    )
  }
  if (!isEnded(job)) return <span className="second">{job.waitingFor ?? (job.queuePosition === 1 ? 'next' : job.state === 'queued' ? `place ${count(job.queuePosition ?? 0)}` : stateWords[job.state].word.toLowerCase())}</span>
  const at = job.finishedAtMs === null ? '' : dayAndTime(job.finishedAtMs, nowMs)
  if (job.state === 'failed') return <><span className="ink-bad">{causeWords[job.cause?.kind ?? 'unknown']}</span><span className="quiet"> · {at}</span></>
  if (job.state === 'interrupted') return <><span className="ink-warn">interrupted</span><span className="quiet">, step {count(job.step)} · {at}</span></>
  if (job.state === 'cancelled') return <span className="second">stopped at step {count(job.step)} · {at}</span>
  return <span className="second">{at}</span>
}

/** What can be done with a run in its state. */
function actionsOf(job: JobSummary, edit: (job: JobSummary) => void): readonly MenuAction[] {
  const open: MenuAction = { id: 'open', label: 'Open', icon: SquareArrowOutUpRight, keys: '⏎', run: () => { go({ page: 'run', id: job.id }) } }
  const common: readonly MenuAction[] = [
    { id: 'edit', label: 'Name, tags and note', icon: Pencil, run: () => { edit(job) } },
    { id: 'duplicate', label: 'Duplicate with changes', icon: Copy, run: () => void duplicateJob(job) },
    { id: 'folder', label: 'Open the run folder', icon: FolderOpen, disabled: job.startedAtMs === null, run: () => void attempt(() => request('jobs.openFolder', { jobId: job.id })) },
  ]
  if (isActive(job)) return [open, { id: 'stop', label: job.state === 'cancelling' && !runsElsewhere(job) ? 'Force stop' : 'Stop', disabled: job.state === 'cancelling' && runsElsewhere(job), icon: Square, run: () => void stopJob(job) }, ...common]
  if (!isEnded(job)) return [open, { id: 'stop', label: 'Take off the queue', icon: Square, run: () => void stopJob(job) }, ...common]
  return [
    open,
    { id: 'retry', label: 'Retry', icon: RotateCcw, run: () => void retryJob(job) },
    ...(job.state === 'succeeded' || job.backend === 'openai' ? [] : [{ id: 'resume', label: 'Resume from its last checkpoint', icon: StepForward, run: () => void resumeJob(job) }]),
    ...(job.state === 'succeeded' ? [{ id: 'use', label: 'Show its models', icon: Play, run: () => { go({ page: 'models', id: null }) } }] : []),
    ...common,
    { id: 'delete', label: 'Delete', icon: Trash2, danger: true, apart: true, run: () => void removeJob(job) },
  ]
}
