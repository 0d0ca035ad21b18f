import type { ReactNode } from 'react'
import type { CloudOptions } from '../../../../electron/shared/cloud'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import type { TrainingSettings } from '../../../../electron/shared/job-spec'
import { KeyValue } from '../../components/layout'
import { Notice } from '../../components/notice'
import { hrefOf } from '../../router'
import { useNow } from '../../shell/use-now'
import { useEnvironments, useJobs } from '../../stores/lists'
import { bytes, count, dayAndTime, duration, number, parameters, percent, tokens, unknownMark } from '../../text/format'
import { backendWords, methodOf, secondsOf } from '../../text/job-words'
import { billWords, quoteWords, usd } from '../../text/money'
import { runsElsewhere } from '../../text/places'
import { settingName, settingValue } from '../../text/setting-words'

type Row = readonly [name: string, value: ReactNode]

/** What the run is and was made with. */
export function FactsTab({ job, detail }: { readonly job: JobSummary; readonly detail: JobDetail }) {
  const nowMs = useNow(60_000)
  return (
    <div className="facts tab-pad">
      {detail.warnings.map((warning) => (
        <Notice key={warning.code + warning.message} tone="warn">{warning.message}</Notice>
      ))}
      <div className="facts-columns">
        <section>
          <h3>Run</h3>
          <KeyValue rows={runRows(job, detail, nowMs)} />
        </section>
        {runsElsewhere(job) && (
          <section>
            <h3>Place and cost</h3>
            <KeyValue rows={placeRows(job, detail)} />
          </section>
        )}
        <section>
          <h3>Model and data</h3>
          <KeyValue rows={dataRows(job, detail)} />
        </section>
        <section>
          <h3>Settings</h3>
          <KeyValue rows={settingRows(job)} />
        </section>
        <section>
          <h3>Environment</h3>
          <KeyValue rows={environmentRows(job, detail)} />
        </section>
      </div>
    </div>
  )
}

export function endWords(detail: JobDetail): string {
  const { end } = detail
  if (end === null) return 'not seen'
  if (end.signal !== null) return `signal ${end.signal}`
  return end.exitCode === null ? 'not seen' : end.exitCode === 0 ? 'code 0' : `code ${end.exitCode}`
}

export function peakWords(detail: JobDetail): string {
  const [gpu, ram] = [detail.end?.peakGpuMemoryBytes ?? null, detail.end?.peakMemoryBytes ?? null]
  const known = [gpu === null ? null : `${bytes(gpu)} GPU`, ram === null ? null : `${bytes(ram)} RAM`].filter((part) => part !== null)
  return known.length === 0 ? 'not measured yet' : known.join(', ')
}

/** `CPU, 8 threads`, `GPU 0, NVIDIA L4`, `ml.g5.2xlarge in us-east-1`. */
export function deviceWords({ device }: Pick<JobSummary, 'device'>): string {
  switch (device?.kind) {
    case 'cpu':
      return `CPU, ${device.threads === 1 ? '1 thread' : `${count(device.threads)} threads`}`
    case 'cuda':
      return `GPU ${device.gpuIndex}, ${device.gpuName}`
    case 'cloud':
      return device.name
    default:
      return 'chosen when it starts'
  }
}

function runRows(job: JobSummary, detail: JobDetail, nowMs: number): readonly Row[] {
  const seconds = secondsOf(job, nowMs)
  return [
    ['Created', dayAndTime(job.createdAtMs, nowMs)],
    ['Started', job.startedAtMs === null ? 'not yet' : dayAndTime(job.startedAtMs, nowMs)],
    ...(job.finishedAtMs === null ? [] : [['Ended', dayAndTime(job.finishedAtMs, nowMs)] as const, ['Exit', endWords(detail)] as const]),
    ['Ran for', seconds === null ? unknownMark : duration(seconds)],
    ...(runsElsewhere(job) ? [] : [['Device', deviceWords(job)] as const]),
    ...(runsElsewhere(job) ? [] : [['Peak memory', peakWords(detail)] as const]),
    ['Lineage', <Lineage key="lineage" detail={detail} />],
    ['Tags', job.tags.length === 0 ? 'none' : job.tags.join(', ')],
    ['Note', job.note === '' ? 'none' : job.note],
  ]
}

/** Where it is done, under which name, and what it was to cost and did. */
function placeRows(job: JobSummary, detail: JobDetail): readonly Row[] {
  const { remoteId, quote, bill, request } = detail
  return [
    ['Place', deviceWords(job)],
    ['Its id there', remoteId === null ? 'not there yet' : <span key="id" className="mono selectable">{remoteId}</span>],
    ...(request.cloud === null ? [] : cloudRows(request.cloud)),
    ['Quote', <Reasoned key="quote" words={quoteWords(quote)} lines={quote === null ? [] : [...quote.lines, ...quote.assumptions]} />],
    [bill?.final === true ? 'Bill' : 'Bill so far', <Reasoned key="bill" words={bill === null ? billWords(bill) : billWords({ ...bill, final: true })} lines={bill === null ? [] : [bill.basis]} />],
    ...(bill === null || bill.savedUsd === null || bill.savedUsd === 0 ? [] : [['Saved by spot', usd(bill.savedUsd)] as const]),
    ['Budget', request.budget === null ? 'none' : `${usd(request.budget.limitUsd)}, ${request.budget.stop ? 'stops it' : 'warns'}`],
  ]
}

