import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { seededRandom } from '../../../electron/domain/random'
import { awsClients } from '../../../electron/remote/aws/clients'
import { classifyAws } from '../../../electron/remote/classify'
import { createGateway } from '../../../electron/remote/gateway'
import { downloadFile, existsWithHash, uploadBytes, uploadFile, uploadStream } from '../../../electron/remote/s3-transfer'
import type { AwsClients } from '../../../electron/remote/aws/clients'
import type { OpenAws } from '../../../electron/remote/connection'
import type { S3Place } from '../../../electron/remote/s3-transfer'
import type { ConnectionId } from '../../../electron/shared/ids'
import { startMoto } from '../../peers/moto-server'
import type { MotoServer } from '../../peers/moto-server'
import { startFaultyS3 } from './faulty-s3'
import type { Fault, FaultyS3, SeenRequest } from './faulty-s3'

const mebibyte = 1024 * 1024
const bucket = 'tunesmith-tests'
const folder = mkdtempSync(join(tmpdir(), 'tunesmith s3 '))
const random = seededRandom(11)
const content = Buffer.from(Uint8Array.from({ length: 20 * mebibyte + 12_345 }, () => random() * 256))
const path = join(folder, 'data.bin')
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let moto: MotoServer
let line: FaultyS3
let clients: AwsClients
let s3: S3Client
let place: S3Place

beforeAll(async () => {
  writeFileSync(path, content)
  moto = await startMoto()
  line = await startFaultyS3(moto.endpoint)
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL']) vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, join(folder, 'none'))
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATESTTESTTESTTEST')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_ENDPOINT_URL_S3', line.endpoint)
  const config: OpenAws['config'] = { kind: 'aws', name: 'test', profile: null, region: 'us-east-1', roleArn: 'arn:aws:iam::111122223333:role/sm', bucket, prefix: '', kmsKeyArn: null, vpc: null, tags: [], reachesPypi: true }
  // Short waits: what is tested here is the transfer, and the waits have tests of their own. The breaker has its own too.
  const gateway = createGateway({ classify: (error) => classifyAws(error, null), onState: () => undefined, limits: { attempts: 6, totalMs: 60_000, baseMs: 5, capMs: 20 }, breaker: { failures: 1_000, openMs: 1, capMs: 1, longestMs: 1 } })
  clients = awsClients({ id: 'c-1' as ConnectionId, config, gateway })
  s3 = await clients.s3()
  place = { gateway, s3: () => clients.s3(), bucket, kmsKeyArn: null, tags: [] }
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
})
afterAll(async () => {
  clients.destroy()
  vi.unstubAllEnvs()
  await line.close()
  await moto.stop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  line.fault = () => 'none'
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
  for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
  line.seen.length = 0
})

const isPart = ({ method, path: url }: SeenRequest): boolean => method === 'PUT' && url.includes('partNumber=')
const isBegin = ({ method, path: url }: SeenRequest): boolean => method === 'POST' && url.includes('uploads')
const isEnd = ({ method, path: url }: SeenRequest): boolean => method === 'POST' && url.includes('uploadId=')

/** Faults the first `times` requests that match, then none. */
function first(times: number, matches: (request: SeenRequest) => boolean, fault: Fault): (request: SeenRequest) => Fault {
  let left = times
  return (request) => (matches(request) && left-- > 0 ? fault : 'none')
}

