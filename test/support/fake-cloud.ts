import { AppError } from '../../electron/shared/app-error'
import type { AwsConnection, ConnectionCheck, ConnectionSummary, OpenaiConnection } from '../../electron/shared/connection'
import type { InstanceProposal } from '../../electron/shared/cloud'
import { ConnectionId } from '../../electron/shared/ids'
import type { JobSummary } from '../../electron/shared/job'
import type { Bill, Ledger, LedgerRow, Price, Quote } from '../../electron/shared/money'
import type { Plan } from '../../electron/shared/plan'
import { comparisonId } from './fake-comparison'
import { fakeJob, fakeModel, fakeNowMs, fakePlan, fakeSettings, jobId, modelId } from './fake-data'
import type { FakeHandlers, FakeState, FakeTunesmith } from './fake-tunesmith'

const GIB = 2 ** 30
const minute = 60_000
export const connectionId = (n: number): ConnectionId => ConnectionId.parse(`conn_${n.toString(36).padStart(16, '0')}`)

export const fakeAws: AwsConnection = {
  kind: 'aws', name: 'Team AWS', profile: 'work', region: 'us-east-1', roleArn: 'arn:aws:iam::123456789012:role/tunesmith', bucket: 'team-tunesmith', prefix: 'tunesmith', kmsKeyArn: null, vpc: null, tags: [{ key: 'team', value: 'support' }], reachesPypi: true,
}
export const fakeAzure: OpenaiConnection = { kind: 'openai', name: 'Azure west', preset: 'azure', baseUrl: 'https://contoso-support.openai.azure.com/openai/v1', organization: null, project: null }

const ok = (id: string, label: string, detail: string) => ({ id, label, state: 'ok' as const, detail, fix: null, command: null })
export const fakeAwsCheck: ConnectionCheck = {
  atMs: fakeNowMs - 12 * minute, bases: [], quotas: { 'ml.g5.2xlarge': { training: 2, spot: 0 } },
  items: [ok('identity', 'Login', 'account 123456789012, as ada'), ok('role', 'Role', 'SageMaker may take it on'), ok('pass-role', 'PassRole', 'this login may pass it on'), ok('bucket', 'Bucket', 'readable and writable, in us-east-1'), ok('quota', 'Quota', '2 instances of ml.g5.2xlarge for training')],
}
export const fakeAzureCheck: ConnectionCheck = {
  atMs: fakeNowMs - 90 * minute, quotas: {},
  items: [ok('key', 'Key', 'accepted'), ok('jobs', 'Fine-tuning', 'jobs may be listed'), { id: 'deploy', label: 'Deployment', state: 'warning', detail: 'a tuned model does not answer by itself', fix: 'Deploy it in the Azure portal after the run and type the name of the deployment on its page.', command: null }],
  bases: [
    { name: 'gpt-4.1-mini-2025-04-14', shutdownDate: '2027-01-14', state: 'ends-soon', note: null }, { name: 'gpt-4.1-2025-04-14', shutdownDate: '2027-01-14', state: 'ends-soon', note: null },
    { name: 'Ministral-3B', shutdownDate: null, state: 'ok', note: 'global standard only' }, { name: 'gpt-oss-20b', shutdownDate: '2027-10-01', state: 'ok', note: 'global standard only' },
    { name: 'gpt-3.5-turbo-0125', shutdownDate: '2026-10-23', state: 'gone', note: 'choose gpt-4.1-mini' }, { name: 'gpt-4.1-nano-2025-04-14', shutdownDate: '2026-10-23', state: 'gone', note: null }, { name: 'babbage-002', shutdownDate: '2026-09-28', state: 'gone', note: null },
  ],
}

export const fakePlace = (n: number, config: ConnectionSummary['config'], part: Partial<ConnectionSummary> = {}): ConnectionSummary => ({
  id: connectionId(n), config, createdAtMs: fakeNowMs - n * 86_400_000, checking: false, check: null, breaker: { state: 'closed', retryAtMs: null, reason: null }, activeJobs: 0, ...part,
})
export const fakePlaces: readonly ConnectionSummary[] = [fakePlace(1, fakeAws, { check: fakeAwsCheck, activeJobs: 2 }), fakePlace(2, fakeAzure, { check: fakeAzureCheck, activeJobs: 1 })]

