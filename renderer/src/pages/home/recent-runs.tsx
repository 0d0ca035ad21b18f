import { ChartSpline } from 'lucide-react'
import type { ReactNode } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Empty, Panel } from '../../components/layout'
import { Spark } from '../../components/spark'
import { StateIcon } from '../../components/state-mark'
import { go, hrefOf } from '../../router'
import { useNow } from '../../shell/use-now'
import { counted, day, loss, percent, roughDuration, unknownMark } from '../../text/format'
import { causeWords, isActive, modelAndMethod, progressOf, secondsOf, stateWords } from '../../text/job-words'

const shown = 8

/** The newest runs with their evaluation curves. */
export function RecentRuns({ jobs, foot }: { readonly jobs: readonly JobSummary[]; readonly foot: ReactNode }) {
  const nowMs = useNow(30_000)
  const started = jobs.filter((job) => job.startedAtMs !== null)
  if (started.length === 0) {
    return (
      <Panel title="Recent runs" flush>
        <Empty icon={ChartSpline} title="No runs yet">
          Runs appear here with their curve, their best loss and how they ended. Start one above; the demo takes a few minutes.
        </Empty>
      </Panel>
    )
  }
  return (
    <Panel title="Recent runs" flush end={<a href={hrefOf({ page: 'queue' })}>{jobs.length === 1 ? 'Show in queue' : `All ${counted(jobs.length, 'run')}`}</a>}>
      <DataTable
        label="Recent runs"
        columns={columnsAt(nowMs)}
        groups={[{ id: 'recent', title: null, items: started.slice(0, shown) }]}
        idOf={(job) => job.id}
        nameOf={(job) => `${job.name}, ${stateWords[job.state].word}`}
        onOpen={(job) => { go({ page: 'run', id: job.id }) }}
      />
      {foot}
    </Panel>
  )
}

const columnsAt = (nowMs: number): readonly Column<JobSummary>[] => [
  {
    id: 'run',
    head: 'Run',
    cell: (job) => (
      <span className="named">
        <StateIcon state={job.state} />
        <a className="row-link cut" href={hrefOf({ page: 'run', id: job.id })} tabIndex={-1} title={job.name}>
          {job.name}
        </a>
      </span>
    ),
  },
  { id: 'model', head: 'Model', width: '22%', leaves: 1, cell: (job) => <span className="second">{modelAndMethod(job)}</span> },
  { id: 'curve', head: 'Eval loss', width: '84px', leaves: 2, cell: (job) => <Spark values={job.spark} colour={1} label={`Evaluation loss, ${counted(job.spark.length, 'point')}`} /> },
  { id: 'best', head: 'Best', width: '124px', numeric: true, cell: bestOf },
  { id: 'took', head: 'Took', width: '68px', numeric: true, cell: (job) => <span className="second">{took(job, nowMs)}</span> },
  { id: 'ended', head: 'Ended', width: '84px', numeric: true, cell: (job) => <span className="second">{ended(job, nowMs)}</span> },
]

function bestOf(job: JobSummary): ReactNode {
  if (job.state === 'failed') return <span className="ink-bad">{causeWords[job.cause?.kind ?? 'unknown']}</span>
  return loss(job.bestEvalLoss ?? job.evalLoss)
}

function took(job: JobSummary, nowMs: number): string {
  const seconds = secondsOf(job, nowMs)
  return seconds === null ? unknownMark : roughDuration(seconds)
}

function ended(job: JobSummary, nowMs: number): string {
  if (job.finishedAtMs !== null) return day(job.finishedAtMs, nowMs)
  const progress = progressOf(job)
  if (job.phase?.attention === true) return 'waits'
  if (isActive(job)) return progress === null ? 'starting' : percent(progress, 0)
  return stateWords[job.state].word.toLowerCase()
}
