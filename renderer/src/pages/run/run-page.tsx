import { SearchX } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import type { ChartFrame } from '../../charts/chart-frame'
import { createChartView } from '../../charts/chart-view'
import type { ChartView } from '../../charts/chart-view'
import { LinkButton } from '../../components/button'
import { Empty, Skeleton } from '../../components/layout'
import { ErrorNotice, Notice } from '../../components/notice'
import { Spinner } from '../../components/progress'
import { hrefOf } from '../../router'
import { useRunSeries } from '../../series/use-run-series'
import type { ShownRun } from '../../series/use-run-series'
import { useJobs } from '../../stores/lists'
import { count } from '../../text/format'
import { stageWords } from '../../text/job-words'
import { EditJobDialog } from '../queue/edit-job-dialog'
import { FailedRun } from './failed-run'
import { HardwareStrip } from './hardware-strip'
import { LeftoversDialog } from './leftovers-dialog'
import { LossChart } from './loss-chart'
import { LossTable } from './loss-table'
import { offeredFor } from './offered'
import { OverlayMenu } from './overlay-menu'
import { PlaceStrip } from './place-strip'
import { RunProposal } from './proposal-panel'
import { saveChart, saveCurves } from './run-actions'
import { hasCurve } from './run-curves'
import { RunFigures } from './run-figures'
import { RunHeader } from './run-header'
import { RunTabs } from './run-tabs'
import { SmallCharts } from './small-charts'
import { useJobDetail } from './use-job-detail'
import { useStopCommand } from './use-stop-command'
import { WaitingRun } from './waiting-run'
import '../../styles/workbench.css'
import './run.css'

/** Everything about one run. */
export function RunPage({ id }: { readonly id: string }) {
  const job = useJobs((state) => state.items.find((one) => one.id === id))
  const status = useJobs((state) => state.status)
  const error = useJobs((state) => state.error)
  if (job !== undefined) return <OpenRun job={job} />
  if (status === 'loading') return <Skeleton rows={6} label="Opening the run" />
  return (
    <div className="page-scroll">
      {status === 'failed' ? (
        <div className="tab-pad"><ErrorNotice error={error} /></div>
      ) : (
        <Empty icon={SearchX} title="This run is not in the list" actions={<LinkButton href={hrefOf({ page: 'queue' })}>Open the queue</LinkButton>}>
          It was deleted, or the link is older than the list.
        </Empty>
      )}
    </div>
  )
}

function OpenRun({ job }: { readonly job: JobSummary }) {
  const jobs = useJobs((state) => state.items)
  const [view] = useState(() => createChartView())
  const [overlaid, setOverlaid] = useState<ReadonlySet<string>>(new Set())
  const [showAll, setShowAll] = useState(false)
  const [dialog, setDialog] = useState<'edit' | 'table' | 'leftovers' | null>(null)
  const { detail, error } = useJobDetail(job)
  useStopCommand(job)
  const started = job.state !== 'queued' && job.state !== 'draft'
  const shown = useMemo(() => (started ? [job, ...jobs.filter((one) => overlaid.has(one.id) && one.id !== job.id)] : []), [job, jobs, overlaid, started])
  const { runs, subscribe } = useRunSeries(shown)
  const frame = useRef<ChartFrame | null>(null)
  const others = useMemo(() => jobs.filter((one) => one.id !== job.id && one.lastSeq >= 0 && one.startedAtMs !== null), [jobs, job.id])
  const close = useCallback(() => { setDialog(null) }, [])
  const failed = job.state === 'failed' && job.cause !== null && !showAll ? job.cause : null
  const first = runs[0]

  return (
    <>
      <RunHeader
        job={job}
        detail={detail}
        overlay={started && failed === null ? <OverlayMenu choices={others} chosen={overlaid} onChange={setOverlaid} /> : null}
        curve={started && hasCurve(job)}
        onEdit={() => { setDialog('edit') }}
        onTable={() => { setDialog('table') }}
        onLeftovers={() => { setDialog('leftovers') }}
        onSaveChart={() => void saveChart(job.name, frame.current)}
        onSaveCurves={() => void saveCurves(shown)}
      />
      {error !== null && <div className="tab-pad"><ErrorNotice error={error} /></div>}
      {!started ? (
        <WaitingRun job={job} />
      ) : failed !== null ? (
        <FailedRun job={job} cause={failed} detail={detail} runs={runs} view={view} frameRef={frame} subscribe={subscribe} onShowAll={() => { setShowAll(true) }} />
      ) : (
        <RunBody job={job} detail={detail} runs={runs} view={view} frameRef={frame} subscribe={subscribe} />
      )}
      {dialog === 'leftovers' && <LeftoversDialog job={job} onClose={close} />}
      {dialog === 'edit' && <EditJobDialog job={job} onClose={close} />}
      {dialog === 'table' && first !== undefined && <LossTable series={first.series} weight={view.state().smoothing} onClose={close} />}
    </>
  )
}