/** A login that has run out, a role that is missing, a provider that does not answer, and a place that nobody checked. */
export const fakeBrokenPlaces: readonly ConnectionSummary[] = [
  fakePlace(1, { ...fakeAws, name: 'Research account of the support and documentation team, Frankfurt', region: 'eu-central-1', profile: 'research-sso' }, {
    check: {
      ...fakeAwsCheck, quotas: { 'ml.g5.2xlarge': { training: 0, spot: null } },
      items: [
        { id: 'identity', label: 'Login', state: 'login', detail: 'the SSO session has run out', fix: 'Log in again, then check again.', command: 'aws sso login --profile research-sso' },
        { id: 'role', label: 'Role', state: 'missing', detail: 'arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20260114T101530 does not exist', fix: 'Create it with the policy of docs/cloud.md, or correct its name.', command: null },
        { id: 'simulate', label: 'Permissions', state: 'not-known', detail: 'this login may not look at its own permissions', fix: 'Nothing has to be done; a job says so if one is missing.', command: null },
        { id: 'quota', label: 'Quota', state: 'missing', detail: '0 instances of ml.g5.2xlarge for training', fix: 'Ask for 1 under Service Quotas, SageMaker.', command: null },
      ],
    },
  }),
  fakePlace(2, fakeAzure, { check: fakeAzureCheck, breaker: { state: 'open', retryAtMs: Date.now() + 9 * minute, reason: 'The last 5 answers were 503 Service Unavailable.' } }),
  fakePlace(3, { kind: 'openai', name: 'Lab server', preset: 'custom', baseUrl: 'http://10.0.0.12:8000/v1', organization: null, project: null }),
]

export const fakeProposals: readonly InstanceProposal[] = [
  { instanceType: 'ml.g5.2xlarge', gpuName: 'NVIDIA A10G', gpuCount: 1, gpuMemoryBytes: 24 * GIB, usdPerHour: 1.515, verdict: 'fits', ownDisk: true },
  { instanceType: 'ml.g6e.2xlarge', gpuName: 'NVIDIA L40S', gpuCount: 1, gpuMemoryBytes: 48 * GIB, usdPerHour: 2.803, verdict: 'fits', ownDisk: true },
  { instanceType: 'ml.g4dn.2xlarge', gpuName: 'NVIDIA T4', gpuCount: 1, gpuMemoryBytes: 16 * GIB, usdPerHour: null, verdict: 'tight', ownDisk: false },
]
export const fakeQuote: Quote = {
  lowUsd: 1.2, highUsd: 2.1, unknown: null, lines: ['0.8 to 1.4 h x 1 ml.g5.2xlarge x $1.515 an hour'],
  assumptions: ['The time is the estimate for an RTX 4090, times 1.6 for an A10G.', 'Getting the machine ready takes 4 to 9 min and is billed.', 'Storage in S3 and transfer are not counted.'], priceSource: 'table of the app, us-east-1', priceAsOf: '2026-11-18',
}
export const fakeTokenQuote: Quote = {
  lowUsd: 8.12, highUsd: 24.36, unknown: null, lines: ['1 to 3 epochs x 1,624,000 tokens x $5.00 per million'],
  assumptions: ['Epochs are left to the service, which takes 1 to 3 for so many rows.', 'Tokens were counted with o200k_base.', 'A deployment is billed by the hour after that.'], priceSource: 'table of the app', priceAsOf: '2026-11-18',
}
export const unknownQuote: Quote = { ...fakeQuote, lowUsd: null, highUsd: null, unknown: 'No price is known for ml.g4dn.2xlarge in us-east-1.', lines: [], assumptions: [], priceSource: '' }

