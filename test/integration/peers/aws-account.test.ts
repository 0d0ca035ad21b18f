import { FilterLogEventsCommand, CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing'
import { HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AddTagsCommand, CreateTrainingJobCommand, DescribeTrainingJobCommand, ListTagsCommand, ListTrainingJobsCommand, SageMakerClient, StopTrainingJobCommand } from '@aws-sdk/client-sagemaker'
import type { CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker'
import { ServiceQuotasClient, paginateListServiceQuotas } from '@aws-sdk/client-service-quotas'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startMoto } from '../../peers/moto-server'
import type { MotoServer } from '../../peers/moto-server'
import { startSagemakerPeer } from '../../peers/sagemaker-peer'
import type { SagemakerPeer } from '../../peers/sagemaker-peer'
import { makeBucket, putScript, scriptJob, testBucket, testRole } from '../../peers/script-jobs'
import { serviceModel } from '../../peers/service-model'
import { until } from '../../support/run-folders'

let moto: MotoServer
let peer: SagemakerPeer
let s3: S3Client
let sagemaker: SageMakerClient

const client = () => ({ endpoint: peer.endpoint, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'AKIAPEERPEERPEERPEER', secretAccessKey: 'peer-secret-of-the-tests', sessionToken: 'peer-session' } })
const calm = { quotas: {}, deny: [], roleRefused: false, loginExpired: false, throttle: 0, throttleAction: null, clockOffsetMs: 0, down: false, capacityFailure: [], hostileArtifact: null }

beforeAll(async () => {
  moto = await startMoto()
  peer = await startSagemakerPeer({ moto: moto.endpoint, runner: 'direct', graceMs: 100 })
  s3 = new S3Client(client())
  sagemaker = new SageMakerClient(client())
  await makeBucket(s3)
  await putScript(s3, 'waiting', 'import time\ntime.sleep(600)\n')
})

afterEach(() => peer.control(calm))

afterAll(async () => {
  await peer.stop()
  await moto.stop()
})

const refusal = (request: CreateTrainingJobCommandInput): Promise<Error> =>
  sagemaker.send(new CreateTrainingJobCommand(request)).then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => error as Error,
  )