async function stored(key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

async function leftBehind(): Promise<readonly string[]> {
  line.fault = () => 'none'
  const [{ Uploads = [] }, { Contents = [] }] = await Promise.all([s3.send(new ListMultipartUploadsCommand({ Bucket: bucket })), s3.send(new ListObjectsV2Command({ Bucket: bucket }))])
  return [...Uploads.map(({ Key }) => `upload of ${Key}`), ...Contents.map(({ Key }) => `object ${Key}`)]
}

describe('upload', () => {
  it('sends a large file in parts, with progress that only rises (catches parts in a wrong order)', async () => {
    const progress: number[] = []
    await uploadFile(place, 'a/data.bin', path, { onProgress: (done) => progress.push(done) })
    expect(sha256Of(await stored('a/data.bin'))).toBe(sha256Of(content))
    expect(line.seen.filter(isPart)).toHaveLength(3)
    expect(progress).toHaveLength(3)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBe(content.length)
    expect(await leftBehind()).toEqual(['object a/data.bin'])
  })

  it('sends a small one in one request, an empty one too (catches an upload of no parts)', async () => {
    await uploadBytes(place, 'small', Buffer.from('hello'))
    await uploadBytes(place, 'empty', Buffer.alloc(0))
    expect(line.seen.map(({ method }) => method)).toEqual(['PUT', 'PUT'])
    expect((await stored('small')).toString()).toBe('hello')
    expect(await stored('empty')).toHaveLength(0)
  })

  it('sends a stream of odd pieces, whole (catches bytes lost where a piece crosses two parts)', async () => {
    async function* pieces() {
      for (let at = 0; at < content.length; at += 1_234_567) yield await Promise.resolve(content.subarray(at, at + 1_234_567))
    }
    await uploadStream(place, 'stream', pieces())
    expect(sha256Of(await stored('stream'))).toBe(sha256Of(content))
    await uploadBytes(place, 'exactly a part', content.subarray(0, 8 * mebibyte))
    expect(sha256Of(await stored('exactly a part'))).toBe(sha256Of(content.subarray(0, 8 * mebibyte)))
  })

  it('a stream that fails ends the upload, and nothing is left (catches half an object)', async () => {
    async function* pieces() {
      yield await Promise.resolve(content.subarray(0, 17 * mebibyte))
      throw new Error('the source is gone')
    }
    await expect(uploadStream(place, 'broken', pieces())).rejects.toThrow('the source is gone')
    expect(await leftBehind()).toEqual([])
  })

  it('sets the key and the tags of the connection (catches data that is stored unsealed)', async () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const sealed: S3Place = { ...place, kmsKeyArn, tags: [{ key: 'team', value: 'a = b' }, { key: 'app', value: 'tunesmith' }] }
    await uploadFile(sealed, 'sealed/large', path)
    await uploadBytes(sealed, 'sealed/small', Buffer.from('x'))
    for (const Key of ['sealed/large', 'sealed/small']) {
      expect(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyArn })
      expect((await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }))).TagSet).toEqual([{ Key: 'team', Value: 'a = b' }, { Key: 'app', Value: 'tunesmith' }])
    }
  })

  it('leaves nothing behind when it is cancelled in the middle (catches parts that are paid for and never seen)', async () => {
    const stop = new AbortController()
    await expect(uploadFile(place, 'cancelled', path, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(line.seen.some(({ method }) => method === 'DELETE')).toBe(true)
    expect(await leftBehind()).toEqual([])
  })

  it.each<Fault>(['refuse', 'drop', 'lose', 'truncate', 'garble'])('repeats a part whose line fails: %s (catches an upload of hours that dies of one part)', async (fault) => {
    line.fault = first(3, isPart, fault)
    await uploadFile(place, 'retried', path)
    expect(sha256Of(await stored('retried'))).toBe(sha256Of(content))
    expect(await leftBehind()).toEqual(['object retried'])
  })

  it('gives up after its tries, and leaves nothing behind (catches parts of a failed upload that stay)', async () => {
    line.fault = (request) => (isPart(request) && request.path.includes('partNumber=2') ? 'refuse' : 'none')
    await expect(uploadFile(place, 'failed', path)).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE', data: { cause: 'rate-limit' } })
    expect(await leftBehind()).toEqual([])
  })

  it('finds the upload whose begin was not answered, and gives it up (catches uploads that nobody knows of)', async () => {
    line.fault = first(2, isBegin, 'lose')
    await uploadFile(place, 'begun thrice', path)
    expect(line.seen.filter(isBegin)).toHaveLength(3)
    expect(await leftBehind()).toEqual(['object begun thrice'])

    line.fault = (request) => (isBegin(request) ? 'lose' : 'none')
    await expect(uploadFile(place, 'never begun', path)).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE' })
    expect(await leftBehind()).toEqual(['object begun thrice'])
  })

  it('takes a completion whose answer was lost for what it is (catches a whole upload that is called failed)', async () => {
    line.fault = first(1, isEnd, 'lose')
    await uploadFile(place, 'completed', path)
    expect(sha256Of(await stored('completed'))).toBe(sha256Of(content))
  })

  it('two uploads of one key beside each other do not end each other (catches a clean-up that takes the other one for its own)', async () => {
    line.fault = first(1, isBegin, 'lose')
    await Promise.all([uploadFile(place, 'both', path), uploadFile(place, 'both', path)])
    expect(sha256Of(await stored('both'))).toBe(sha256Of(content))
  })

  it('names a bucket that is missing and a file that is gone (catches "upload failed")', async () => {
    await expect(uploadFile({ ...place, bucket: 'not-there-at-all' }, 'x', path)).rejects.toMatchObject({ code: 'CLOUD_FAILED', data: { cause: 'bucket' } })
    await expect(uploadFile(place, 'x', join(folder, 'gone'))).rejects.toMatchObject({ code: 'FILE_READ' })
  })
})

