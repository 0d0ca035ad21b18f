import { describe, expect, it } from 'vitest'
import { proposeInstances } from '../../../electron/domain/instance-choice'
import type { InstanceFacts } from '../../../electron/domain/instance-choice'
import type { ProtocolCheck } from '../../../electron/datasets/openai-rules'
import { createCloudPlans } from '../../../electron/services/cloud-plans'
import type { CloudPlansDeps, PlannedJob, ProtocolReport } from '../../../electron/services/cloud-plans'
import type { OpenaiOptions, SagemakerOptions } from '../../../electron/shared/cloud'
import type { CheckItem, ConnectionCheck, ConnectionConfig } from '../../../electron/shared/connection'
import type { JobRequest } from '../../../electron/shared/job-spec'
import type { Price } from '../../../electron/shared/money'
import { awsConfig, goodCheck, openaiConfig } from '../../support/cloud-connections'
import { connectionId, datasetId, modelId, request } from '../storage/storage-fixtures'

const now = Date.parse('2026-11-20T12:00:00Z')
const aws: SagemakerOptions = {
  kind: 'sagemaker', connectionId: connectionId(1), trainer: 'huggingface', instanceType: 'ml.g5.2xlarge', instanceCount: 1, volumeGb: 100, spot: false, maxRunSeconds: 7200, maxWaitSeconds: null, imageUri: null, hubTokenSecret: null,
}
const openai: OpenaiOptions = { kind: 'openai', connectionId: connectionId(1), epochs: 2, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null }
const price: Price = { place: 'sagemaker', item: 'any', region: null, unit: 'instance-hour', usd: 2, source: 'a table', asOf: '2026-11-20', origin: 'shipped' }
const machine = (instanceType: string, gpuName: string, gigabytes: number): InstanceFacts => ({ instanceType, gpuName, gpuCount: 1, gpuMemoryBytes: gigabytes * 1e9, ownDisk: true })
const protocol = (part: Partial<ProtocolCheck> = {}): ProtocolCheck => ({ rows: 100, validRows: 100, issues: [], issueCounts: {}, tokens: { total: 2e6, billed: 1e6, longest: 99, rowsOverLimit: 0, exact: true }, ...part })
const item = (id: string, state: CheckItem['state'], part: Partial<CheckItem> = {}): CheckItem => ({ id, label: id, state, detail: `${id} is wrong.`, fix: `Mend ${id}.`, command: null, ...part })
const check = (part: Partial<ConnectionCheck> = {}): ConnectionCheck => ({ ...goodCheck, ...part })

function planned(remoteName: string | null = 'gpt-4.1-mini-2025-04-14', part: Partial<PlannedJob> = {}): PlannedJob {
  const remote = remoteName === null ? null : { connectionId: connectionId(1), name: remoteName, deployment: null, shutdownDate: null }
  return {
    model: { spec: { modelId: modelId(1), name: remoteName ?? 'toy', path: '', remote } },
    data: { datasetId: datasetId(1), name: 'chat', trainPath: '/train', evalPath: null, trainRows: 100, evalRows: 0, sha256: 'a'.repeat(64) },
    estimate: { kind: 'not-known', reason: 'field-missing', detail: '' }, steps: { effectiveBatch: 1, stepsPerEpoch: 1, totalSteps: 1, warmupSteps: 0, epochs: 1, exact: true },
    tokenCheck: null, time: { kind: 'known', basis: 'earlier-runs', runs: 1, lowSeconds: 1800, middleSeconds: 2700, highSeconds: 3600 }, ...part,
  }
}