/** The plan for a request, as the engine would give it for its place. */
export function fakeCloudPlan(cloud: NonNullable<Parameters<NonNullable<FakeHandlers['jobs.plan']>>[0]['cloud']>): Plan {
  if (cloud.kind === 'openai') {
    return {
      ...fakePlan, issues: [{ severity: 'info', code: 'tokens', message: 'Counted with o200k_base: 1,624,000 tokens an epoch.', field: null }],
      memory: { ...fakePlan.memory, device: 'cloud', verdict: 'not-known', total: null, parts: [], capacityBytes: null, freeBytes: null, usedBy: [] }, time: null, cloud: { quote: fakeTokenQuote, proposals: [], uploadBytes: 11.2 * 2 ** 20 },
    }
  }
  const chosen = fakeProposals.find((one) => one.instanceType === cloud.instanceType)
  return {
    ...fakePlan, issues: cloud.spot ? [{ severity: 'warning', code: 'spot-quota', message: 'The quota for spot is 0 here.', field: 'cloud.spot' }] : [],
    memory: { ...fakePlan.memory, device: 'cloud', deviceName: chosen?.gpuName ?? cloud.instanceType, freeBytes: null, usedBy: [], capacityBytes: chosen?.gpuMemoryBytes ?? null, verdict: chosen?.verdict ?? 'not-known' },
    time: { lowSeconds: 48 * 60, highSeconds: 84 * 60, basis: 'earlier-runs', runs: 3 }, disk: { ...fakePlan.disk },
    cloud: { quote: chosen?.usdPerHour === null ? unknownQuote : fakeQuote, proposals: fakeProposals, uploadBytes: 1.2 * GIB },
  }
}

const place = (name: string): JobSummary['device'] => ({ kind: 'cloud', name })
export const fakeCloudJobs: readonly JobSummary[] = [
  fakeJob(21, { name: 'qwen3-32b-support-replies-and-threads-r64-warmup-long-context', backend: 'sagemaker', modelName: 'Qwen3-32B', state: 'running', stage: 'training', device: place('ml.g6e.2xlarge in us-east-1'), environmentId: null, createdAtMs: fakeNowMs - 50 * minute, startedAtMs: fakeNowMs - 48 * minute, finishedAtMs: null, step: 212, epoch: 0.56, etaSeconds: 5400, bestEvalLoss: 1.1912, bestStep: 200, phase: { text: 'Training', ratio: null, atMs: fakeNowMs, attention: false, command: null } }),
  fakeJob(22, { name: 'support-mini', backend: 'openai', modelId: modelId(21), modelName: 'gpt-4.1-mini', state: 'running', stage: 'waiting', device: place('contoso-support.openai.azure.com'), environmentId: null, createdAtMs: fakeNowMs - 8 * minute, startedAtMs: fakeNowMs - 7 * minute, finishedAtMs: null, step: 0, totalSteps: null, epoch: 0, loss: null, evalLoss: null, bestEvalLoss: null, bestStep: null, tokensPerSecond: null, samplesPerSecond: null, lastSeq: -1, spark: [], phase: { text: 'Queued at the service', ratio: null, atMs: fakeNowMs, attention: false, command: null } }),
  fakeJob(23, { name: 'llama-70b-threads', backend: 'sagemaker', modelName: 'Llama-3.3-70B', state: 'preparing', stage: null, device: place('ml.p4d.24xlarge in eu-central-1'), environmentId: null, createdAtMs: fakeNowMs - 4 * minute, startedAtMs: fakeNowMs - 4 * minute, finishedAtMs: null, step: 0, totalSteps: null, epoch: 0, loss: null, evalLoss: null, bestEvalLoss: null, bestStep: null, tokensPerSecond: null, samplesPerSecond: null, lastSeq: -1, spark: [], phase: { text: 'Sending the base model, 5.2 of 12.4 GB', ratio: 0.42, atMs: fakeNowMs, attention: false, command: null } }),
  fakeJob(24, { name: 'qwen3-8b-support-spot', backend: 'sagemaker', state: 'running', stage: 'training', device: place('ml.g5.2xlarge in eu-central-1'), environmentId: null, createdAtMs: fakeNowMs - 90 * minute, startedAtMs: fakeNowMs - 88 * minute, finishedAtMs: null, step: 400, etaSeconds: 1800, phase: { text: 'Your AWS login has run out', ratio: null, atMs: fakeNowMs, attention: true, command: 'aws sso login --profile research-sso' } }),
  fakeJob(25, { name: 'support-mini-first', backend: 'openai', modelId: modelId(21), modelName: 'gpt-4.1-mini', state: 'succeeded', device: place('contoso-support.openai.azure.com'), environmentId: null, step: 180, totalSteps: 180 }),
  fakeJob(26, { name: 'qwen3-14b-quota', backend: 'sagemaker', modelName: 'Qwen3-14B', state: 'failed', device: place('ml.p4d.24xlarge in us-east-1'), environmentId: null, step: 0, lastSeq: -1, loss: null, evalLoss: null, bestEvalLoss: null, bestStep: null, spark: [], cause: { kind: 'quota', evidence: "ResourceLimitExceeded: The account-level service limit 'ml.p4d.24xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances.", details: { instanceType: 'ml.p4d.24xlarge' } } }),
]
const remoteBase = { kind: 'remote', path: '', sizeBytes: 0, parameters: null, architecture: null, contextLength: null, license: null, endOfTurn: null } as const
export const fakeRemoteModels = [
  fakeModel(21, { ...remoteBase, name: 'gpt-4.1-mini-2025-04-14', remote: { connectionId: connectionId(2), name: 'gpt-4.1-mini-2025-04-14', deployment: 'mini-base', shutdownDate: '2027-01-14' }, createdAtMs: fakeNowMs - 3 * 86_400_000 }),
  fakeModel(22, { ...remoteBase, name: 'support-mini-first', kind: 'remote-tuned', method: 'lora', backend: 'openai', version: 1, baseModelId: modelId(21), jobId: jobId(25), bestEvalLoss: 0.8412, remote: { connectionId: connectionId(2), name: 'gpt-4.1-mini-2025-04-14.ft-0a1b2c3d4e5f-support', deployment: null, shutdownDate: '2027-01-14' }, createdAtMs: fakeNowMs - 2 * 86_400_000 }),
  fakeModel(23, { ...remoteBase, name: 'support-mini-first step 120', kind: 'remote-tuned', method: 'lora', backend: 'openai', version: 1, checkpointStep: 120, baseModelId: modelId(21), jobId: jobId(25), bestEvalLoss: 0.8533, remote: { connectionId: connectionId(2), name: 'gpt-4.1-mini-2025-04-14.ft-0a1b2c3d4e5f-support:ckpt-step-120', deployment: 'support-mini-120', shutdownDate: '2027-01-14' }, createdAtMs: fakeNowMs - 2 * 86_400_000 - 1 }),
]

