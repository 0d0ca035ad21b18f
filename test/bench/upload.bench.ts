import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsClients } from '../../electron/remote/aws/clients'
import { classifyAws } from '../../electron/remote/classify'
import { createGateway } from '../../electron/remote/gateway'
import { uploadFile } from '../../electron/remote/s3-transfer'
import type { AwsClients } from '../../electron/remote/aws/clients'
import type { S3Place } from '../../electron/remote/s3-transfer'
import type { ConnectionId } from '../../electron/shared/ids'
import { startMoto } from '../peers/moto-server'
import { option, ratioRow, report, rowOf } from './rows'

/**
 * 1 GB from a file to S3: what it costs in memory, and its rate beside `Upload` of @aws-sdk/lib-storage as its documentation shows it, in
 * pairs whose order alternates. Two peers, each a process of its own: moto, which keeps what it gets, and a sink that drops it, for where
 * moto is what both wait for. Hashing the file is not part of it. `BENCH_PAIRS` sets the pairs, `BENCH_BYTES` the size.
 */
const pairs = option('pairs', 5)
const bytes = Number(process.env['BENCH_BYTES'] ?? 1_000_000_000)
const bounds = { memoryMb: 150, ratio: 0.8 }
const bucket = 'tunesmith-bench'
const region = 'us-east-1'

const folder = mkdtempSync(join(tmpdir(), 'tunesmith-upload-'))
const path = join(folder, 'data.bin')

interface Peer {
  readonly name: string
  readonly endpoint: string
  /** Bytes that it has received; null where it doesn't say. */
  received(): Promise<number | null>
  stop(): Promise<void>
}

async function startSink(): Promise<Peer> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 's3-sink.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('the sink has no output')
  const [endpoint] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    name: 'a sink that drops it', endpoint,
    received: async () => Number(await (await fetch(endpoint)).text()),
    async stop() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function startStore(): Promise<Peer> {
  const moto = await startMoto()
  return { name: 'moto', endpoint: moto.endpoint, received: () => Promise.resolve(null), stop: () => moto.stop() }
}

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_CONFIG_FILE: join(folder, 'none'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') })
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL']) Reflect.deleteProperty(process.env, name)
  const file = createWriteStream(path)
  const block = Buffer.alloc(1_000_000)
  for (let at = 0; at < bytes; at += block.length) {
    for (let word = 0; word + 4 <= block.length; word += 4) block.writeInt32LE(Math.imul(at + word, 2_654_435_761) | 0, word)
    if (!file.write(Buffer.from(block.subarray(0, Math.min(block.length, bytes - at))))) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The place as the app opens it. */
function openPlace(): { readonly place: S3Place; readonly clients: AwsClients } {
  const gateway = createGateway({ classify: (error) => classifyAws(error, null), onState: () => undefined })
  const clients = awsClients({ id: 'bench' as ConnectionId, gateway, config: { kind: 'aws', name: 'bench', profile: null, region, roleArn: 'arn:aws:iam::111122223333:role/sm', bucket, prefix: '', kmsKeyArn: null, vpc: null, tags: [], reachesPypi: true } })
  return { place: { gateway, s3: clients.s3, bucket, kmsKeyArn: null, tags: [] }, clients }
}

/** Highest resident memory while `work` runs, in bytes, and how long it took. */
async function watched(work: () => Promise<void>): Promise<{ readonly peak: number; readonly seconds: number }> {
  let peak = process.memoryUsage.rss()
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10)
  const began = performance.now()
  try {
    await work()
    return { peak, seconds: (performance.now() - began) / 1000 }
  } finally {
    clearInterval(timer)
  }
}

async function remove(endpoint: string, key: string): Promise<void> {
  await fetch(`${endpoint}/${bucket}/${key}`, { method: 'DELETE' })
}

async function bareUpload(endpoint: string): Promise<void> {
  const [{ S3Client }, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')])
  const client = new S3Client({ region, endpoint, forcePathStyle: true })
  try {
    await new Upload({ client, params: { Bucket: bucket, Key: 'bare', Body: createReadStream(path) } }).done()
  } finally {
    client.destroy()
  }
}

describe.each([['sink', startSink], ['moto', startStore]] as const)('upload to %s', (_name, start) => {
  it(`takes at most ${bounds.memoryMb} MB above idle, and at least ${bounds.ratio} of the rate of lib-storage`, async () => {
    const peer = await start()
    process.env['AWS_ENDPOINT_URL_S3'] = peer.endpoint
    const { place, clients } = openPlace()
    try {
      await fetch(`${peer.endpoint}/${bucket}`, { method: 'PUT' })
      const own = async (): Promise<void> => {
        await uploadFile(place, 'own', path)
      }
      // Memory first, from a process that has not loaded the SDK or uploaded anything: the idle that a user's app has.
      const idle = process.memoryUsage.rss()
      const above: number[] = []
      for (let round = 0; round < 3; round += 1) {
        const { peak } = await watched(own)
        above.push((peak - idle) / 1e6)
        await remove(peer.endpoint, 'own')
      }
      const rates = { own: [] as number[], bare: [] as number[] }
      const bareAbove: number[] = []
      for (let pair = 0; pair < pairs; pair += 1)
        for (const side of pair % 2 === 0 ? (['own', 'bare'] as const) : (['bare', 'own'] as const)) {
          const before = await peer.received()
          const { seconds, peak } = await watched(side === 'own' ? own : () => bareUpload(peer.endpoint))
          const after = await peer.received()
          if (before !== null && after !== null) expect(after - before).toBeGreaterThanOrEqual(bytes)
          rates[side].push(bytes / 1e6 / seconds)
          if (side === 'bare') bareAbove.push((peak - idle) / 1e6)
          await remove(peer.endpoint, side)
        }
      const what = `1 GB to S3 (${peer.name})`
      report(
        rowOf({ figure: `${what}: peak memory above idle`, bound: 'at most 150 MB', unit: 'MB' }, above, () => Math.max(...above) <= bounds.memoryMb),
        rowOf({ figure: `${what}: peak memory of the process while lib-storage uploads, after ours ran in it`, bound: null, unit: 'MB' }, bareAbove, null),
        ratioRow({ figure: `${what}: rate over that of lib-storage`, bound: 'at least 0.8', peer: 'Upload of @aws-sdk/lib-storage, as documented' }, rates.own, rates.bare, ({ value }) => value >= bounds.ratio),
        rowOf({ figure: `${what}: rate`, bound: null, unit: 'MB/s' }, rates.own, null),
      )
      expect(Math.max(...above)).toBeLessThanOrEqual(bounds.memoryMb)
    } finally {
      clients.destroy()
      await peer.stop()
    }
  }, 1_800_000)
})