function setUp(place: { readonly config?: ConnectionConfig; readonly check?: ConnectionCheck | null } | null, change: Partial<CloudPlansDeps> & { readonly report?: ProtocolReport } = {}) {
  const { report = { training: protocol(), validation: null }, ...deps } = change
  const asked: unknown[] = []
  const plans = createCloudPlans({
    connections: { get: (id) => (place === null ? null : { id, config: place.config ?? awsConfig, check: place.check === undefined ? goodCheck : place.check, createdAtMs: 1 }) },
    money: { price: (query) => (asked.push(query), price), refusal: () => null, spotSavings: () => ({ low: 0.5, high: 0.5 }) },
    proposeInstances: ({ estimate, priceOf }) => proposeInstances([machine('ml.g5.2xlarge', 'A10G', 24), machine('ml.g6e.2xlarge', 'L40S', 48)], estimate.kind === 'known' ? estimate.highBytes : null, priceOf), protocolReport: async () => report, uploadBytes: async () => 1234, now: () => now, ...deps,
  })
  return { plans, asked }
}
const of = (cloud: SagemakerOptions | OpenaiOptions): JobRequest => ({ ...request(), backend: cloud.kind, cloud })
const issuesOf = async (place: Parameters<typeof setUp>[0], cloud: SagemakerOptions | OpenaiOptions, change: Parameters<typeof setUp>[1] = {}, job = planned()) =>
  (await setUp(place, change).plans.plan(of(cloud), job)).issues.map(({ severity, code, field, message }) => ({ what: `${severity} ${code} ${field}`, message }))

describe('the name of a place as a device', () => {
  it('is its machine and region, or the host of the service (catches a queue full of "cloud")', () => {
    const aws1 = setUp({}).plans
    expect([aws1.deviceName(of(aws)), aws1.deviceName(of({ ...aws, instanceCount: 4 }))]).toEqual(['ml.g5.2xlarge in us-east-1', '4 x ml.g5.2xlarge in us-east-1'])
    expect(setUp({ config: openaiConfig }).plans.deviceName(of(openai))).toBe('example.openai.azure.com')
    expect(setUp(null).plans.deviceName(of(aws))).toBe('a place that was removed')
  })
})