describe('AWS\'s model', () => {
  it('refuses what AWS would refuse, in its words (catches a request that only a careless peer takes)', async () => {
    const good = scriptJob('waiting')
    const cases: readonly (readonly [CreateTrainingJobCommandInput, RegExp])[] = [
      [{ ...good, TrainingJobName: 'bad name_!' }, /Value 'bad name_!' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern/],
      [{ ...good, TrainingJobName: 'a'.repeat(64) }, /length less than or equal to 63/],
      [{ ...good, RoleArn: undefined }, /Value 'null' at 'roleArn' failed to satisfy constraint: Member must not be null/],
      [{ ...good, ResourceConfig: { InstanceType: 'ml.g5.2xlarge', InstanceCount: 1, VolumeSizeInGB: 0 } }, /'resourceConfig.volumeSizeInGB' failed to satisfy constraint: Member must have value greater than or equal to 1/],
      [{ ...good, ResourceConfig: { InstanceType: 'ml.g5.enormous' as 'ml.g5.2xlarge', InstanceCount: 1, VolumeSizeInGB: 1 } }, /Member must satisfy enum value set/],
      [{ ...good, EnableManagedSpotTraining: true }, /Invalid MaxWaitTimeInSeconds/],
      [{ ...good, StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 120 } }, /not supported unless EnableManagedSpotTraining/],
      [{ ...good, HyperParameters: { long: 'x'.repeat(2501) } }, /length less than or equal to 2500/],
      [{ ...good, Tags: [{ Key: 'what?', Value: '' }] }, /'tags.1.member.key'/],
    ]
    for (const [request, words] of cases) expect(await refusal(request)).toMatchObject({ name: 'ValidationException', message: expect.stringMatching(words) as string })
    expect(peer.jobs()).toEqual([])
  })

  it('sees missing, unknown and wrongly typed members in answers too (catches a walker that looks at the top only)', () => {
    const model = serviceModel('sagemaker/2017-07-24')
    const answer = { TrainingJobSummaries: [{ TrainingJobName: 'x', TrainingJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/x', CreationTime: '2026', TrainingJobStatus: 'Dreaming', Mood: 1 }] }
    const found = model.answerProblems('ListTrainingJobs', answer).join('\n')
    expect(found).toContain('is no timestamp')
    expect(found).toContain("Value 'Dreaming'")
    expect(found).toContain("Unknown member 'Mood'")
    expect(model.answerProblems('ListTrainingJobs', {})).toEqual([expect.stringContaining('trainingJobSummaries') as string])
  })
})

describe('the account', () => {
  it('keeps names unique, lists by name and tag, and stops (catches a second job for one intent)', async () => {
    const { TrainingJobArn: arn } = await sagemaker.send(new CreateTrainingJobCommand(scriptJob('waiting')))
    expect(await refusal(scriptJob('waiting'))).toMatchObject({ name: 'ResourceInUse' })
    const listed = await sagemaker.send(new ListTrainingJobsCommand({ NameContains: 'wait', StatusEquals: 'InProgress' }))
    expect(listed.TrainingJobSummaries?.map(({ TrainingJobName }) => TrainingJobName)).toEqual(['waiting'])
    expect((await sagemaker.send(new ListTagsCommand({ ResourceArn: arn }))).Tags).toEqual([{ Key: 'tunesmith', Value: 'waiting' }])
    await sagemaker.send(new AddTagsCommand({ ResourceArn: arn, Tags: [{ Key: 'owner', Value: 'me' }] }))
    expect((await sagemaker.send(new ListTagsCommand({ ResourceArn: arn }))).Tags).toHaveLength(2)
    const quotas = { 'ml.g5.2xlarge for training job usage': 1 }
    peer.control({ quotas })
    expect(await refusal(scriptJob('second'))).toMatchObject({ name: 'ResourceLimitExceeded', message: expect.stringContaining("'ml.g5.2xlarge for training job usage' is 1 Instances, with current utilization of 1 Instances and a request delta of 1 Instances") as string })
    await sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'waiting' }))
    await until('the job to stop', async () => (await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: 'waiting' }))).TrainingJobStatus === 'Stopped')
    await expect(sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: 'nobody' }))).rejects.toMatchObject({ name: 'ValidationException', message: 'Requested resource not found.' })
  })

  it('answers quotas in pages, prices and rights (catches a client that reads one page)', async () => {
    peer.control({ quotas: { 'ml.g5.2xlarge for spot training job usage': 0 }, deny: ['iam:PassRole'] })
    const quotas = new Map<string | undefined, number | undefined>()
    let pages = 0
    for await (const { Quotas = [] } of paginateListServiceQuotas({ client: new ServiceQuotasClient(client()) }, { ServiceCode: 'sagemaker' })) {
      pages += 1
      for (const { QuotaName, Value } of Quotas) quotas.set(QuotaName, Value)
    }
    expect(pages).toBeGreaterThan(1)
    expect([quotas.get('ml.g5.2xlarge for training job usage'), quotas.get('ml.g5.2xlarge for spot training job usage')]).toEqual([4, 0])
    const filters = [{ Type: 'TERM_MATCH' as const, Field: 'regionCode', Value: 'us-east-1' }, { Type: 'TERM_MATCH' as const, Field: 'usagetype', Value: 'USE1-Train:ml.g5.2xlarge' }]
    const { PriceList = [] } = await new PricingClient(client()).send(new GetProductsCommand({ ServiceCode: 'AmazonSageMaker', Filters: filters }))
    expect(PriceList).toHaveLength(1)
    expect(JSON.stringify(PriceList)).toContain('1.5150000000')
    const { EvaluationResults } = await new IAMClient(client()).send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: testRole, ActionNames: ['s3:PutObject', 'iam:PassRole'], ResourceArns: [testRole] }))
    expect(EvaluationResults?.map(({ EvalActionName, EvalDecision }) => [EvalActionName, EvalDecision])).toEqual([['s3:PutObject', 'allowed'], ['iam:PassRole', 'implicitDeny']])
    expect((await new STSClient(client()).send(new GetCallerIdentityCommand({}))).Account).toBe('123456789012')
  })

  it('refuses in the words of each service: denied, expired, throttled, clock, role (catches causes that are read from one protocol only)', async () => {
    const logs = new CloudWatchLogsClient(client())
    const put = () => s3.send(new PutObjectCommand({ Bucket: testBucket, Key: 'x', Body: 'x' }))
    peer.control({ deny: ['sagemaker:CreateTrainingJob', 's3:PutObject', 'sts:GetCallerIdentity'] })
    expect(await refusal(scriptJob('denied'))).toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('is not authorized to perform: sagemaker:CreateTrainingJob') as string })
    await expect(put()).rejects.toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('s3:PutObject on resource: arn:aws:s3:::tunesmith-tests/x') as string })
    await expect(new STSClient(client()).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' })
    peer.control({ ...calm, deny: ['iam:PassRole'] })
    expect(await refusal(scriptJob('denied'))).toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining(`iam:PassRole on resource: ${testRole}`) as string })
    peer.control({ ...calm, loginExpired: true })
    await expect(put()).rejects.toMatchObject({ name: 'ExpiredToken' })
    await expect(logs.send(new FilterLogEventsCommand({ logGroupName: 'x' }))).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    await expect(s3.send(new HeadBucketCommand({ Bucket: testBucket }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
    peer.control({ ...calm, throttle: 1 })
    await expect(sagemaker.send(new ListTrainingJobsCommand({}))).rejects.toMatchObject({ name: 'ThrottlingException' })
    await expect(sagemaker.send(new ListTrainingJobsCommand({}))).resolves.toBeDefined()
    peer.control({ ...calm, clockOffsetMs: 3_600_000 })
    await expect(new SageMakerClient(client()).send(new ListTrainingJobsCommand({}))).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    peer.control({ ...calm, roleRefused: true })
    expect(await refusal(scriptJob('denied'))).toMatchObject({ message: expect.stringContaining('Could not assume role') as string })
    peer.control({ ...calm, down: true })
    await expect(sagemaker.send(new ListTrainingJobsCommand({}))).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) as string })
  })

  it('writes down what was asked, without keys (catches a journal that leaks what it should find)', async () => {
    await s3.send(new PutObjectCommand({ Bucket: testBucket, Key: 'seen', Body: 'seen' }))
    const seen = peer.requests()
    expect(seen.at(-1)).toMatchObject({ action: 's3:PutObject', method: 'PUT' })
    expect(new Set(seen.map(({ action }) => action))).toContain('iam:SimulatePrincipalPolicy')
    expect(JSON.stringify(seen)).not.toMatch(/peer-secret-of-the-tests|peer-session|Signature=/)
  })
})