export const fakeBill: Bill = { usd: 1.71, savedUsd: null, basis: '2,196 billable seconds x 1 ml.g6e.2xlarge x $2.803 an hour', final: false }
const row = (id: number, part: Partial<LedgerRow>): LedgerRow => ({
  id, kind: 'training', jobId: jobId(20 + id), comparisonId: null, name: `run-${id}`, place: 'sagemaker', connectionId: connectionId(1), connectionName: 'Team AWS', model: 'Qwen3-8B', atMs: fakeNowMs - id * 40 * minute, quote: fakeQuote, bill: { ...fakeBill, final: true }, ...part,
})
export const emptyLedger: Ledger = { rows: [], byMonth: [], byPlace: [], byModel: [], budget: { monthlyUsd: null, usedUsd: 0, runningUsd: 0 } }
export const fakeLedger: Ledger = {
  rows: [
    row(1, { name: 'qwen3-32b-support-replies-and-threads-r64-warmup-long-context', model: 'Qwen3-32B', bill: fakeBill }),
    row(2, { name: 'support-mini', place: 'openai', connectionId: connectionId(2), connectionName: 'Azure west', model: 'gpt-4.1-mini-2025-04-14', quote: fakeTokenQuote, bill: null }),
    row(3, { name: 'llama-70b-threads', model: 'Llama-3.3-70B', quote: unknownQuote, bill: { usd: null, savedUsd: null, basis: 'No price is known for ml.p4d.24xlarge in eu-central-1.', final: true } }),
    row(4, { name: 'qwen3-8b-support-spot', bill: { usd: 0.52, savedUsd: 1.03, basis: '1,236 billable of 3,684 seconds x 1 ml.g5.2xlarge x $1.515 an hour', final: true } }),
    row(6, { kind: 'answers', jobId: null, comparisonId, name: 'support-r16 against its base', place: 'openai', connectionId: connectionId(2), connectionName: 'Azure west', model: 'gpt-4.1-mini-2025-04-14.ft-0a1b2c3d4e5f-support:ckpt-step-120', quote: null, bill: { usd: 0.0418, savedUsd: null, basis: '22,120 tokens read x $0.80, 7,402 written x $3.20 per million', final: true } }),
    row(5, { kind: 'answers', jobId: null, name: 'support-mini against its base', place: 'openai', connectionId: connectionId(2), connectionName: 'Azure west', model: 'gpt-4.1-mini-2025-04-14', quote: null, bill: { usd: 0.0021, savedUsd: null, basis: '3,120 tokens read x $0.80, 1,402 written x $3.20 per million', final: true } }),
  ],
  byMonth: [{ key: '2026-11', usd: 18.42, savedUsd: 1.03, rows: 14, unknownRows: 1 }, { key: '2026-10', usd: 96.1, savedUsd: 0, rows: 41, unknownRows: 0 }, { key: '2026-09', usd: 0, savedUsd: 0, rows: 1, unknownRows: 1 }],
  byPlace: [{ key: 'Team AWS', usd: 101.2, savedUsd: 1.03, rows: 40, unknownRows: 2 }, { key: 'Azure west', usd: 13.32, savedUsd: 0, rows: 16, unknownRows: 0 }],
  byModel: [{ key: 'Qwen3-8B', usd: 55.1, savedUsd: 1.03, rows: 22, unknownRows: 0 }, { key: 'gpt-4.1-mini-2025-04-14', usd: 13.32, savedUsd: 0, rows: 16, unknownRows: 0 }],
  budget: { monthlyUsd: 50, usedUsd: 16.71, runningUsd: 1.71 },
}