describe('existsWithHash', () => {
  it('is true for the same content only (catches data that is sent again, and half of it that is taken for all)', async () => {
    const facts = { sha256: sha256Of(content), sizeBytes: content.length }
    const key = `data/${facts.sha256}.bin`
    expect(await existsWithHash(place, key, facts)).toBe(false)
    await uploadFile(place, key, path)
    expect(await existsWithHash(place, key, facts)).toBe(true)
    expect(await existsWithHash(place, key, { ...facts, sizeBytes: facts.sizeBytes - 1 })).toBe(false)
    await expect(existsWithHash(place, 'data/other', facts)).rejects.toThrow('does not hold')
  })
})

describe('downloadFile', () => {
  const target = join(folder, 'model.tar.gz')
  const parts = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.part'))
  beforeEach(async () => {
    for (const name of [...parts(), 'model.tar.gz']) rmSync(join(folder, name), { force: true })
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'model', Body: content }))
    line.seen.length = 0
  })
  const isGet = ({ method }: SeenRequest): boolean => method === 'GET'
  const options = { maxBytes: 100 * mebibyte }

  it('fetches a file with its hash and progress (catches an artifact that nobody checked)', async () => {
    const progress: number[] = []
    expect(await downloadFile(place, 'model', target, { ...options, onProgress: (done) => progress.push(done) })).toEqual({ bytes: content.length, sha256: sha256Of(content) })
    expect(sha256Of(readFileSync(target))).toBe(sha256Of(content))
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBe(content.length)
    expect(parts()).toEqual([])
  })

  it.each<Fault>(['refuse', 'drop', 'lose', 'truncate'])('goes on where the line failed: %s (catches bytes twice, and an artifact that starts anew each time)', async (fault) => {
    line.fault = first(3, isGet, fault)
    expect((await downloadFile(place, 'model', target, options)).sha256).toBe(sha256Of(content))
    expect(sha256Of(readFileSync(target))).toBe(sha256Of(content))
    const starts = line.seen.filter(isGet).map(({ range }) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1]))
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    if (fault === 'truncate') expect(starts.at(-1)).toBeGreaterThan(0)
  })

  it('goes on after a cancel with what is there, unless the object has changed (catches a file made of two versions)', async () => {
    const cancelAt = async (bytes: number): Promise<void> => {
      const stop = new AbortController()
      await expect(downloadFile(place, 'model', target, { ...options, signal: stop.signal, onProgress: (done) => void (done > bytes && stop.abort()) })).rejects.toMatchObject({ code: 'CANCELLED' })
    }
    await cancelAt(5 * mebibyte)
    expect(existsSync(target)).toBe(false)
    expect(parts()).toHaveLength(1)
    line.seen.length = 0
    expect((await downloadFile(place, 'model', target, options)).sha256).toBe(sha256Of(content))
    expect(Number(/bytes=(\d+)-/.exec(line.seen.find(isGet)?.range ?? '')?.[1])).toBeGreaterThanOrEqual(5 * mebibyte)

    await cancelAt(5 * mebibyte)
    const changed = Buffer.from(content).fill(1, 0, 1000)
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'model', Body: changed }))
    expect((await downloadFile(place, 'model', target, options)).sha256).toBe(sha256Of(changed))
    expect(sha256Of(readFileSync(target))).toBe(sha256Of(changed))
  })

  it('refuses an object over the cap before a byte of it came (catches an artifact that fills the disk)', async () => {
    await expect(downloadFile(place, 'model', target, { maxBytes: content.length - 1 })).rejects.toMatchObject({ code: 'CLOUD_FAILED', data: { cause: 'hostile-artifact' } })
    expect(line.seen.filter(isGet)).toEqual([])
    expect(parts()).toEqual([])
  })

  it('fetches an empty object, and says that one is missing (catches a loop that never ends)', async () => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'nothing', Body: Buffer.alloc(0) }))
    expect(await downloadFile(place, 'nothing', target, options)).toEqual({ bytes: 0, sha256: sha256Of(Buffer.alloc(0)) })
    expect(readFileSync(target)).toHaveLength(0)
    await expect(downloadFile(place, 'missing', target, options)).rejects.toMatchObject({ code: 'CLOUD_FAILED' })
  })
})