describe('a plan for SageMaker', () => {
  it('has a quote by hours, machines, the size of the upload and the room of one GPU (catches a plan that measures this machine)', async () => {
    const { plans, asked } = setUp({})
    const plan = await plans.plan(of({ ...aws, instanceCount: 2 }), planned(null))
    expect(plan).toMatchObject({
      cloud: { quote: { lowUsd: 2, highUsd: 4 }, proposals: [{ instanceType: 'ml.g5.2xlarge', usdPerHour: 2, verdict: 'not-known' }, { instanceType: 'ml.g6e.2xlarge' }], uploadBytes: 1234 },
      issues: [], room: { freeBytes: 24e9, capacityBytes: 24e9, deviceName: '2 x ml.g5.2xlarge in us-east-1' },
    })
    expect(asked[0]).toEqual({ place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'us-east-1', unit: 'instance-hour' })
    const memory = { kind: 'known', lowBytes: 28e9, middleBytes: 30e9, highBytes: 32e9, allocated: { lowBytes: 1, middleBytes: 1, highBytes: 1 }, parts: [], trainableParameters: 1, totalParameters: 1 } as const
    expect((await plans.plan(of(aws), planned(null, { estimate: memory }))).cloud?.proposals).toMatchObject([{ instanceType: 'ml.g6e.2xlarge', verdict: 'fits' }, { instanceType: 'ml.g5.2xlarge', verdict: 'does-not-fit' }])
    expect((await plans.plan(of({ ...aws, instanceType: 'ml.new.xlarge' }), planned(null))).room).toMatchObject({ freeBytes: null, capacityBytes: null })
    expect((await plans.plan(of({ ...aws, spot: true }), planned(null))).cloud?.quote).toMatchObject({ lowUsd: 0.5, highUsd: 1 })
  })

  it('is refused where the place is gone or of another kind, and quotes nothing (catches a plan for a removed account)', async () => {
    expect(await setUp(null).plans.plan(of(aws), planned(null))).toMatchObject({ cloud: null, issues: [{ severity: 'error', code: 'connection-missing', field: 'connection' }] })
    expect(await setUp({ config: openaiConfig }).plans.plan(of(aws), planned(null))).toMatchObject({ cloud: null, issues: [{ severity: 'error', code: 'connection-kind' }] })
  })

  it('repeats what the last check said is missing, with what to do, and lets an expired login wait (catches a job that starts into a known wall)', async () => {
    expect(await issuesOf({ check: null }, aws)).toMatchObject([{ what: 'warning not-checked connection' }])
    const missing = check({ items: [item('role', 'missing'), item('bucket', 'missing'), item('bucket-delete', 'warning'), item('permissions', 'not-known'), item('quota-training', 'missing')] })
    expect(await issuesOf({ check: missing }, aws)).toMatchObject([
      { what: 'error check-role connection', message: expect.stringMatching(/role is wrong\. Mend role\. bucket: bucket is wrong\. Mend bucket\./) as string }, { what: 'warning check-bucket-delete connection' },
    ])
    const login = check({ items: [item('identity', 'login', { command: 'aws sso login --profile work' })] })
    expect(await issuesOf({ check: login }, aws)).toMatchObject([{ what: 'warning login-expired connection', message: expect.stringContaining('aws sso login --profile work') as string }])
  })

  it('is judged by the quota of its own machine, spot apart (catches a spot job refused for want of the other quota)', async () => {
    const quotas = { 'ml.g5.2xlarge': { training: 0, spot: 2 } }
    expect(await issuesOf({ check: check({ quotas }) }, aws)).toMatchObject([{ what: 'error quota-zero instanceType', message: expect.stringMatching(/"ml\.g5\.2xlarge for training job usage".*With spot there are 2/) as string }])
    expect(await issuesOf({ check: check({ quotas }) }, { ...aws, spot: true })).toEqual([])
    expect(await issuesOf({ check: check({ quotas }) }, { ...aws, spot: true, instanceCount: 3 })).toMatchObject([{ what: 'error quota-low instanceType', message: expect.stringContaining('spot training job usage') as string }])
    expect(await issuesOf({ check: check({ quotas: { 'ml.g6.2xlarge': { training: 0, spot: 0 } } }) }, aws), 'a quota that nobody read forbids nothing').toEqual([])
  })

  it('warns of a run that its own bound would cut off (catches a job that is stopped one hour too early)', async () => {
    expect(await issuesOf({}, { ...aws, maxRunSeconds: 3599 })).toMatchObject([{ what: 'warning time-limit maxRunSeconds' }])
    expect(await issuesOf({}, { ...aws, maxRunSeconds: 3600 })).toEqual([])
  })

  it('is refused over a budget (catches a quote that nobody compares)', async () => {
    const money: CloudPlansDeps['money'] = { price: () => price, spotSavings: () => null, refusal: (_request, { highUsd }) => ({ severity: 'error', code: 'over-job-budget', message: `up to ${highUsd}`, field: 'budget' }) }
    expect(await issuesOf({}, aws, { money })).toEqual([{ what: 'error over-job-budget budget', message: 'up to 2' }])
  })
})

