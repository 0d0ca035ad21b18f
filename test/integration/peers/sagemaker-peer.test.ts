import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateTrainingJobCommand, DescribeTrainingJobCommand, SageMakerClient, StopTrainingJobCommand } from '@aws-sdk/client-sagemaker'
import type { DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { namespaced } from '../../peers/container'
import { logGroup } from '../../peers/log-shipper'
import { startMoto } from '../../peers/moto-server'
import type { MotoServer } from '../../peers/moto-server'
import { startSagemakerPeer } from '../../peers/sagemaker-peer'
import type { SagemakerPeer } from '../../peers/sagemaker-peer'
import { makeBucket, putScript, scriptJob, testBucket } from '../../peers/script-jobs'
import { until } from '../../support/run-folders'

let moto: MotoServer
let peer: SagemakerPeer
let toolkit: SagemakerPeer
let s3: S3Client
let logs: CloudWatchLogsClient
let sagemaker: SageMakerClient
let toolkitSagemaker: SageMakerClient

const client = (endpoint: string) => ({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'AKIAPEERPEERPEERPEER', secretAccessKey: 'peer' } })

beforeAll(async () => {
  moto = await startMoto()
  peer = await startSagemakerPeer({ moto: moto.endpoint, runner: 'direct', graceMs: 1500, syncMs: 100 })
  toolkit = await startSagemakerPeer({ moto: moto.endpoint, graceMs: 1500, syncMs: 100 })
  s3 = new S3Client(client(peer.endpoint))
  logs = new CloudWatchLogsClient(client(peer.endpoint))
  sagemaker = new SageMakerClient(client(peer.endpoint))
  toolkitSagemaker = new SageMakerClient(client(toolkit.endpoint))
  await makeBucket(s3)
})

afterAll(async () => {
  await Promise.all([peer.stop(), toolkit.stop()])
  await moto.stop()
})

const look = (name: string, by = sagemaker): Promise<DescribeTrainingJobCommandOutput> => by.send(new DescribeTrainingJobCommand({ TrainingJobName: name }))

const ended = (name: string, by = sagemaker): Promise<DescribeTrainingJobCommandOutput> =>
  until(`${name} to end`, async () => {
    const job = await look(name, by)
    return ['Completed', 'Failed', 'Stopped'].includes(job.TrainingJobStatus ?? '') && job
  }, 150_000)

const stagesOf = (job: DescribeTrainingJobCommandOutput): readonly (string | undefined)[] => (job.SecondaryStatusTransitions ?? []).map(({ Status }) => Status)

/** All lines of each stream of a job, by stream. */
async function linesOf(name: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: logGroup, logStreamNamePrefix: `${name}/` }))
  const read = logStreams.map(async ({ logStreamName = '' }) => {
    const { events = [] } = await logs.send(new GetLogEventsCommand({ logGroupName: logGroup, logStreamName, startFromHead: true }))
    return [logStreamName, events.map(({ message }) => message ?? '')] as const
  })
  return new Map(await Promise.all(read))
}

const untilLine = (name: string, part: string): Promise<unknown> =>
  until(`${part} in the log of ${name}`, async () => peer.jobs().some((job) => job.request.TrainingJobName === name && job.transitions.some(({ Status }) => Status === 'Training')) && [...(await linesOf(name).catch(() => new Map<string, string[]>())).values()].flat().some((line) => line.includes(part)))

