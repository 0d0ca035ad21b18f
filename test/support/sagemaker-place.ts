import { join, resolve } from 'node:path'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import type { OpenAws } from '../../electron/remote/connection'
import { classifyAws } from '../../electron/remote/classify'
import { awsClients } from '../../electron/remote/aws/clients'
import { createGateway } from '../../electron/remote/gateway'
import { createSagemakerBackend } from '../../electron/backends/sagemaker-backend'
import type { SagemakerBackendDeps } from '../../electron/backends/sagemaker-backend'
import { createPace } from '../../electron/remote/pace'
import type { TrainingBackend } from '../../electron/backends/training-backend'
import { AwsConnection } from '../../electron/shared/connection'
import type { SagemakerOptions } from '../../electron/shared/cloud'
import { ConnectionId } from '../../electron/shared/ids'
import type { JobSpec } from '../../electron/shared/job-spec'
import { startMoto } from '../peers/moto-server'
import { startSagemakerPeer } from '../peers/sagemaker-peer'
import type { PeerOptions, SagemakerPeer } from '../peers/sagemaker-peer'
import { peerS3 } from '../peers/s3-folder'
import { testBucket, testRole } from '../peers/script-jobs'
import { templatesFolder, testSpec } from './training-run'
import type { SpecChanges } from './training-run'

const connectionId = ConnectionId.parse('conn_0000000000000001')
export const listsFolder = join(templatesFolder, 'environments')
const modelPath = resolve(import.meta.dirname, '..', 'fixtures', 'models', 'tiny-llama')

/** The tests' AWS with a bucket, and the connection that leads to it; the process's own environment names its address. */
export interface SagemakerPlace {
  readonly peer: SagemakerPeer
  /** Straight to the bucket, past the peer. */
  readonly s3: S3Client
  readonly open: OpenAws
  stop(): Promise<void>
}

export async function startSagemakerPlace(options: Omit<PeerOptions, 'moto'> = {}, config: Partial<AwsConnection> = {}): Promise<SagemakerPlace> {
  const moto = await startMoto()
  const peer = await startSagemakerPeer({ moto: moto.endpoint, syncMs: 200, graceMs: 20_000, ...options })
  const before = { ...process.env }
  Object.assign(process.env, peer.env())
  const s3 = peerS3(moto.endpoint)
  await s3.send(new CreateBucketCommand({ Bucket: testBucket }))
  const connection = AwsConnection.parse({
    kind: 'aws', name: 'Test account', profile: null, region: 'us-east-1', roleArn: testRole, bucket: testBucket, prefix: 'tunesmith/test', kmsKeyArn: null, vpc: null,
    tags: [{ key: 'team', value: 'tests' }], reachesPypi: true, ...config,
  })
  const gateway = createGateway({
    classify: (error) => classifyAws(error, connection.profile), onState: () => undefined, limits: { attempts: 4, totalMs: 10_000, baseMs: 10, capMs: 100 },
    breaker: { failures: 1000, openMs: 1, capMs: 1, longestMs: 1 },
  })
  const open: OpenAws = { id: connectionId, config: connection, gateway }
  return {
    peer, s3, open,
    async stop() {
      awsClients(open).destroy()
      s3.destroy()
      await peer.stop()
      await moto.stop()
      for (const name of Object.keys(peer.env())) {
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = before[name]
      }
    },
  }
}

/** The backend as the engine makes it, but that it looks several times a second. */
export function sagemakerBackend(place: () => SagemakerPlace, deps: Partial<SagemakerBackendDeps> = {}): TrainingBackend<'sagemaker'> {
  return createSagemakerBackend({
    connections: { aws: () => Promise.resolve(place().open) }, listsFolder, describeEveryMs: 500, patience: { leastMs: 20, mostMs: 100, loginMs: 50 },
    pace: () => createPace({ wait: (ms, signal) => systemWait(ms / 20, signal), random: () => 0 }), ...deps,
  })
}

function systemWait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, refuse) => {
    const end = (): void => {
      clearTimeout(timer)
      refuse(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      done()
    }, Math.min(ms, 300))
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** A short run of the tiny model. */
export function sagemakerSpec(changes: SpecChanges = {}, cloud: Partial<SagemakerOptions> = {}): JobSpec {
  return testSpec({
    backend: 'sagemaker', device: { kind: 'cloud', name: 'ml.g5.xlarge in us-east-1' }, ...changes, model: { path: modelPath, ...changes.model },
    settings: { length: { kind: 'steps', steps: 8 }, ...changes.settings },
    cloud: {
      kind: 'sagemaker', connectionId, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 50, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null,
      hubTokenSecret: null, ...cloud,
    },
  })
}
