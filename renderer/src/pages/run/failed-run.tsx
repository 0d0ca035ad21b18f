import { CircleX, Copy, Play, RotateCcw, SlidersHorizontal } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import type { FailureCause } from '../../../../electron/shared/job-state'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import type { ChartFrame } from '../../charts/chart-frame'
import type { ChartView } from '../../charts/chart-view'
import { copyText } from '../../clipboard'
import { Button, LinkButton } from '../../components/button'
import { KeyValue } from '../../components/layout'
import { hrefOf } from '../../router'
import type { Route } from '../../router'
import type { ShownRun } from '../../series/use-run-series'
import { CommandLine } from '../../shell/command-line'
import { duplicateJob, resumeFrom, retryJob } from '../../shell/job-actions'
import { useNow } from '../../shell/use-now'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'
import { bytes, count, dayAndTime, duration } from '../../text/format'
import { causeText } from '../../text/causes'
import { wordOf } from '../../text/cause-text'
import type { CauseAction, CauseText } from '../../text/cause-text'
import { backendWords, secondsOf } from '../../text/job-words'
import { billWords } from '../../text/money'
import { runsElsewhere } from '../../text/places'
import { deviceWords, endWords, EnvironmentName, peakWords } from './facts-tab'
import { LossChart } from './loss-chart'
import { MemoryChart } from './memory-chart'
import { offeredFor } from './offered'
import { ProposalPanel } from './proposal-panel'
import { hasCurve } from './run-curves'
import { useProposal } from './use-proposal'

interface FailedRunProps {
  readonly job: JobSummary
  readonly cause: FailureCause
  readonly detail: JobDetail | null
  readonly runs: readonly ShownRun[]
  readonly view: ChartView
  readonly frameRef: RefObject<ChartFrame | null>
  subscribe(listener: () => void): () => void
  onShowAll(): void
}

/** A failed run: its cause first, then the next step, then the evidence. */
export function FailedRun(props: FailedRunProps) {
  const { job, cause, detail } = props
  const text = causeText(job, cause)
  const command = wordOf(cause, 'command')
  const { proposal } = useProposal(job)
  const ready = proposal !== null && proposal.request !== null
  const last = !offeredFor(job).resume ? null : detail?.checkpoints.filter((one) => one.present).toSorted((a, b) => b.step - a.step)[0]?.step ?? null
  return (
    <div className="failed">
      <div className="failed-main">
        <section className="panel failed-cause" aria-label="Cause">
          <CircleX className="ink-bad" aria-hidden="true" />
          <div>
            <h2>{text.title}</h2>
            <p className="second">{text.why}</p>
            <MemoryBar cause={cause} />
            {command !== null && <CommandLine command={command} />}
          </div>
        </section>
        {ready && <ProposalPanel proposal={proposal} framed />}
        <NextStep job={job} text={text} lastStep={last} proposed={ready} />
        <Evidence {...props} />
      </div>
      <aside className="failed-side">
        {cause.kind === 'out-of-memory' && !runsElsewhere(job) && <MemoryChart job={job} onGpu={cause.details['memory'] !== 'cpu'} />}
        {hasCurve(job) && (
          <div className="failed-chart">
            <LossChart runs={props.runs} view={props.view} frameRef={props.frameRef} subscribe={props.subscribe} small />
          </div>
        )}
        <Facts job={job} detail={detail} />
        <p className="help failed-rule">Cause found by the rule <span className="mono">{cause.kind}</span>. The {offeredFor(job).terminal ? 'terminal' : 'log'} and the curves hold the whole story.</p>
      </aside>
    </div>
  )
}

/** What was asked for against what was free, where the message names both. */
function MemoryBar({ cause }: { readonly cause: FailureCause }) {
  const size = (name: string): number | null => (typeof cause.details[name] === 'number' ? cause.details[name] : null)
  const [needed, free, total] = [size('requestedBytes'), size('freeBytes'), size('totalBytes')]
  if (needed === null || free === null || total === null || free > total) return null
  const used = total - free
  return (
    <>
      <div className="cause-bar" role="img" aria-label={`${bytes(used)} in use, ${bytes(free)} free, ${bytes(needed)} needed`}>
        <span className="cause-used" style={{ flex: used }}>in use {bytes(used)}</span>
        <span className="cause-room" style={{ flex: free }} />
        <span className="cause-needed" style={{ flex: needed }}>needs {bytes(needed)}</span>
      </div>
      <div className="cause-key">
        <span><i className="swatch cause-used" />in use {bytes(used)}</span>
        <span><i className="swatch cause-room" />free {bytes(free)}</span>
        <span><i className="swatch cause-needed" />needed {bytes(needed)}</span>
      </div>
    </>
  )
}

const places: Readonly<Partial<Record<CauseAction, { readonly label: string; readonly route: Route }>>> = {
  environments: { label: 'Open environments', route: { page: 'settings', section: 'environments' } },
  hubs: { label: 'Open model hubs', route: { page: 'settings', section: 'hubs' } },
  storage: { label: 'Open storage', route: { page: 'settings', section: 'storage' } },
  places: { label: 'Open places', route: { page: 'settings', section: 'places' } },
  models: { label: 'Open models', route: { page: 'models', id: null } },
}

