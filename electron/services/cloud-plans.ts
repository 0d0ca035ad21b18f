import type { InstanceProposal, OpenaiOptions, SagemakerOptions } from '../shared/cloud'
import type { CheckItem, ConnectionCheck } from '../shared/connection'
import type { LineIssue, TokenCheck } from '../shared/dataset'
import type { MemoryEstimate, StepPlan, TimeEstimate } from '../shared/estimate'
import type { PlanIssue } from '../shared/job'
import type { JobRequest, JobSpec } from '../shared/job-spec'
import type { Quote } from '../shared/money'
import type { Plan } from '../shared/plan'
import { autoEpochs, quoteInstances, quoteTokens } from '../domain/cost'
import { tunableBase } from '../domain/openai-bases'
import type { ProtocolCheck } from '../datasets/openai-rules'
import type { ConnectionsStore, StoredConnection } from '../storage/connections-store'
import type { Money } from './money'

/** What the rules of a service say of both files of a dataset, with tokens counted for one base. */
export interface ProtocolReport {
  readonly training: ProtocolCheck
  readonly validation: ProtocolCheck | null
}

/** What the plan of a job knows when it asks about its place. */
export interface PlannedJob {
  readonly model: { readonly spec: JobSpec['model'] }
  readonly data: JobSpec['data']
  readonly estimate: MemoryEstimate
  readonly steps: StepPlan
  readonly tokenCheck: TokenCheck | null
  /** By earlier runs on the same kind of machine. */
  readonly time: TimeEstimate
}

export interface CloudPlan {
  readonly cloud: Plan['cloud']
  readonly issues: readonly PlanIssue[]
  /** Of one GPU of the rented machine. */
  readonly room: Pick<Plan['memory'], 'freeBytes' | 'capacityBytes' | 'deviceName'>
}

export interface CloudPlansDeps {
  readonly connections: Pick<ConnectionsStore, 'get'>
  readonly money: Pick<Money, 'price' | 'refusal' | 'spotSavings'>
  /** Machines for this run, the chosen one among them where anything is known of it. */
  readonly proposeInstances: (wish: { readonly estimate: MemoryEstimate; readonly chosen: string; readonly priceOf: (instanceType: string) => number | null }) => readonly InstanceProposal[]
  /** The service's rules on the real rows, and their tokens for this base. */
  readonly protocolReport: (data: JobSpec['data'], base: string) => Promise<ProtocolReport>
  /** What would be sent; null: not known. */
  readonly uploadBytes: (request: JobRequest, job: PlannedJob) => Promise<number | null>
  readonly now: () => number
}

/** Of the lines that a service would refuse, so many are shown. */
const shownLines = 5