describe('a plan behind the OpenAI protocol', () => {
  const place = { config: openaiConfig }
  it('quotes billed tokens x epochs and knows no room (catches tokens beyond the service\'s limit that are quoted)', async () => {
    const { plans, asked } = setUp(place)
    expect(await plans.plan(of(openai), planned())).toMatchObject({ cloud: { quote: { lowUsd: 4, highUsd: 4 }, proposals: [], uploadBytes: 1234 }, issues: [], room: { freeBytes: null, capacityBytes: null } })
    expect(asked).toEqual([{ place: 'openai', item: 'gpt-4.1-mini-2025-04-14', region: 'azure', unit: 'million-training-tokens' }])
    const report = { training: protocol({ rows: 20 }), validation: protocol({ tokens: { total: 1, billed: 500_000, longest: 1, rowsOverLimit: 0, exact: true } }) }
    expect((await setUp(place, { report }).plans.plan(of({ ...openai, epochs: 'auto' }), planned())).cloud?.quote).toMatchObject({ lowUsd: 6, highUsd: 15 })
  })

  it('says whose price it is, and that Azure bills a deployment on top (catches OpenAI\'s price shown as Azure\'s)', async () => {
    const words = async (config: ConnectionConfig) => (await setUp({ config }).plans.plan(of(openai), planned())).cloud?.quote.assumptions.join(' ') ?? ''
    expect(await words(openaiConfig)).toMatch(/OpenAI's own; Foundry may bill another.*deployment of the tuned model by the hour/)
    expect(await words({ ...openaiConfig, preset: 'openai' })).not.toMatch(/may bill another|deployment/)
  })

  it('takes only bases of this place (catches a local model sent to a service)', async () => {
    expect(await setUp(place).plans.plan(of(openai), planned(null))).toMatchObject({ cloud: null, issues: [{ severity: 'error', code: 'unsupported-base', field: 'model' }] })
    const other = planned()
    const moved = { ...other, model: { spec: { ...other.model.spec, remote: { connectionId: connectionId(2), name: 'gpt-4.1-mini', deployment: null, shutdownDate: null } } } }
    expect(await setUp(place).plans.plan(of(openai), moved)).toMatchObject({ cloud: null, issues: [{ code: 'unsupported-base' }] })
  })

  it('refuses a base that is gone with what can be done, warns of one that ends, by today\'s date (catches a check of last month that still says fine)', async () => {
    const bases = (shutdownDate: string | null, state: 'ok' | 'ends-soon' | 'gone' = 'ok') => ({ ...place, check: check({ bases: [{ name: 'gpt-4.1-mini-2025-04-14', shutdownDate, state, note: null }] }) })
    expect(await issuesOf(bases('2026-11-20'), openai)).toMatchObject([{ what: 'error unsupported-base model', message: expect.stringMatching(/can't be tuned any more.*this machine or SageMaker/) as string }])
    expect(await issuesOf(bases('2027-01-14'), openai)).toMatchObject([{ what: 'warning base-ends-soon model', message: expect.stringContaining('2027-01-14') as string }])
    expect(await issuesOf(bases('2028-01-14'), openai)).toEqual([])
    expect(await issuesOf(bases(null, 'gone'), openai)).toMatchObject([{ what: 'error unsupported-base model' }])
    expect(await issuesOf({ ...place, check: check({ bases: [{ name: 'other', shutdownDate: null, state: 'ok', note: null }] }) }, openai)).toMatchObject([{ what: 'warning base-not-listed model', message: expect.stringContaining('other') as string }])
  })

  it('names the lines that the service would refuse, in either file, and how many more (catches "invalid data")', async () => {
    const line = (number: number, code = 'unrecognized_role') => ({ line: number, code, message: `problem of ${number}.`, severity: 'error' as const })
    const report: ProtocolReport = {
      training: protocol({ issues: [1, 2, 3, 4].map((number) => line(number)), issueCounts: { unrecognized_role: 40 } }),
      validation: protocol({ issues: [line(9), { ...line(11, 'too_many_tokens'), severity: 'warning' }], issueCounts: { unrecognized_role: 1, too_many_tokens: 7 } }),
    }
    const issues = await issuesOf(place, openai, { report })
    expect(issues.map(({ what }) => what)).toEqual(['error bad-data dataset', 'warning data-warnings dataset'])
    expect(issues[0]?.message).toBe('The service would refuse this data. Line 1 of the training file: problem of 1. Line 2 of the training file: problem of 2. Line 3 of the training file: problem of 3. Line 4 of the training file: problem of 4. Line 9 of the evaluation file: problem of 9. And 36 more.')
    expect(issues[1]?.message).toBe('Line 11 of the evaluation file: problem of 11. And 6 more.')
  })

  it('refuses too few examples under their own name (catches a job that fails at the service after the upload)', async () => {
    const few = { line: 7, code: 'too_few_examples', message: 'There are 7 examples; at least 10 are needed.', severity: 'error' as const }
    expect(await issuesOf(place, openai, { report: { training: protocol({ rows: 7, issues: [few], issueCounts: { too_few_examples: 1 } }), validation: null } })).toEqual([
      { what: 'error too-few-examples dataset', message: 'The service would refuse this data. There are 7 examples; at least 10 are needed.' },
    ])
  })
})