async function membersOf(key: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-artifact-'))
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: testBucket, Key: key }))
    writeFileSync(join(folder, 'model.tar.gz'), (await Body?.transformToByteArray()) ?? '')
    return execFileSync('tar', ['-tzPf', join(folder, 'model.tar.gz')], { encoding: 'utf8' }).trim().split('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const honest = `import json, os, sys, argparse
parser = argparse.ArgumentParser(); parser.add_argument('--epochs', type=int); epochs = parser.parse_args().epochs
rows = open(os.path.join(os.environ['SM_CHANNEL_TRAIN'], 'part', 'rows.jsonl')).read().splitlines()
for step in range(epochs):
    print(f'step {step} loss={1 / (step + 1):.4f}', flush=True)
open(os.path.join(os.environ['SM_MODEL_DIR'], 'answer.json'), 'w').write(json.dumps({'rows': len(rows), 'host': os.environ['SM_CURRENT_HOST']}))
open(os.path.join(os.environ['SM_OUTPUT_DATA_DIR'], 'events.jsonl'), 'w').write('{}\\n')
print('where ' + os.environ['SM_MODEL_DIR'])
`

/** Counts up; goes on from a checkpoint; on SIGTERM it saves and ends well. */
const counting = `import os, signal, sys, time
folder = os.path.join(os.path.dirname(os.environ['SM_MODEL_DIR']), 'checkpoints')
path = os.path.join(folder, 'count.txt')
step = int(open(path).read()) if os.path.exists(path) else 0
print('from', step, flush=True)
def stop(*_):
    open(os.path.join(os.environ['SM_MODEL_DIR'], 'stopped.txt'), 'w').write(str(step))
    print('heard the stop', flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
while step < int(os.environ.get('STEPS', '100000')):
    step += 1
    open(path + '.part', 'w').write(str(step)); os.replace(path + '.part', path)
    print('step', step, flush=True)
    time.sleep(0.05)
`

describe('a job that the tests\' SageMaker runs', () => {
  it('goes through AWS\'s own toolkit: channel, hyperparameters, log lines, metric, model in S3 (catches a peer that only pretends to train)', async () => {
    await putScript(s3, 'whole-job', honest)
    await toolkitSagemaker.send(new CreateTrainingJobCommand(scriptJob('whole-job')))
    const job = await ended('whole-job', toolkitSagemaker)
    expect(job.FailureReason).toBeUndefined()
    expect(stagesOf(job)).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'])
    expect(job.FinalMetricDataList?.[0]).toMatchObject({ MetricName: 'train:loss', Value: 0.3333 })
    expect(job.BillableTimeInSeconds).toBeGreaterThan(0)
    const streams = await linesOf('whole-job')
    expect([...streams.keys()]).toEqual([expect.stringMatching(/^whole-job\/algo-1-\d+$/)])
    const lines = [...streams.values()].flat()
    expect(lines.filter((line) => line.startsWith('step'))).toEqual(['step 0 loss=1.0000', 'step 1 loss=0.5000', 'step 2 loss=0.3333'])
    if (namespaced()) expect(lines).toContain('where /opt/ml/model')
    expect(lines.join('\n')).toContain('Reporting training SUCCESS')
    expect(await membersOf('whole-job/out/whole-job/output/model.tar.gz')).toEqual(['answer.json'])
    expect(await membersOf('whole-job/out/whole-job/output/output.tar.gz')).toEqual(['events.jsonl'])
  })

  it('says why a script failed, with its last words and exit code (catches a cause that nobody can name)', async () => {
    await putScript(s3, 'failing-job', 'raise ValueError("no such column: answer")\n')
    await toolkitSagemaker.send(new CreateTrainingJobCommand(scriptJob('failing-job')))
    const job = await ended('failing-job', toolkitSagemaker)
    expect(job.TrainingJobStatus).toBe('Failed')
    expect(job.FailureReason).toMatch(/^AlgorithmError: ExecuteUserScriptError:\nExitCode 1[\s\S]*no such column: answer[\s\S]*, exit code: 1$/)
  })

  it('keeps on Stop what the script left, without telling it, as AWS\'s images do (catches a stop that only works in tests)', async () => {
    await putScript(s3, 'stopped-job', counting)
    await sagemaker.send(new CreateTrainingJobCommand(scriptJob('stopped-job', { CheckpointConfig: { S3Uri: `s3://${testBucket}/stopped-job/checkpoints` } })))
    await untilLine('stopped-job', 'step 3')
    await sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'stopped-job' }))
    expect((await look('stopped-job')).TrainingJobStatus).toBe('Stopping')
    const job = await ended('stopped-job')
    expect([job.TrainingJobStatus, job.SecondaryStatus]).toEqual(['Stopped', 'Stopped'])
    expect(stagesOf(job)).toEqual(['Starting', 'Downloading', 'Training', 'Stopping', 'Uploading', 'Stopped'])
    expect([...(await linesOf('stopped-job')).values()].flat()).not.toContain('heard the stop')
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: testBucket, Prefix: 'stopped-job/checkpoints/' }))
    expect(Contents.map(({ Key }) => Key)).toContain('stopped-job/checkpoints/count.txt')
    await expect(sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'stopped-job' }))).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining('is in status Stopped') as string })
  })

  it('gives the signal to a program that the request names (catches a grace period that nothing can use)', async () => {
    const launcher = ['/bin/sh', '-c', `base=\${SAGEMAKER_BASE_DIR:-/opt/ml}; export SM_MODEL_DIR=$base/model; trap 'kill -TERM $child' TERM; python3 $base/input/data/code/train.py & child=$!; wait $child; wait $child`]
    await putScript(s3, 'own-program', counting)
    const request = scriptJob('own-program', { CheckpointConfig: { S3Uri: `s3://${testBucket}/own-program/checkpoints` } })
    const code = { ChannelName: 'code', DataSource: { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: `s3://${testBucket}/own-program/code` } } }
    await s3.send(new PutObjectCommand({ Bucket: testBucket, Key: 'own-program/code/train.py', Body: counting }))
    await sagemaker.send(new CreateTrainingJobCommand({ ...request, InputDataConfig: [code], AlgorithmSpecification: { ...request.AlgorithmSpecification, TrainingInputMode: 'File', ContainerEntrypoint: launcher } }))
    await untilLine('own-program', 'step 3')
    await sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'own-program' }))
    expect((await ended('own-program')).TrainingJobStatus).toBe('Stopped')
    expect(await membersOf('own-program/out/own-program/output/model.tar.gz')).toEqual(['stopped.txt'])
  })

  it('interrupts spot and goes on from the checkpoints in a new log stream (catches a resume that starts again)', async () => {
    await putScript(s3, 'spot-job', counting)
    const spot = { EnableManagedSpotTraining: true, StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 }, Environment: { STEPS: '40' } }
    await sagemaker.send(new CreateTrainingJobCommand(scriptJob('spot-job', { ...spot, CheckpointConfig: { S3Uri: `s3://${testBucket}/spot-job/checkpoints`, LocalPath: '/opt/ml/checkpoints' } })))
    await untilLine('spot-job', 'step 5')
    peer.interruptSpot('spot-job')
    const job = await ended('spot-job')
    expect(stagesOf(job)).toEqual(['Starting', 'Downloading', 'Training', 'Interrupted', 'Restarting', 'Downloading', 'Training', 'Uploading', 'Completed'])
    expect(job.BillableTimeInSeconds).toBeLessThan(job.TrainingTimeInSeconds ?? 0)
    const streams = [...(await linesOf('spot-job')).values()]
    expect(streams).toHaveLength(2)
    const resumed = Number(/^from (\d+)$/.exec(streams.flat().find((line) => /^from [1-9]/.test(line)) ?? '')?.[1])
    expect(resumed).toBeGreaterThanOrEqual(5)
    expect(streams.flat()).toContain('step 40')
  })

  it('ends at the longest run time, after a capacity failure, and with hostile members, on order (catches paths that no test can reach)', async () => {
    for (const name of ['long-job', 'no-machine', 'hostile-job']) await putScript(s3, name, name === 'long-job' ? counting : honest)
    await sagemaker.send(new CreateTrainingJobCommand(scriptJob('long-job', { StoppingCondition: { MaxRuntimeInSeconds: 1 }, CheckpointConfig: { S3Uri: `s3://${testBucket}/long-job/checkpoints` } })))
    expect(await ended('long-job')).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' })
    peer.control({ capacityFailure: ['no-machine'], hostileArtifact: 'outside-path' })
    await sagemaker.send(new CreateTrainingJobCommand(scriptJob('no-machine')))
    expect(await ended('no-machine')).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: expect.stringMatching(/^CapacityError: /) as string })
    await sagemaker.send(new CreateTrainingJobCommand(scriptJob('hostile-job')))
    expect((await ended('hostile-job')).TrainingJobStatus).toBe('Completed')
    expect(await membersOf('hostile-job/out/hostile-job/output/model.tar.gz')).toEqual(['answer.json', '../../outside.txt'])
  })

  it('starts two hosts that know each other by name (catches a cluster of one)', async () => {
    await putScript(s3, 'two-hosts', `import os, socket, json
hosts = json.loads(os.environ['SM_HOSTS'])
print('hosts', *[socket.gethostbyname(host) for host in hosts])
open(os.path.join(os.environ['SM_MODEL_DIR'], os.environ['SM_CURRENT_HOST'] + '.txt'), 'w').write('here')
`)
    await sagemaker.send(new CreateTrainingJobCommand(scriptJob('two-hosts', { ResourceConfig: { InstanceType: 'ml.g5.2xlarge', InstanceCount: 2, VolumeSizeInGB: 30 } })))
    expect((await ended('two-hosts')).FailureReason).toBeUndefined()
    const streams = await linesOf('two-hosts')
    expect([...streams.keys()].map((stream) => /algo-\d/.exec(stream)?.[0]).sort()).toEqual(['algo-1', 'algo-2'])
    expect([...streams.values()].flat()).toEqual(['hosts 127.0.0.1 127.0.0.2', 'hosts 127.0.0.1 127.0.0.2'])
    const names = namespaced() ? ['algo-1.txt', 'algo-2.txt'] : ['127.0.0.1.txt', '127.0.0.2.txt']
    expect(await membersOf('two-hosts/out/two-hosts/output/model.tar.gz')).toEqual(names)
  })
})

