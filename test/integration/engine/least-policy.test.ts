import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leastPolicy } from '../../../electron/remote/aws/policy'
import type { PolicyDocument } from '../../../electron/remote/aws/policy'
import type { AwsConnection } from '../../../electron/shared/connection'
import type { ConnectionId, DatasetId, JobId, ModelId } from '../../../electron/shared/ids'
import type { JobDetail } from '../../../electron/shared/job'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { terminalStates } from '../../../electron/shared/job-state-groups'
import { prepareAccount } from '../../peers/aws-account'
import { startMoto } from '../../peers/moto-server'
import { startSagemakerPeer } from '../../peers/sagemaker-peer'
import type { SagemakerPeer, SeenRequest } from '../../peers/sagemaker-peer'
import { buildEngineProcess, engineProcess } from '../../support/engine-process'
import type { EngineProcess } from '../../support/engine-process'
import { lightProgram } from '../../support/fault-runs'
import { until } from '../../support/run-folders'

let moto: Awaited<ReturnType<typeof startMoto>>
let peer: SagemakerPeer
let build: Awaited<ReturnType<typeof buildEngineProcess>>
let config: AwsConnection
let here: Installation
let elsewhere: Installation
const programFolder = lightProgram()
const homes: string[] = []

interface Installation {
  readonly engine: EngineProcess
  readonly connectionId: ConnectionId
  readonly datasetId: DatasetId
  readonly modelId: ModelId
}