/** `proposed`: a panel above offers changed settings, so this one names the other ways only. */
function NextStep({ job, text, lastStep, proposed }: { readonly job: JobSummary; readonly text: CauseText; readonly lastStep: number | null; readonly proposed: boolean }) {
  const possible = text.actions.filter((action) => (action !== 'resume' || lastStep !== null) && !(proposed && action === 'duplicate'))
  const steps = proposed ? text.next : [...(text.change ?? []), ...text.next]
  const button = (action: CauseAction, first: boolean): ReactNode => {
    const look = first ? 'primary' : 'plain'
    const to = places[action]
    if (to !== undefined) return <LinkButton key={action} look={look} href={hrefOf(to.route)}>{to.label}</LinkButton>
    if (action === 'datasets') return <LinkButton key={action} look={look} href={hrefOf({ page: 'datasets', id: job.datasetId })}>Open the dataset</LinkButton>
    if (action === 'resume' && lastStep !== null) return <Button key={action} look={look} icon={Play} onPress={() => void resumeFrom(job, lastStep)}>{`Resume from step ${count(lastStep)}`}</Button>
    if (action === 'duplicate') return <Button key={action} look={look} icon={SlidersHorizontal} onPress={() => void duplicateJob(job)}>Edit settings first</Button>
    return <Button key={action} look={look} icon={RotateCcw} onPress={() => void retryJob(job)}>Start again as it was</Button>
  }
  return (
    <section className="panel" aria-label="Next step">
      <div className="panel-head"><h2>{proposed ? 'Other ways' : 'Next'}</h2></div>
      <div className="failed-next">
        <ol>
          {steps.map((step) => <li key={step}>{step}</li>)}
        </ol>
        {possible.length > 0 && <div className="failed-buttons">{possible.map((action, index) => button(action, !proposed && index === 0))}</div>}
      </div>
    </section>
  )
}

function Evidence({ job, cause, detail, onShowAll }: FailedRunProps) {
  const evidence = cause.evidence.split('\n').filter((line) => line.trim() !== '')
  const lines = detail?.end?.lastLines ?? []
  const shown = lines.length === 0 ? evidence : lines
  const marked = (line: string): boolean => evidence.some((one) => one.trim() === line.trim())
  const copy = (): void => {
    void attempt(async () => {
      await copyText([causeText(job, cause).title, `Exit: ${detail === null ? 'not known' : endWords(detail)}`, ...evidence, '', ...lines].join('\n'))
      toast({ title: 'Evidence copied' })
    })
  }
  return (
    <section className="panel failed-evidence" aria-label="Evidence">
      <div className="panel-head">
        <h2>Evidence</h2>
        <span className="small quiet">{lines.length === 0 ? 'what the rule found' : 'console.log, its last lines'}</span>
        <div className="panel-end">
          <Button size="small" look="quiet" onPress={onShowAll}>Show all</Button>
          <Button size="small" look="quiet" icon={Copy} onPress={copy}>Copy</Button>
        </div>
      </div>
      <pre className="evidence" tabIndex={0} aria-label="Last lines">
        {(shown.some(marked) ? shown : [...evidence, ...shown]).map((line, index) => (
          // The lines never change, so their place is their identity.
          <span key={`${index} ${line}`} className={marked(line) ? 'evidence-marked' : undefined}>{`${line}\n`}</span>
        ))}
      </pre>
    </section>
  )
}

function Facts({ job, detail }: { readonly job: JobSummary; readonly detail: JobDetail | null }) {
  const nowMs = useNow(60_000)
  const seconds = secondsOf(job, nowMs)
  const elsewhere = runsElsewhere(job)
  const kept = detail?.checkpoints.filter((one) => one.present).map((one) => count(one.step)) ?? []
  return (
    <div className="failed-facts">
      <h3>Facts</h3>
      <KeyValue
        rows={[
          ['Ended', job.finishedAtMs === null ? 'not known' : dayAndTime(job.finishedAtMs, nowMs)],
          ...(elsewhere ? [] : [['Exit', detail === null ? 'not known yet' : endWords(detail)] as const]),
          ['Ran for', seconds === null ? 'did not start' : duration(seconds)],
          ['Backend', backendWords[job.backend]],
          [elsewhere ? 'Place' : 'Device', deviceWords(job)],
          ...(elsewhere ? [['Its id there', detail?.remoteId ?? 'never reached it'] as const, ['Bill', billWords(detail?.bill ?? null)] as const] : []),
          ['Environment', <EnvironmentName key="environment" job={job} />],
          ...(elsewhere ? [] : [['Peak memory', detail === null ? 'not known yet' : peakWords(detail)] as const]),
          ['Checkpoints', kept.length === 0 ? 'none' : kept.join(', ')],
        ]}
      />
    </div>
  )
}
