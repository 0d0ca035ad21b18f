import { useCallback, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import type { Stage } from '../../../../electron/shared/training-event'
import type { ChartView } from '../../charts/chart-view'
import { Progress } from '../../components/progress'
import type { RunSeries } from '../../series/series-store'
import { useNow } from '../../shell/use-now'
import { count, duration, loss, number, rate, roughDuration, unknownMark } from '../../text/format'
import { isActive, progressOf, secondsOf, stageWords } from '../../text/job-words'
import { plannedEpochs, trainLoss } from './run-curves'

/** The strip of figures under the header. Fixed places, so that nothing moves while they change. */
export function RunFigures({ job, series, view }: { readonly job: JobSummary; readonly series: RunSeries | null; readonly view: ChartView }) {
  const nowMs = useNow(1000)
  const seconds = secondsOf(job, nowMs)
  const epochs = plannedEpochs(job)
  return (
    <div className="figures run-figures">
      <Figure name="Step" wide>
        {count(job.step)} <small>{[job.totalSteps === null ? null : `/ ${count(job.totalSteps)}`, epochs === null ? null : `· epoch ${job.epoch.toFixed(2)} of ${number(epochs, 2)}`].filter((part) => part !== null).join(' ')}</small>
      </Figure>
      <Figure name={isActive(job) ? 'Time left' : 'State'}>{timeLeft(job)}</Figure>
      <Figure name={isActive(job) ? 'Elapsed' : 'Ran for'}>{seconds === null ? unknownMark : duration(seconds)}</Figure>
      <Figure name="Train loss">{series === null ? loss(job.loss) : <TrainLoss job={job} series={series} view={view} />}</Figure>
      <Figure name="Best eval loss">
        {loss(job.bestEvalLoss)} {job.bestStep !== null && <small>step {count(job.bestStep)}</small>}
      </Figure>
      <Figure name="Speed">
        {job.tokensPerSecond === null ? unknownMark : rate(job.tokensPerSecond)} <small>tokens/s{job.samplesPerSecond === null ? '' : ` · ${rate(job.samplesPerSecond)} samples/s`}</small>
      </Figure>
      <Progress label="Steps" ratio={progressOf(job)} />
    </div>
  )
}

function Figure({ name, wide = false, children }: { readonly name: string; readonly wide?: boolean; readonly children: ReactNode }) {
  return (
    <div className={`figure${wide ? ' figure-wide' : ''}`}>
      <span className="figure-name">{name}</span>
      <span className="figure-value">{children}</span>
    </div>
  )
}

/** A figure has room for a word or two; the strip above it has the whole sentence. */
const shortStage = (stage: Stage): string => (stage === 'waiting' ? 'waiting' : stage === 'provisioning' ? 'preparing' : stageWords[stage])

function timeLeft(job: JobSummary): string {
  switch (job.state) {
    case 'running':
      if (job.stage !== null && job.stage !== 'training') return shortStage(job.stage)
      return job.etaSeconds === null ? 'measuring' : duration(job.etaSeconds)
    case 'preparing':
      return job.stage === null ? 'starting' : shortStage(job.stage)
    case 'cancelling':
      return 'saving'
    case 'succeeded':
      return 'complete'
    case 'failed':
      return 'failed'
    case 'interrupted':
      return 'interrupted'
    case 'cancelled':
      return 'stopped'
    default:
      return job.etaSeconds === null ? 'not known yet' : roughDuration(job.etaSeconds)
  }
}

/** Follows the series without a render of the strip: its text is the state. */
function TrainLoss({ job, series, view }: { readonly job: JobSummary; readonly series: RunSeries; readonly view: ChartView }) {
  const subscribe = useCallback((listener: () => void) => {
    const stops = [series.subscribe(listener), view.onState(listener)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [series, view])
  const text = useSyncExternalStore(subscribe, () => {
    const now = trainLoss(series, view.state().smoothing)
    return now === null ? `${loss(job.loss)}|` : `${loss(now.now)}|${now.delta === null ? '' : signed(now.delta)}`
  })
  const [value = '', delta = ''] = text.split('|')
  return (
    <>
      {value} {delta !== '' && <small className={delta.startsWith('−') ? 'ink-good' : 'second'} title="Change of the smoothed loss over the last 100 steps">{delta}</small>}
    </>
  )
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