interface RunBodyProps {
  readonly job: JobSummary
  readonly detail: JobDetail | null
  readonly runs: readonly ShownRun[]
  readonly view: ChartView
  readonly frameRef: React.RefObject<ChartFrame | null>
  subscribe(listener: () => void): () => void
}

function RunBody({ job, detail, runs, view, frameRef, subscribe }: RunBodyProps) {
  return (
    <div className="run-body">
      <PlaceStrip job={job} detail={detail} />
      <RunFigures job={job} series={runs[0]?.series ?? null} view={view} />
      <RunNotice job={job} detail={detail} />
      <RunProposal job={job} />
      <div className="run-charts">
        <div className="run-loss">
          <LossChart runs={runs} view={view} frameRef={frameRef} subscribe={subscribe} />
          {job.lastSeq < 0 || job.state === 'preparing' ? <Stage job={job} /> : null}
        </div>
        <SmallCharts runs={runs} view={view} subscribe={subscribe} />
      </div>
      {offeredFor(job).hardware ? <HardwareStrip job={job} /> : <p className="hardware-none small quiet">Its machine is not this one, so memory and load are not measured here; the curves are its own.</p>}
      <RunTabs job={job} detail={detail} />
    </div>
  )
}

/** What happens before the first step, where the curve will be. */
function Stage({ job }: { readonly job: JobSummary }) {
  return (
    <p className="run-stage second small">
      <Spinner /> {job.phase?.attention === true ? 'Waiting for you' : job.phase !== null ? job.phase.text.replace(/\.$/, '') : job.stage === null ? 'Starting' : sentence(stageWords[job.stage])}. The curve begins with the first step.
    </p>
  )
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`

/** How a run ended that neither succeeded nor failed, and what can be done. */
function RunNotice({ job, detail }: { readonly job: JobSummary; readonly detail: JobDetail | null }) {
  const kept = detail?.checkpoints.filter((one) => one.present).length ?? 0
  if (job.state === 'interrupted')
    return (
      <div className="run-notice">
        <Notice tone="warn" title={`Interrupted at step ${count(job.step)}.`}>
          {offeredFor(job).hardware ? 'The trainer and its supervisor were gone without a last word, most often because the computer was restarted.' : 'The place no longer knows the job, and nothing says how it ended.'}{' '}
          <span className="next">Next: {kept > 0 && offeredFor(job).resume ? 'resume from its last checkpoint.' : kept > 0 ? 'use one of its checkpoints as a model, or start it again with Retry.' : 'it kept no checkpoint; start it again with Retry.'}</span>
        </Notice>
      </div>
    )
  if (job.state === 'cancelled' && job.step > 0)
    return (
      <div className="run-notice">
        <Notice tone="plain" title={`Stopped at step ${count(job.step)}.`}>
          {kept === 0 ? 'No checkpoint was kept.' : offeredFor(job).resume ? 'Its checkpoints are kept; it can be resumed as a new run.' : 'Its checkpoints are kept at the service.'}
        </Notice>
      </div>
    )
  return null
}
