import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkAws } from '../../../electron/remote/aws/check'
import { awsClients } from '../../../electron/remote/aws/clients'
import { leastPolicy } from '../../../electron/remote/aws/policy'
import { classifyAws } from '../../../electron/remote/classify'
import type { OpenAws } from '../../../electron/remote/connection'
import { createGateway } from '../../../electron/remote/gateway'
import { fetchSagemakerPrices } from '../../../electron/remote/prices/fetch-sagemaker'
import type { AwsConnection, CheckItem } from '../../../electron/shared/connection'
import { Price } from '../../../electron/shared/money'
import { startMoto } from '../../peers/moto-server'
import type { MotoServer } from '../../peers/moto-server'
import { awsEnv, startSagemakerPeer } from '../../peers/sagemaker-peer'
import type { PeerOrders, SagemakerPeer } from '../../peers/sagemaker-peer'
import { awsConfig } from '../../support/cloud-connections'
import { connectionId } from '../../unit/storage/storage-fixtures'

const trust = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }] })
const distrust = trust.replace('sagemaker.', 'ec2.')
const nothing: PeerOrders = { deny: [], quotas: {}, loginExpired: false, clockOffsetMs: 0, down: false, throttle: 0 }

let moto: MotoServer
let peer: SagemakerPeer
let config: AwsConnection
let user: Readonly<Record<string, string>>
const opened: OpenAws[] = []

/** A connection with a gateway of its own, which tries a call twice and waits no time. */
function open(part: Partial<AwsConnection> = {}): OpenAws {
  const merged = { ...config, ...part }
  const made: OpenAws = {
    id: connectionId(1), config: merged,
    gateway: createGateway({ classify: (error) => classifyAws(error, merged.profile), onState: () => undefined, limits: { attempts: 2, totalMs: 10_000, baseMs: 1, capMs: 1 } }),
  }
  opened.push(made)
  return made
}
const login = (values: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value)
}
const check = async (part: Partial<AwsConnection> = {}, instanceType: string | null = 'ml.g5.2xlarge', spot: boolean | null = null) => {
  const found = await checkAws(open(part), { instanceType, spot })
  return { ...found, states: Object.fromEntries(found.items.map(({ id, state }) => [id, state])), item: (id: string): CheckItem | undefined => found.items.find((one) => one.id === id) }
}
const allGood = { 'identity': 'ok', 'role': 'ok', 'pass-role': 'ok', 'permissions': 'ok', 'bucket': 'ok', 'bucket-write': 'ok', 'bucket-read': 'ok', 'bucket-delete': 'ok', 'quota-training': 'ok', 'quota-spot': 'ok' }

beforeAll(async () => {
  moto = await startMoto()
  peer = await startSagemakerPeer({ moto: moto.endpoint, runner: 'direct' })
  const common = { endpoint: moto.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'setup', secretAccessKey: 'setup' } }
  const [iam, s3] = [new IAMClient(common), new S3Client({ ...common, forcePathStyle: true })]
  const role = await iam.send(new CreateRoleCommand({ RoleName: 'training', Path: '/team/', AssumeRolePolicyDocument: trust }))
  await iam.send(new CreateRoleCommand({ RoleName: 'untrusting', AssumeRolePolicyDocument: distrust }))
  await iam.send(new CreateRoleCommand({ RoleName: 'engineer', Path: '/people/', AssumeRolePolicyDocument: distrust }))
  await iam.send(new CreateUserCommand({ UserName: 'ada' }))
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ada' }))
  await s3.send(new CreateBucketCommand({ Bucket: 'tunesmith-data' }))
  await s3.send(new CreateBucketCommand({ Bucket: 'in-frankfurt', CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }))
  user = { ...awsEnv(peer.endpoint), AWS_ACCESS_KEY_ID: key?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: key?.SecretAccessKey ?? '' }
  config = { ...awsConfig, profile: null, roleArn: role.Role?.Arn ?? '' }
  iam.destroy()
  s3.destroy()
})
afterEach(() => {
  vi.unstubAllEnvs()
  peer.control(nothing)
  for (const one of opened.splice(0)) awsClients(one).destroy()
})
afterAll(async () => {
  await peer.stop()
  await moto.stop()
})