beforeAll(async () => {
  moto = await startMoto()
  peer = await startSagemakerPeer({ moto: moto.endpoint, runner: 'direct', graceMs: 2_000, syncMs: 200 })
  const account = await prepareAccount(moto.endpoint)
  config = { ...account.connection, tags: [{ key: 'team', value: 'tests' }] }
  build = await buildEngineProcess()
  const install = async (): Promise<Installation> => {
    const home = mkdtempSync(join(tmpdir(), 'tunesmith-policy-'))
    homes.push(home)
    const engine = engineProcess(build.script, { home, programFolder, env: { ...peer.env(), ...account.env } })
    await engine.start()
    await engine.request('settings.set', { cloud: { concurrentJobs: 4, monthlyBudgetUsd: null, stopOverBudget: false, fetchPrices: true } })
    const { datasetId } = await engine.request('datasets.addSample', undefined)
    const modelId = await until('the demo model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo')?.id)
    return { engine, datasetId, modelId, connectionId: (await engine.request('connections.add', config)).connectionId }
  }
  here = await install()
  elsewhere = await install()
})
afterAll(async () => {
  for (const { engine } of [here, elsewhere]) await engine.close()
  await peer.stop()
  await moto.stop()
  build.dispose()
  for (const folder of [...homes, programFolder]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const jobOf = (jobId: JobId): Promise<JobDetail> => here.engine.request('jobs.get', { jobId })
const ends = ({ engine }: Installation, jobId: JobId): Promise<JobDetail> => until(`${jobId} ends`, async () => {
  const detail = await engine.request('jobs.get', { jobId })
  return terminalStates.includes(detail.job.state) ? detail : undefined
}, 60_000)
const made = (created: { readonly jobId: JobId } | { readonly refused: unknown }): JobId => {
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}
async function requestFor(name: string, steps: number): Promise<JobRequest> {
  const { engine, modelId, datasetId, connectionId } = here
  const { settings } = await engine.request('jobs.defaults', { modelId, datasetId, backend: 'sagemaker', method: 'lora' })
  return {
    name, backend: 'sagemaker', modelId, datasetId, device: { kind: 'auto' }, budget: null, settings: { ...settings, length: { kind: 'steps', steps }, evaluateEverySteps: 0, checkpointEverySteps: 10 },
    cloud: {
      kind: 'sagemaker', connectionId, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null,
      hubTokenSecret: null,
    },
  }
}

describe('the least policy of a login', () => {
  it('is enough for all that the app does: check, prices, send, follow, stop, go on, restart, adopt (catches a call that the docs do not tell a user to allow)', async () => {
    const { engine, connectionId } = here
    await engine.request('connections.check', { connectionId, instanceType: 'ml.g5.xlarge' })
    await engine.request('prices.fetch', { connectionId })
    const stopped = made(await engine.request('jobs.create', await requestFor('Stopped', 100_000)))
    await until('it trains', async () => ((await jobOf(stopped)).job.step >= 12 ? true : undefined), 60_000)
    await engine.kill()
    await engine.start()
    await engine.request('jobs.cancel', { jobId: stopped, mode: 'save' })
    const { job, checkpoints } = await ends(here, stopped)
    expect(job.state).toBe('cancelled')
    const resumed = made(await engine.request('jobs.resume', { jobId: stopped, step: checkpoints.findLast(({ present }) => present)?.step ?? 0, name: null }))
    await until('it goes on', async () => ((await jobOf(resumed)).job.step > 10 ? true : undefined), 60_000)
    const remoteId = (await jobOf(resumed)).remoteId ?? ''
    expect((await elsewhere.engine.request('connections.adoptable', { connectionId: elsewhere.connectionId })).map((offered) => offered.remoteId)).toContain(remoteId)
    const { jobId: adopted } = await elsewhere.engine.request('connections.adopt', { connectionId: elsewhere.connectionId, remoteId })
    await until('it is followed', async () => ((await elsewhere.engine.request('jobs.get', { jobId: adopted })).job.step > 10 ? true : undefined), 60_000)
    await elsewhere.engine.request('jobs.cancel', { jobId: adopted, mode: 'save' })
    for (const [at, jobId] of [[elsewhere, adopted], [here, resumed]] as const) expect((await ends(at, jobId)).job.state).toBe('cancelled')
    expect((await ends(here, made(await engine.request('jobs.create', await requestFor('Whole', 12))))).job.state).toBe('succeeded')

    const seen = peer.requests()
    expect([...new Set(seen.flatMap(needsOf).filter((need) => !allows(leastPolicy(config), need)).map(({ action, resource }) => `${action} on ${resource}`))]).toEqual([])
    // What was not called proves nothing.
    const called = new Set(seen.map(({ action }) => action))
    expect([...called]).toEqual(expect.arrayContaining([
      'sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob', 'sagemaker:ListTrainingJobs', 'sagemaker:ListTags', 's3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:ListBucket',
      'logs:DescribeLogStreams', 'logs:GetLogEvents', 'pricing:GetProducts', 'servicequotas:ListServiceQuotas', 'iam:SimulatePrincipalPolicy', 'iam:GetRole', 'sts:GetCallerIdentity',
    ]))
  })

  it('is refused where it ends (catches a reading of the policy that allows everything)', () => {
    const policy = leastPolicy(config)
    const need = (action: string, resource: string, prefix: string | null = null): Need => ({ action, resource, prefix })
    expect(allows(policy, need('s3:PutObject', 'arn:aws:s3:::tunesmith-work/team/a/b'))).toBe(true)
    expect(allows(policy, need('s3:PutObject', 'arn:aws:s3:::tunesmith-work/other/a'))).toBe(false)
    expect(allows(policy, need('s3:PutObject', 'arn:aws:s3:::elsewhere/team/a'))).toBe(false)
    expect(allows(policy, need('s3:ListBucket', 'arn:aws:s3:::tunesmith-work', 'team/a'))).toBe(true)
    expect(allows(policy, need('s3:ListBucket', 'arn:aws:s3:::tunesmith-work', ''))).toBe(false)
    expect(allows(policy, need('s3:ListBucket', 'arn:aws:s3:::tunesmith-work'))).toBe(true)
    expect(allows(policy, need('sagemaker:StopTrainingJob', 'arn:aws:sagemaker:us-east-1:123456789012:training-job/of-somebody'))).toBe(false)
    expect(allows(policy, need('iam:PassRole', 'arn:aws:iam::123456789012:role/admin'))).toBe(false)
    expect(allows(policy, need('s3:CreateBucket', 'arn:aws:s3:::tunesmith-work'))).toBe(false)
  })
})

/** One thing that a request needs: an action on a resource, and for a list of a bucket the prefix that it asks for. */
interface Need {
  readonly action: string
  readonly resource: string
  readonly prefix: string | null
}

const account = '123456789012'
const job = (name: unknown): string => `arn:aws:sagemaker:us-east-1:${account}:training-job/${String(name)}`

/** What AWS would look for in the policy before it answers; nothing for what it allows everybody. */
function needsOf({ action, url, body }: SeenRequest): readonly Need[] {
  const need = (resource: string, prefix: string | null = null): readonly Need[] => [{ action, resource, prefix }]
  const [service, operation] = action.split(':')
  if (service === 's3') {
    const { pathname, searchParams } = new URL(url, 'http://peer')
    const [bucket = '', ...key] = decodeURIComponent(pathname.slice(1)).split('/')
    return key.join('/') === '' ? need(`arn:aws:s3:::${bucket}`, searchParams.get('prefix')) : need(`arn:aws:s3:::${bucket}/${key.join('/')}`)
  }
  if (service === 'iam') {
    const fields = new URLSearchParams(body)
    return need(fields.get('PolicySourceArn') ?? `arn:aws:iam::${account}:role/${fields.get('RoleName') ?? ''}`)
  }
  if (service === 'sts') return operation === 'GetCallerIdentity' ? [] : need('*')
  const input = JSON.parse(body) as Readonly<Record<string, unknown>>
  if (service === 'logs') {
    const group = `arn:aws:logs:us-east-1:${account}:log-group:${String(input['logGroupName'])}`
    return need(operation === 'GetLogEvents' ? `${group}:log-stream:${String(input['logStreamName'])}` : `${group}:*`)
  }
  if (operation === 'CreateTrainingJob') {
    const of = (extra: string, resource: string): readonly Need[] => [{ action: extra, resource, prefix: null }]
    return [...need(job(input['TrainingJobName'])), ...of('iam:PassRole', String(input['RoleArn'])), ...(input['Tags'] === undefined ? [] : of('sagemaker:AddTags', job(input['TrainingJobName'])))]
  }
  if (input['ResourceArn'] !== undefined) return need(String(input['ResourceArn']))
  return need(input['TrainingJobName'] === undefined ? '*' : job(input['TrainingJobName']))
}

/** Whether a policy allows it, by the rules of IAM as far as ours uses them: wildcards, and `StringLikeIfExists` on the prefix of a list. */
function allows({ Statement }: PolicyDocument, { action, resource, prefix }: Need): boolean {
  return Statement.some(({ Action, Resource, Condition }) => {
    const prefixes = Condition?.['StringLikeIfExists']?.['s3:prefix']
    return Action.includes(action) && Resource.some((pattern) => like(resource, pattern)) && (prefixes === undefined || prefix === null || [prefixes].flat().some((pattern) => like(prefix, pattern)))
  })
}

function like(text: string, pattern: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(text)
}