/** Says before a job goes elsewhere what it would cost, what is missing there, and what of its data the place refuses. Nothing is sent. */
export function createCloudPlans(deps: CloudPlansDeps) {
  const deviceName = ({ cloud }: Pick<JobRequest, 'cloud'>): string => {
    const config = cloud === null ? undefined : deps.connections.get(cloud.connectionId)?.config
    if (cloud === null || config === undefined) return 'a place that was removed'
    if (cloud.kind === 'sagemaker') return `${cloud.instanceCount === 1 ? '' : `${cloud.instanceCount} x `}${cloud.instanceType} in ${config.kind === 'aws' ? config.region : config.name}`.slice(0, 200)
    return config.kind === 'openai' ? new URL(config.baseUrl).host.slice(0, 200) : config.name
  }

  const onSagemaker = async (request: JobRequest, options: SagemakerOptions, place: StoredConnection, job: PlannedJob): Promise<CloudPlan> => {
    const { instanceType, instanceCount, spot, maxRunSeconds } = options
    const region = place.config.kind === 'aws' ? place.config.region : ''
    const priceOf = (type: string) => deps.money.price({ place: 'sagemaker', item: type, region, unit: 'instance-hour' })
    const { time } = job
    const quote = quoteInstances({
      instanceType, region, instances: instanceCount, maxRunSeconds, price: priceOf(instanceType), spot, spotDiscount: spot ? deps.money.spotSavings() : null,
      hours: time.kind === 'known' ? { low: time.lowSeconds / 3600, high: time.highSeconds / 3600 } : null,
    })
    const proposals = deps.proposeInstances({ estimate: job.estimate, chosen: instanceType, priceOf: (type) => priceOf(type)?.usd ?? null })
    const gpuMemoryBytes = proposals.find((one) => one.instanceType === instanceType)?.gpuMemoryBytes ?? null
    return {
      cloud: { quote, proposals, uploadBytes: await deps.uploadBytes(request, job) },
      issues: [...checkIssues(place), ...quotaIssues(options, region, place.check), ...timeIssues(options, time), ...budgetIssues(request, quote)],
      room: { freeBytes: gpuMemoryBytes, capacityBytes: gpuMemoryBytes, deviceName: deviceName(request) },
    }
  }

  const atService = async (request: JobRequest, options: OpenaiOptions, place: StoredConnection, job: PlannedJob): Promise<CloudPlan> => {
    const room = { freeBytes: null, capacityBytes: null, deviceName: deviceName(request) }
    const { remote } = job.model.spec
    if (remote === null || remote.connectionId !== place.id) {
      const message = remote === null ? `${job.model.spec.name} is on this machine; ${place.config.name} tunes only bases of its own. Choose one of them.` : `${remote.name} belongs to another place. Choose a base of ${place.config.name}.`
      return { cloud: null, issues: [...checkIssues(place), issue('error', 'unsupported-base', message, 'model')], room }
    }
    const report = await deps.protocolReport(job.data, remote.name)
    const quote = quoteOf(options, place, remote.name, report)
    return {
      cloud: { quote, proposals: [], uploadBytes: await deps.uploadBytes(request, job) },
      issues: [...checkIssues(place), ...baseIssues(remote, place, deps.now()), ...dataIssues(report), ...budgetIssues(request, quote)],
      room,
    }
  }

  const quoteOf = ({ epochs }: OpenaiOptions, { config }: StoredConnection, model: string, { training, validation }: ProtocolReport): Quote => {
    const preset = config.kind === 'openai' ? config.preset : 'custom'
    const price = deps.money.price({ place: 'openai', item: model, region: preset === 'openai' ? null : preset, unit: 'million-training-tokens' })
    const borrowed = preset !== 'openai' && price !== null && price.region === null && price.origin === 'shipped'
    return quoteTokens({
      trainTokens: training.tokens?.billed ?? 0, evalTokens: validation?.tokens?.billed ?? 0, exactTokens: training.tokens?.exact === true, model, price,
      epochsByService: epochs === 'auto', epochs: epochs === 'auto' ? autoEpochs(training.rows) : { low: epochs, high: epochs },
      notes: [
        ...(borrowed ? [`The price is OpenAI's own; ${config.name} may bill another. Enter its price under Settings, Prices, with ${preset} as the region.`] : []),
        ...(preset === 'azure' ? ['Azure bills a deployment of the tuned model by the hour on top, from when you make it.'] : []),
      ],
    })
  }

  const budgetIssues = (request: JobRequest, quote: Quote): readonly PlanIssue[] => {
    const refusal = deps.money.refusal(request, quote)
    return refusal === null ? [] : [refusal]
  }

  return {
    /** What the place is called as a device: `ml.g5.2xlarge in us-east-1`, or the host of a service. */
    deviceName,

    /** For a request with `cloud`. `cloud` of the answer is null where the place itself is wrong, and nothing can be said of costs. */
    async plan(request: JobRequest, job: PlannedJob): Promise<CloudPlan> {
      const { cloud } = request
      const place = cloud === null ? null : deps.connections.get(cloud.connectionId)
      const wrong = (code: string, message: string): CloudPlan => ({ cloud: null, issues: [issue('error', code, message, 'connection')], room: { freeBytes: null, capacityBytes: null, deviceName: deviceName(request) } })
      if (cloud === null || place === null) return wrong('connection-missing', 'The place of this job was removed. Choose another one.')
      if (place.config.kind === 'aws' && cloud.kind === 'sagemaker') return onSagemaker(request, cloud, place, job)
      if (place.config.kind === 'openai' && cloud.kind === 'openai') return atService(request, cloud, place, job)
      return wrong('connection-kind', `${place.config.name} is a place of another kind. Choose another one.`)
    },
  }
}
export type CloudPlans = ReturnType<typeof createCloudPlans>

const issue = (severity: PlanIssue['severity'], code: string, message: string, field: string | null): PlanIssue => ({ severity, code, message, field })

/** What the last check found. The quota of the chosen machine is judged apart, since the check may have looked at another. */
function checkIssues({ config, check }: StoredConnection): readonly PlanIssue[] {
  if (check === null) return [issue('warning', 'not-checked', `${config.name} was not checked yet. Check it under Settings, Places, to see what is missing before you start.`, 'connection')]
  const found = check.items.filter(({ id }) => !id.startsWith('quota-'))
  const missing = found.filter(({ state }) => state === 'missing')
  const logins = found.filter(({ state }) => state === 'login')
  const warnings = found.filter(({ state }) => state === 'warning')
  return [
    ...(missing.length > 0 ? [issue('error', `check-${missing[0]?.id ?? ''}`, `${missing.map(sentenceOf).join(' ')} Mend it, then check ${config.name} again.`, 'connection')] : []),
    // The login may have been renewed since, and a job waits for it: so it forbids nothing.
    ...(logins.length > 0 ? [issue('warning', 'login-expired', `The login of ${config.name} had run out when it was checked. ${logins[0]?.command === null ? 'Log in again.' : `Type: ${logins[0]?.command ?? ''}`}`, 'connection')] : []),
    ...(warnings.length > 0 ? [issue('warning', `check-${warnings[0]?.id ?? ''}`, warnings.map(sentenceOf).join(' '), 'connection')] : []),
  ]
}