const fakePrice = (part: Partial<Price>): Price => ({ place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'us-east-1', unit: 'instance-hour', usd: 1.515, source: 'AWS Price List, SageMaker training', asOf: '2026-11-18', origin: 'shipped', ...part })
export const fakePrices: readonly Price[] = [
  fakePrice({}), fakePrice({ item: 'ml.g6e.2xlarge', usd: 2.803, origin: 'fetched', asOf: '2026-11-20' }), fakePrice({ item: 'ml.p4d.24xlarge', usd: 37.688 }), fakePrice({ region: null, usd: 1.6, source: 'our contract', origin: 'edited', asOf: '2026-11-01' }),
  fakePrice({ place: 'openai', item: 'gpt-4.1-mini', region: null, unit: 'million-training-tokens', usd: 5, source: 'pricing page of the service' }), fakePrice({ place: 'openai', item: 'gpt-4.1-mini', region: null, unit: 'million-input-tokens', usd: 0.8, source: 'pricing page of the service' }),
]

/** Answers of places, the ledger and prices. */
export function cloudHandlers(state: FakeState, push: FakeTunesmith['push']): FakeHandlers {
  const change = (id: string, part: Partial<ConnectionSummary>): ConnectionSummary => {
    state.connections = state.connections.map((one) => (one.id === id ? { ...one, ...part } : one))
    push('connections.changed', state.connections)
    const changed = state.connections.find((one) => one.id === id)
    if (changed === undefined) throw new AppError('CONNECTION_NOT_FOUND', id)
    return changed
  }
  return {
    'connections.list': () => state.connections,
    'connections.add': (config) => {
      const made = fakePlace(state.connections.length + 1, config as ConnectionSummary['config'])
      state.connections = [...state.connections, made]
      push('connections.changed', state.connections)
      return { connectionId: made.id }
    },
    'connections.change': ({ connectionId: id, config }) => (change(id, { config: config as ConnectionSummary['config'] }), null),
    'connections.remove': ({ connectionId: id }) => {
      state.connections = state.connections.filter((one) => one.id !== id)
      push('connections.changed', state.connections)
      return null
    },
    'connections.check': ({ connectionId: id }) => change(id, { check: state.connections.find((one) => one.id === id)?.config.kind === 'aws' ? fakeAwsCheck : fakeAzureCheck }),
    'connections.retry': ({ connectionId: id }) => change(id, { breaker: { state: 'closed', retryAtMs: null, reason: null } }).breaker,
    'connections.adoptable': () => [{ remoteId: 'tunesmith-job-000000000000031', jobId: jobId(31), name: 'qwen3-8b-from-the-other-laptop', model: '', status: 'InProgress', createdAtMs: fakeNowMs - 300 * minute }],
    'connections.adopt': () => ({ jobId: jobId(31) }),
    'models.addRemote': ({ connectionId: id, name, deployment }) => {
      const made = fakeModel(40 + state.models.length, { ...remoteBase, name, remote: { connectionId: ConnectionId.parse(id), name, deployment, shutdownDate: null } })
      state.models = [made, ...state.models]
      push('models.changed', state.models)
      return { modelId: made.id }
    },
    'models.setDeployment': ({ modelId: id, deployment }) => {
      state.models = state.models.map((model) => (model.id === id && model.remote !== null ? { ...model, remote: { ...model.remote, deployment } } : model))
      push('models.changed', state.models)
      return null
    },
    'jobs.remoteLeftovers': ({ jobId: id }) => ({
      jobId: state.jobs.find((job) => job.id === id)?.id ?? jobId(25), files: [{ id: 'file-4fA1b2C3d4', purpose: 'fine-tune' }, { id: 'file-9zX8y7W6v5', purpose: 'fine-tune-results' }],
      models: [{ name: 'gpt-4.1-mini-2025-04-14.ft-0a1b2c3d4e5f-support', modelId: modelId(22) }],
    }),
    'jobs.deleteRemote': () => null,
    'ledger.get': () => state.ledger,
    'ledger.saveCsv': () => ({ path: '/home/ada/costs.csv' }),
    'prices.list': () => state.prices,
    'prices.set': (price) => {
      state.prices = [...state.prices.filter((one) => one.item !== price.item || one.region !== price.region || one.unit !== price.unit), { ...price, origin: 'edited' }]
      return null
    },
    'prices.reset': ({ item, region, unit }) => {
      state.prices = state.prices.map((one) => (one.item === item && one.region === region && one.unit === unit ? { ...one, origin: 'shipped' } : one))
      return null
    },
    'prices.fetch': () => ({ changed: 3 }),
  }
}