describe('the check of an AWS connection', () => {
  it('finds all there, names account and login, reads both quotas over all pages, and leaves nothing behind (catches a probe object in the bucket)', async () => {
    login(user)
    peer.control({ quotas: { 'ml.g5.2xlarge for training job usage': 2, 'ml.g5.2xlarge for spot training job usage': 7 } })
    const { states, item, quotas } = await check()
    expect(states).toEqual(allGood)
    expect(item('identity')?.detail).toBe('Account 123456789012, arn:aws:iam::123456789012:user/ada')
    expect([quotas['ml.g5.2xlarge'], quotas['ml.c5.xlarge']]).toEqual([{ training: 2, spot: 7 }, { training: 4, spot: 4 }])
    const s3 = new S3Client({ endpoint: moto.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'look', secretAccessKey: 'look' } })
    expect((await s3.send(new ListObjectsV2Command({ Bucket: 'tunesmith-data' }))).KeyCount).toBe(0)
    s3.destroy()
  })

  it('calls nothing outside of the least policy (catches a permission that the docs forget)', async () => {
    login(user)
    const before = peer.requests().length
    await check({}, null)
    await fetchSagemakerPrices(open())
    const allowed = new Set([...leastPolicy(config).Statement.flatMap(({ Action }) => Action), 'sts:GetCallerIdentity'])
    const names: Readonly<Record<string, string>> = { 's3:HeadBucket': 's3:ListBucket' }
    const called = [...new Set(peer.requests().slice(before).map(({ action }) => names[action] ?? action))]
    expect(called.length).toBeGreaterThan(6)
    expect(called.filter((action) => !allowed.has(action))).toEqual([])
  })

  it('simulates for the role behind a session, with its path (catches an assumed role that IAM does not know)', async () => {
    const sts = new STSClient({ endpoint: moto.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'setup', secretAccessKey: 'setup' } })
    const { Credentials: session } = await sts.send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/people/engineer', RoleSessionName: 'ada' }))
    sts.destroy()
    login({ ...user, AWS_ACCESS_KEY_ID: session?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: session?.SecretAccessKey ?? '', AWS_SESSION_TOKEN: session?.SessionToken ?? '' })
    const { states, item } = await check()
    expect(states).toEqual(allGood)
    expect(item('identity')?.detail).toContain('assumed-role/engineer/ada')
    expect(item('permissions')?.detail).toContain('arn:aws:iam::123456789012:role/people/engineer may')
  })

  it('names each action that is refused, PassRole apart, and what to do (catches "access denied")', async () => {
    login(user)
    peer.control({ deny: ['iam:PassRole', 'sagemaker:CreateTrainingJob', 'logs:GetLogEvents'] })
    const { states, item } = await check()
    expect(states).toEqual({ ...allGood, 'pass-role': 'missing', 'permissions': 'missing' })
    expect(item('pass-role')).toMatchObject({ detail: `Not allowed: iam:PassRole on ${config.roleArn}.`, fix: expect.stringContaining('docs/cloud.md') as string })
    expect(item('permissions')?.detail).toBe('Not allowed: sagemaker:CreateTrainingJob on arn:aws:sagemaker:us-east-1:123456789012:training-job/tunesmith-*; logs:GetLogEvents on arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:log-stream:tunesmith-*.')
  })

  it('says "not known" where only the check lacks a permission (catches a check that forbids what would work)', async () => {
    login(user)
    peer.control({ deny: ['iam:SimulatePrincipalPolicy', 'iam:GetRole', 'servicequotas:ListServiceQuotas'] })
    const { states, item } = await check()
    expect(states).toEqual({ ...allGood, 'role': 'not-known', 'pass-role': 'not-known', 'permissions': 'not-known', 'quota-training': 'not-known', 'quota-spot': 'not-known' })
    expect(item('permissions')?.detail).toBe('The check needs iam:SimulatePrincipalPolicy, which this login lacks.')
    expect(item('quota-spot')?.detail).toContain('servicequotas:ListServiceQuotas')
  })

  it('tells a bucket that is not there from one elsewhere, one that can\'t be written, read or cleaned (catches "check your bucket")', async () => {
    login(user)
    expect((await check({ bucket: 'no-such-bucket-here' })).item('bucket')).toMatchObject({ state: 'missing', detail: 'There is no bucket no-such-bucket-here.' })
    expect((await check({ bucket: 'in-frankfurt' })).item('bucket')).toMatchObject({ state: 'missing', detail: 'in-frankfurt is in eu-central-1, and jobs run in us-east-1.' })
    peer.control({ deny: ['s3:PutObject'] })
    expect((await check()).item('bucket-write')).toMatchObject({ state: 'missing', fix: expect.stringContaining('s3:PutObject') as string })
    peer.control({ deny: ['s3:GetObject'] })
    expect((await check()).states).toMatchObject({ 'bucket-write': 'ok', 'bucket-read': 'missing', 'bucket-delete': 'ok' })
    peer.control({ deny: ['s3:DeleteObject'] })
    expect((await check()).item('bucket-delete')).toMatchObject({ state: 'warning', detail: expect.stringMatching(/s3:\/\/tunesmith-data\/team\/a\/tunesmith-check-/) as string })
    peer.control({ deny: ['s3:HeadBucket', 's3:ListBucket'] })
    expect((await check()).item('bucket')).toMatchObject({ state: 'missing', fix: expect.stringContaining('s3:ListBucket') as string })
  })

  it('reads the region of a bucket from the redirection that S3 answers with (catches a bucket elsewhere that looks broken)', async () => {
    login(user)
    const s3 = createServer((_request, response) => response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end())
    await new Promise<void>((resolve) => s3.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${(s3.address() as AddressInfo).port}`)
    expect((await check()).item('bucket')).toMatchObject({ state: 'missing', detail: 'tunesmith-data is in eu-west-1, and jobs run in us-east-1.' })
    s3.closeAllConnections()
    await new Promise((resolve) => s3.close(resolve))
  })

  it('tells a role that is not there from one that does not trust SageMaker, and one of another account (catches a job that can\'t assume its role)', async () => {
    login(user)
    expect((await check({ roleArn: 'arn:aws:iam::123456789012:role/nobody' })).item('role')).toMatchObject({ state: 'missing', detail: 'There is no role arn:aws:iam::123456789012:role/nobody.' })
    expect((await check({ roleArn: 'arn:aws:iam::123456789012:role/untrusting' })).item('role')).toMatchObject({ state: 'missing', detail: expect.stringContaining('does not trust') as string })
    expect((await check({ roleArn: 'arn:aws:iam::123456789012:role/training' })).item('role')).toMatchObject({ state: 'missing', detail: expect.stringContaining('role/team/training') as string })
    expect((await check({ roleArn: 'arn:aws:iam::999999999999:role/training' })).item('identity')).toMatchObject({ state: 'missing', detail: expect.stringMatching(/account 123456789012.*account 999999999999/) as string })
  })

  it('looks at the quota of training and of spot apart; only what is wanted is missing (catches spot refused for want of the other quota)', async () => {
    login(user)
    peer.control({ quotas: { 'ml.g5.2xlarge for training job usage': 0 } })
    const states = async (spot: boolean | null) => {
      const { item } = await check({}, 'ml.g5.2xlarge', spot)
      return [item('quota-training')?.state, item('quota-spot')?.state]
    }
    expect([await states(null), await states(false), await states(true)]).toEqual([['warning', 'ok'], ['missing', 'ok'], ['warning', 'ok']])
    peer.control({ quotas: { 'ml.g5.2xlarge for training job usage': 0, 'ml.g5.2xlarge for spot training job usage': 0 } })
    expect(await states(null)).toEqual(['missing', 'missing'])
    expect((await check()).item('quota-spot')?.detail).toBe('"ml.g5.2xlarge for spot training job usage" is 0 in us-east-1.')
    expect((await check({}, 'ml.unheard.xlarge')).states).toMatchObject({ 'quota-training': 'not-known', 'quota-spot': 'not-known', 'permissions': 'ok' })
    expect((await check({}, null)).item('quota-training')).toMatchObject({ state: 'ok' })
  })

  it('shows the command that brings a login back, and names a clock that is wrong (catches a failed check where a login is all that it takes)', async () => {
    login(user)
    peer.control({ loginExpired: true })
    const expired = await checkAws({ ...open(), config: { ...config, profile: null } }, { instanceType: null, spot: null })
    expect(expired.items).toMatchObject([{ id: 'identity', state: 'login', command: 'aws sso login' }])
    peer.control({ loginExpired: false, clockOffsetMs: 3_600_000 })
    // The SDK mends its own clock by the first answer, so that one is asked without a second try.
    const once: OpenAws = { ...open(), gateway: createGateway({ classify: (error) => ({ ...classifyAws(error, null), kind: 'final' as const, cause: classifyAws(error, null).cause }), onState: () => undefined }) }
    const skewed = await checkAws(once, { instanceType: null, spot: null })
    expect(skewed.items).toMatchObject([{ id: 'identity', state: 'missing', fix: expect.stringContaining('clock of this computer') as string }])
    expect((await check()).states, 'with the second try').toEqual(allGood)
  })

  it('throws where nobody answers, and ends when it is cancelled (catches ten red lines for one cut cable)', async () => {
    login(user)
    peer.control({ down: true })
    await expect(check()).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE' })
    peer.control({ down: false })
    const abort = new AbortController()
    abort.abort()
    await expect(checkAws(open(), { instanceType: null, spot: null }, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('the AWS price list', () => {
  it('gives an hour of training on every type in the region, as rows for the table (catches prices of another region)', async () => {
    login(user)
    const prices = await fetchSagemakerPrices(open({ region: 'eu-central-1' }))
    expect(prices.length).toBeGreaterThan(10)
    for (const price of prices) expect(Price.omit({ origin: true }).safeParse(price).success, price.item).toBe(true)
    expect(prices.find(({ item }) => item === 'ml.g5.2xlarge')).toEqual({ place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'eu-central-1', unit: 'instance-hour', usd: 1.89375, source: 'AWS Price List API', asOf: '2026-11-01' })
  })
  it('without any price for the region is an error with a name (catches an empty list that replaces nothing and says "done")', async () => {
    login(user)
    await expect(fetchSagemakerPrices(open({ region: 'af-south-1' }))).rejects.toMatchObject({ code: 'CLOUD_FAILED' })
    peer.control({ deny: ['pricing:GetProducts'] })
    await expect(fetchSagemakerPrices(open())).rejects.toMatchObject({ fault: { cause: { kind: 'access-denied', details: { action: 'pricing:GetProducts' } } } })
  })
})