function Reasoned({ words, lines }: { readonly words: string; readonly lines: readonly string[] }) {
  return (
    <>
      {words}
      {lines.filter((line) => line !== '').map((line) => <span key={line} className="facts-reason quiet micro">{line}</span>)}
    </>
  )
}

const chosen = (value: number | 'auto', words: (value: number) => string = count): string => (value === 'auto' ? 'auto' : words(value))

/** The options of a job elsewhere in the words of Train. */
function cloudRows(cloud: CloudOptions): readonly (readonly [string, string])[] {
  if (cloud.kind === 'openai') {
    return [
      ['Epochs', chosen(cloud.epochs)], ['Batch size', chosen(cloud.batchSize)], ['Rate multiplier', chosen(cloud.learningRateMultiplier, (value) => number(value, 4))],
      ...(cloud.suffix === null ? [] : [['Suffix', cloud.suffix] as const]), ...(cloud.trainingType === null ? [] : [['Training type', cloud.trainingType] as const]),
    ]
  }
  return [
    ['Instances', `${count(cloud.instanceCount)} x ${cloud.instanceType}`],
    ['Trainer', cloud.trainer],
    ['Spot', cloud.spot ? `yes, waits ${duration(cloud.maxWaitSeconds ?? cloud.maxRunSeconds)} at most` : 'no'],
    ['Longest run', duration(cloud.maxRunSeconds)],
    ...(cloud.imageUri === null ? [] : [['Image', cloud.imageUri] as const]),
  ]
}

function Lineage({ detail }: { readonly detail: JobDetail }) {
  const jobs = useJobs((state) => state.items)
  if (detail.lineage.length === 0) return <>a fresh start</>
  return (
    <>
      continues{' '}
      {detail.lineage.map((id, index) => (
        <span key={id}>
          {index > 0 && ', which continues '}
          <a href={hrefOf({ page: 'run', id })}>{jobs.find((job) => job.id === id)?.name ?? 'a deleted run'}</a>
        </span>
      ))}
    </>
  )
}

function dataRows(job: JobSummary, detail: JobDetail): readonly Row[] {
  const { trainedTokens, totalTokens, trainableParameters, totalParameters } = detail
  const rows = [detail.trainRows === null ? null : `${count(detail.trainRows)} to train`, detail.evalRows === null ? null : `${count(detail.evalRows)} to evaluate`].filter((part) => part !== null)
  return [
    ['Model', <a key="model" href={hrefOf({ page: 'models', id: job.modelId })}>{job.modelName}</a>],
    ['Data', <a key="data" href={hrefOf({ page: 'datasets', id: job.datasetId })}>{job.datasetName}</a>],
    ['Rows', rows.length === 0 ? 'not counted yet' : rows.join(', ')],
    ['Trained tokens', trainedTokens === null ? 'not counted yet' : `${tokens(trainedTokens)}${totalTokens === null || totalTokens === 0 ? '' : ` of ${tokens(totalTokens)} (${percent(trainedTokens / totalTokens)})`} an epoch`],
    ['Parameters trained', trainableParameters === null ? 'not known yet' : `${parameters(trainableParameters)}${totalParameters === null || totalParameters === 0 ? '' : ` of ${parameters(totalParameters)} (${percent(trainableParameters / totalParameters, 2)})`}`],
    ...(detail.outputModelId === null ? [] : [['Result', <a key="result" href={hrefOf({ page: 'models', id: detail.outputModelId })}>open the model</a>] as const]),
  ]
}

/** The settings in the words of the field. */
export function settingRows({ settings, backend }: Pick<JobSummary, 'settings' | 'backend'>): readonly (readonly [string, string])[] {
  if (backend === 'openai') return [['Method', methodOf({ settings, backend })], ['Backend', backendWords[backend]], ['Seed', String(settings.seed)]]
  const adapter = settings.method !== 'full'
  const words = (field: keyof TrainingSettings): string => settingValue(field, settings[field])
  const row = (field: keyof TrainingSettings): readonly [string, string] => [settingName(field), words(field)]
  return [
    ['Method', methodOf({ settings, backend })],
    ['Backend', backendWords[backend]],
    row('length'),
    row('learningRate'),
    ['Schedule', `${words('schedule')}, warm-up ${words('warmupRatio')}`],
    ['Batch', `${count(settings.microBatch)} × ${count(settings.gradientAccumulation)} = ${count(settings.microBatch * settings.gradientAccumulation)} rows`],
    ['Max length', `${words('maxLength')}${settings.packing ? ', packed' : ''}`],
    ...(adapter ? [['Rank, alpha', `${settings.rank}, ${words('alpha')}`] as const, row('dropout'), row('targetModules')] : []),
    row('weightDecay'),
    row('maxGradNorm'),
    row('gradientCheckpointing'),
    ['Loss on', settings.answersOnly ? 'answers only' : 'every token'],
    row('evaluateEverySteps'),
    row('checkpointEverySteps'),
    row('seed'),
  ]
}

function environmentRows(job: JobSummary, detail: JobDetail): readonly Row[] {
  return [['Environment', <EnvironmentName key="environment" job={job} />], ...Object.entries(detail.versions).map(([name, version]): Row => [name, <span key={name} className="mono">{version}</span>])]
}

export function EnvironmentName({ job }: { readonly job: JobSummary }) {
  const name = useEnvironments((state) => state.items.find((one) => one.id === job.environmentId)?.name ?? null)
  return <>{name ?? (runsElsewhere(job) ? "the place's own" : job.environmentId === null ? 'chosen when it starts' : 'a removed environment')}</>
}