const sentenceOf = ({ label, detail, fix }: CheckItem): string => `${label}: ${detail}${fix === null ? '' : ` ${fix}`}`

/** Spot has a quota of its own. */
function quotaIssues({ instanceType, instanceCount, spot }: SagemakerOptions, region: string, check: ConnectionCheck | null): readonly PlanIssue[] {
  const quotas = check?.quotas[instanceType]
  const quota = (spot ? quotas?.spot : quotas?.training) ?? null
  if (quota === null || quota >= instanceCount) return []
  const name = `${instanceType} for ${spot ? 'spot ' : ''}training job usage`
  const other = (spot ? quotas?.training : quotas?.spot) ?? 0
  const instead = other >= instanceCount ? ` ${spot ? 'Without spot' : 'With spot'} there are ${other}.` : ''
  const ask = `Ask for more under Service Quotas, Amazon SageMaker, in ${region}, or choose another machine.`
  return quota === 0
    ? [issue('error', 'quota-zero', `The quota "${name}" of this account is 0.${instead} ${ask}`, 'instanceType')]
    : [issue('error', 'quota-low', `The quota "${name}" of this account is ${quota}, and the job wants ${instanceCount}.${instead} ${ask}`, 'instanceType')]
}

/** A run that is stopped by its own bound loses what comes after its last checkpoint. */
function timeIssues({ maxRunSeconds }: SagemakerOptions, time: TimeEstimate): readonly PlanIssue[] {
  if (time.kind === 'not-known' || time.highSeconds <= maxRunSeconds) return []
  const hours = (seconds: number): string => (seconds / 3600).toFixed(1)
  return [issue('warning', 'time-limit', `It may take ${hours(time.highSeconds)} hours, and it is stopped after ${hours(maxRunSeconds)}. Raise the maximum run time.`, 'maxRunSeconds')]
}

/** Bases end; what is tuned from one ends with it. The date counts today, whenever it was read. */
function baseIssues(remote: NonNullable<JobSpec['model']['remote']>, { config, check }: StoredConnection, nowMs: number): readonly PlanIssue[] {
  const listed = check?.bases.find(({ name }) => name === remote.name)
  const { state, note, shutdownDate } = tunableBase(remote.name, listed?.shutdownDate ?? remote.shutdownDate, nowMs, listed?.shutdownDate === null ? listed.note : null)
  if (state === 'gone' || listed?.state === 'gone') {
    return [issue('error', 'unsupported-base', `${remote.name} can't be tuned any more. ${note ?? listed?.note ?? ''}`.trim(), 'model')]
  }
  if (state === 'ends-soon') return [issue('warning', 'base-ends-soon', `${remote.name} ends on ${shutdownDate ?? ''}. ${note ?? ''}`.trim(), 'model')]
  if (check !== null && check.bases.length > 0 && listed === undefined) {
    return [issue('warning', 'base-not-listed', `${config.name} does not list ${remote.name} among what it tunes: ${check.bases.filter((base) => base.state !== 'gone').map(({ name }) => name).slice(0, 6).join(', ')}.`, 'model')]
  }
  return []
}

/** One issue for each severity, with the first lines of both files. */
function dataIssues({ training, validation }: ProtocolReport): readonly PlanIssue[] {
  const of = (severity: LineIssue['severity']): { readonly count: number; readonly text: string; readonly codes: ReadonlySet<string> } => {
    const files = [{ name: 'training', check: training }, ...(validation === null ? [] : [{ name: 'evaluation', check: validation }])]
    const found = files.flatMap(({ name, check }) => check.issues.filter((one) => one.severity === severity).map((one) => ({ ...one, name })))
    const count = files.reduce((sum, { check }) => sum + [...new Set(check.issues.filter((one) => one.severity === severity).map(({ code }) => code))].reduce((all, code) => all + (check.issueCounts[code] ?? 0), 0), 0)
    const shown = found.slice(0, shownLines).map(({ line, message, name, code }) => (code === 'too_few_examples' ? message : `Line ${line} of the ${name} file: ${message}`))
    return { count, codes: new Set(found.map(({ code }) => code)), text: `${shown.join(' ')}${count > shown.length ? ` And ${count - shown.length} more.` : ''}` }
  }
  const errors = of('error')
  const warnings = of('warning')
  const onlyFew = errors.codes.size === 1 && errors.codes.has('too_few_examples')
  return [
    ...(errors.count === 0 ? [] : [issue('error', onlyFew ? 'too-few-examples' : 'bad-data', `The service would refuse this data. ${errors.text}`, 'dataset')]),
    ...(warnings.count === 0 ? [] : [issue('warning', 'data-warnings', warnings.text, 'dataset')]),
  ]
}