/** Plans and details of runs elsewhere, on top of what the run page has. */
export function answerCloud(fake: FakeTunesmith): void {
  const [plan, detail, file] = [fake.answerOf('jobs.plan'), fake.answerOf('jobs.get'), fake.answerOf('jobs.file')]
  if (plan === undefined || detail === undefined || file === undefined) throw new Error('the fake lacks jobs.plan, jobs.get or jobs.file')
  fake.answer('jobs.plan', (input) => (input.cloud === null || input.cloud === undefined ? plan(input) : fakeCloudPlan(input.cloud)))
  fake.answer('jobs.proposal', ({ jobId: id }) => ({ basedOn: fake.state.jobs.find((job) => job.id === id)?.id ?? jobId(1), findings: [], changes: [], request: null, note: null }))
  fake.answer('jobs.file', (input) => (input.file === 'console' ? { truncated: false, text: '2026-11-20 14:01:12 Starting the training job\n2026-11-20 14:04:40 Preparing the instances for training\n2026-11-20 14:09:02 Downloading the training image\n{\'loss\': 1.2214, \'grad_norm\': 0.41, \'epoch\': 0.55}\n{\'loss\': 1.1902, \'grad_norm\': 0.38, \'epoch\': 0.56}\n' } : file(input)))
  fake.answer('jobs.get', (input) => {
    const found = detail(input)
    const { job, request } = found
    if (job.backend !== 'sagemaker' && job.backend !== 'openai') return found
    const cloud = job.backend === 'openai'
      ? { kind: 'openai' as const, connectionId: connectionId(2), epochs: 3, batchSize: 'auto' as const, learningRateMultiplier: 'auto' as const, suffix: 'support', trainingType: 'globalStandard' as const }
      : { kind: 'sagemaker' as const, connectionId: connectionId(1), trainer: 'unsloth' as const, instanceType: 'ml.g6e.2xlarge', instanceCount: 1, volumeGb: 100, spot: false, maxRunSeconds: 86_400, maxWaitSeconds: null, imageUri: null, hubTokenSecret: null }
    return {
      ...found, request: { ...request, settings: fakeSettings, cloud, budget: { limitUsd: 10, stop: true } }, checkpoints: job.backend === 'openai' ? [] : found.checkpoints,
      remoteId: job.backend === 'openai' ? 'ftjob-7Yp2QkVb1c9dLrTn' : `tunesmith-${job.id.replace('_', '-')}`, quote: job.backend === 'openai' ? fakeTokenQuote : fakeQuote, bill: { ...fakeBill, final: job.finishedAtMs !== null },
    }
  })
}