describe('two hosts under the toolkit', () => {
  it('are started by torchrun as one group that adds up over gloo (catches a cluster whose ranks never meet)', async () => {
    await putScript(s3, 'two-ranks', `import os
import torch
import torch.distributed as dist
dist.init_process_group('gloo')
total = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(total)
print(f"rank {dist.get_rank()} of {dist.get_world_size()} on {os.environ['SM_CURRENT_HOST']} sum {total.item()}\\n", end='', flush=True)
dist.destroy_process_group()
`)
    const request = scriptJob('two-ranks', { ResourceConfig: { InstanceType: 'ml.g5.2xlarge', InstanceCount: 2, VolumeSizeInGB: 30 } })
    await toolkitSagemaker.send(new CreateTrainingJobCommand({ ...request, HyperParameters: { ...request.HyperParameters, sagemaker_torch_distributed_enabled: 'true' } }))
    expect((await ended('two-ranks', toolkitSagemaker)).FailureReason).toBeUndefined()
    const lines = [...(await linesOf('two-ranks')).values()].flat().filter((line) => line.startsWith('rank'))
    expect(lines.map((line) => line.replace(/on \S+ /, '')).sort()).toEqual(['rank 0 of 2 sum 3.0', 'rank 1 of 2 sum 3.0'])
  })
})
