import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import { CloudError, hasFaultCode } from './gateway'
import { bytesPart, filePart, streamPart, unreadable } from './part-source'
import type { Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import type { Gateway } from './gateway'
import type { PartSource } from './part-source'

/** A bucket and the way to it. */
export interface S3Place {
  readonly gateway: Gateway
  readonly s3: () => Promise<S3Client>
  readonly bucket: string
  /** Objects are sealed with this key; null: with the bucket's own. */
  readonly kmsKeyArn: string | null
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

export interface TransferOptions {
  readonly signal?: AbortSignal
  /** Bytes that are safely there. Never falls. */
  readonly onProgress?: (doneBytes: number) => void
}

const mebibyte = 1024 * 1024
const inFlight = 4
/** Of one part: even a line of 14 kB/s gets 8 MiB through in that time. A line on which nothing moves ends much earlier. */
const partTimeoutMs = 600_000

/**
 * Whether an object with this content is there already. The key must hold the content's sha256, since that is what makes the answer true;
 * where the place doesn't let us look, the answer is no and the upload says why.
 */
export async function existsWithHash(place: S3Place, key: string, { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number }, signal?: AbortSignal): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(sha256) || !key.includes(sha256)) throw new Error(`the key ${key} does not hold the content's sha256`)
  try {
    return (await headObject(place, key, signal)).bytes === sizeBytes
  } catch (error) {
    // A refused HEAD has no body: a login that ran out is a bare 400, and the upload is told the reason.
    if (error instanceof CloudError && (isMissing(error) || error.fault.cause.kind === 'access-denied' || error.fault.cause.details['status'] === 400)) return false
    throw error
  }
}

export interface ObjectFacts {
  readonly bytes: number
  readonly etag: string
}

/** Size and version of an object. Throws CloudError with the code `NotFound` where there is none. */
export async function headObject({ gateway, s3, bucket }: S3Place, key: string, signal?: AbortSignal): Promise<ObjectFacts> {
  const [client, { HeadObjectCommand }] = await Promise.all([s3(), import('@aws-sdk/client-s3')])
  const look = async (abortSignal: AbortSignal): Promise<ObjectFacts> => {
    const { ContentLength, ETag } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal })
    return { bytes: ContentLength ?? 0, etag: told(ETag, 'ETag') }
  }
  return await gateway.call(`look at ${key}`, look, withSignal(signal))
}

/** Some answers are read from headers alone: what lies between may answer anything, and it would pass for the place's own word. */
function told(value: string | undefined, name: string): string {
  if (value === undefined) throw new SyntaxError(`the answer has no ${name}`)
  return value
}

function isMissing(error: CloudError): boolean {
  return error.fault.cause.details['status'] === 404 && error.fault.cause.kind !== 'bucket'
}

/** Sends a file. It is read once, in parts, at most four of them in memory. Throws CloudError, FILE_READ, or CANCELLED; nothing is left behind then. */
export async function uploadFile(place: S3Place, key: string, path: string, options: TransferOptions = {}): Promise<void> {
  const file = await open(path).catch((error: unknown) => unreadable(path, error))
  try {
    const { size } = await file.stat()
    await upload(place, key, filePart(file, path, size), options)
  } finally {
    await file.close()
  }
}

/** Sends what a stream yields, with the same memory and promises as a file. At most 160 GB, since the size is not known before. */
export async function uploadStream(place: S3Place, key: string, chunks: AsyncIterable<Uint8Array>, options: TransferOptions = {}): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    await upload(place, key, streamPart(iterator), options)
  } finally {
    await iterator.return?.()
  }
}

/** Sends bytes that are in memory anyway, such as a small archive. */
export async function uploadBytes(place: S3Place, key: string, bytes: Uint8Array, options: TransferOptions = {}): Promise<void> {
  await upload(place, key, bytesPart(bytes), options)
}

/** One request where all of it is smaller than a part, else a multipart upload. */
async function upload(place: S3Place, key: string, source: PartSource, options: TransferOptions): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(source.partBytes)
  const first = await source.read(buffer)
  const bytes = first?.bytes ?? 0
  if (bytes === source.partBytes) return await uploadParts(place, key, source, buffer, options)
  const [client, { PutObjectCommand }] = await Promise.all([place.s3(), import('@aws-sdk/client-s3')])
  const input = { Bucket: place.bucket, Key: key, Body: buffer.subarray(0, bytes), ...settingsOf(place) }
  await place.gateway.call(`send ${key}`, async (abortSignal) => told((await client.send(new PutObjectCommand(input), { abortSignal })).ETag, 'ETag'), { ...withSignal(options.signal), timeoutMs: partTimeoutMs })
  options.onProgress?.(bytes)
}

/** What an object is stored with. The service takes ten tags an object. */
function settingsOf({ kmsKeyArn, tags }: S3Place) {
  return {
    ...(kmsKeyArn === null ? {} : { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyArn }),
    ...(tags.length === 0 ? {} : { Tagging: tags.slice(0, 10).map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&') }),
  }
}

/** A multipart upload under way. */
interface Multipart {
  readonly place: S3Place
  readonly client: S3Client
  readonly key: string
  readonly uploadId: string
}

async function uploadParts(place: S3Place, key: string, source: PartSource, first: Buffer, options: TransferOptions): Promise<void> {
  const name = `${place.bucket}/${key}`
  underWay.set(name, (underWay.get(name) ?? 0) + 1)
  try {
    const multipart = await begin(place, key, options.signal)
    try {
      const { parts, bytes } = await sendParts(multipart, source, first, options)
      await complete(multipart, parts, bytes, options.signal)
    } catch (error) {
      // Also after an abort, so without the caller's signal. Where the place is gone, the bucket's own rule for unfinished uploads is left.
      await abandon(multipart).catch(() => undefined)
      throw error
    }
  } finally {
    const left = (underWay.get(name) ?? 1) - 1
    if (left === 0) underWay.delete(name)
    else underWay.set(name, left)
  }
}

/** Multipart uploads of this process by object: where one is not alone, it must not take another for its own lost one. */
const underWay = new Map<string, number>()

/** Begins a multipart upload. A begin whose answer was lost has made one that nobody will finish: it is looked for and abandoned. */
async function begin(place: S3Place, key: string, signal: AbortSignal | undefined): Promise<Multipart> {
  const [client, { CreateMultipartUploadCommand }] = await Promise.all([place.s3(), import('@aws-sdk/client-s3')])
  const input = { Bucket: place.bucket, Key: key, ChecksumAlgorithm: 'CRC32' as const, ...settingsOf(place) }
  const beganMs = Date.now()
  let tries = 0
  const once = async (abortSignal: AbortSignal): Promise<string> => {
    tries += 1
    return told((await client.send(new CreateMultipartUploadCommand(input), { abortSignal })).UploadId, 'UploadId')
  }
  let uploadId: string | null = null
  try {
    uploadId = await place.gateway.call(`begin to send ${key}`, once, withSignal(signal))
    return { place, client, key, uploadId }
  } finally {
    if (tries > (uploadId === null ? 0 : 1)) await abandonLost(place, client, key, uploadId, beganMs).catch(() => undefined)
  }
}

/** Clocks of the two sides may differ by this much. */
const clockMarginMs = 300_000

async function abandonLost(place: S3Place, client: S3Client, key: string, kept: string | null, beganMs: number): Promise<void> {
  if (underWay.get(`${place.bucket}/${key}`) !== 1) return
  const { ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3')
  const { Uploads = [] } = await place.gateway.call(`look for unfinished uploads of ${key}`, (abortSignal) => client.send(new ListMultipartUploadsCommand({ Bucket: place.bucket, Prefix: key }), { abortSignal }))
  for (const { Key, UploadId, Initiated } of Uploads) {
    const ours = Key === key && UploadId !== undefined && UploadId !== kept && (Initiated?.getTime() ?? 0) > beganMs - clockMarginMs
    if (ours) await abandon({ place, client, key, uploadId: UploadId })
  }
}

interface Sent {
  readonly parts: readonly CompletedPart[]
  readonly bytes: number
}

/** Four at a time, each with a buffer that it fills anew. After a failure all have ended before this throws: a part that comes later would stay. */
async function sendParts({ place: { gateway, bucket }, client, key, uploadId }: Multipart, source: PartSource, first: Buffer, { signal, onProgress }: TransferOptions): Promise<Sent> {
  const { UploadPartCommand } = await import('@aws-sdk/client-s3')
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const parts: CompletedPart[] = []
  const failures: unknown[] = []
  let bytes = 0

  async function worker(buffer: Buffer, filled: { readonly index: number; readonly bytes: number } | null): Promise<void> {
    for (let part = filled ?? (await source.read(buffer)); part !== null && !either.aborted; part = await source.read(buffer)) {
      const PartNumber = part.index + 1
      const input = { Bucket: bucket, Key: key, UploadId: uploadId, PartNumber, Body: buffer.subarray(0, part.bytes) }
      const once = async (abortSignal: AbortSignal): Promise<CompletedPart> => {
        const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(input), { abortSignal })
        return { PartNumber, ETag: told(ETag, 'ETag'), ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
      }
      parts.push(await gateway.call(`send part ${PartNumber} of ${key}`, once, { signal: either, timeoutMs: partTimeoutMs }))
      bytes += part.bytes
      onProgress?.(bytes)
    }
  }

  const workers = Array.from({ length: inFlight }, (_, index) =>
    worker(index === 0 ? first : Buffer.allocUnsafeSlow(source.partBytes), index === 0 ? { index: 0, bytes: source.partBytes } : null).catch((error: unknown) => {
      failures.push(error)
      stop.abort()
    }),
  )
  await Promise.all(workers)
  if (signal?.aborted === true) throw new AppError('CANCELLED', `sending ${key} was cancelled`)
  if (failures.length > 0) throw failures[0]
  return { parts: parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)), bytes }
}

/** A completion whose answer was lost is told from one that failed by the object itself. */
async function complete({ place, client, key, uploadId }: Multipart, parts: readonly CompletedPart[], bytes: number, signal: AbortSignal | undefined): Promise<void> {
  const { CompleteMultipartUploadCommand } = await import('@aws-sdk/client-s3')
  const input = { Bucket: place.bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts: [...parts] } }
  let tries = 0
  const once = async (abortSignal: AbortSignal): Promise<string> => {
    tries += 1
    return told((await client.send(new CompleteMultipartUploadCommand(input), { abortSignal })).ETag, 'ETag')
  }
  try {
    await place.gateway.call(`finish sending ${key}`, once, { ...withSignal(signal), timeoutMs: partTimeoutMs })
  } catch (error) {
    const lost = tries > 1 && hasFaultCode(error, 'NoSuchUpload') && (await headObject(place, key, signal)).bytes === bytes
    if (!lost) throw error
  }
}

async function abandon({ place, client, key, uploadId }: Multipart): Promise<void> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3')
  const input = { Bucket: place.bucket, Key: key, UploadId: uploadId }
  await place.gateway.call(`give up sending ${key}`, (abortSignal) => client.send(new AbortMultipartUploadCommand(input), { abortSignal }))
}

export interface DownloadOptions extends TransferOptions {
  /** An object larger than this is refused. */
  readonly maxBytes: number
}

export interface Downloaded {
  readonly bytes: number
  readonly sha256: string
}

/** One request asks for at most this much, so that each is done in a time that can be bounded. */
const rangeBytes = 32 * mebibyte

/**
 * Fetches an object into a file, which appears when it is whole. What an earlier try got of the same version stays beside it and is
 * not asked for again. Throws CloudError, DISK_FULL, FILE_WRITE, CANCELLED, or CLOUD_FAILED with the cause hostile-artifact over the cap.
 */
export async function downloadFile(place: S3Place, key: string, target: string, { maxBytes, signal, onProgress }: DownloadOptions): Promise<Downloaded> {
  const facts = await headObject(place, key, signal)
  if (facts.bytes > maxBytes) throw new AppError('CLOUD_FAILED', `${key} has ${facts.bytes} bytes; at most ${maxBytes} are taken`, { data: { cause: 'hostile-artifact', bytes: facts.bytes, maxBytes } })
  const partial = `${target}.${createHash('sha256').update(facts.etag).digest('hex').slice(0, 12)}.part`
  const hash = createHash('sha256')
  try {
    const file = await open(partial, constants.O_RDWR | constants.O_CREAT)
    try {
      const have = await hashHave(file, facts.bytes, hash, signal)
      await fetchRest(place, key, facts, { file, hash, at: have }, signal, onProgress)
      await file.truncate(facts.bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, target)
  } catch (error) {
    if (hasFaultCode(error, 'PreconditionFailed')) await rm(partial, { force: true })
    throw writeFault(error, signal, key)
  }
  return { bytes: facts.bytes, sha256: hash.digest('hex') }
}

interface Sink {
  readonly file: FileHandle
  readonly hash: Hash
  at: number
}

/** What is there from before, hashed. Nothing counts where it is longer than the object. */
async function hashHave(file: FileHandle, sizeBytes: number, hash: Hash, signal: AbortSignal | undefined): Promise<number> {
  const { size } = await file.stat()
  if (size > sizeBytes) return 0
  const buffer = Buffer.allocUnsafeSlow(mebibyte)
  let at = 0
  while (at < size) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return at
}

async function fetchRest({ gateway, s3, bucket }: S3Place, key: string, { bytes, etag }: ObjectFacts, sink: Sink, signal: AbortSignal | undefined, onProgress: TransferOptions['onProgress']): Promise<void> {
  const [client, { GetObjectCommand }] = await Promise.all([s3(), import('@aws-sdk/client-s3')])
  onProgress?.(sink.at)
  while (sink.at < bytes) {
    const end = Math.min(sink.at + rangeBytes, bytes)
    const once = async (abortSignal: AbortSignal): Promise<void> => {
      if (sink.at === end) return
      const from = sink.at
      const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${from}-${end - 1}`, IfMatch: etag }), { abortSignal })
      if (ContentRange?.startsWith(`bytes ${from}-`) !== true) throw new AppError('CLOUD_FAILED', `another part of ${key} came than was asked for`)
      for await (const chunk of Body as AsyncIterable<Uint8Array>) {
        if (sink.at + chunk.length > end) throw new AppError('CLOUD_FAILED', `more of ${key} came than was asked for`)
        await sink.file.write(chunk, 0, chunk.length, sink.at)
        // An attempt that was given up must not count what the next one fetches again.
        abortSignal.throwIfAborted()
        sink.hash.update(chunk)
        sink.at += chunk.length
        onProgress?.(sink.at)
      }
      if (sink.at < end) throw new Error(`Premature close at ${sink.at} of ${end} bytes`)
    }
    await gateway.call(`fetch ${key}`, once, { ...withSignal(signal), timeoutMs: partTimeoutMs })
  }
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function writeFault(error: unknown, signal: AbortSignal | undefined, key: string): unknown {
  if (error instanceof AppError) return error
  if (signal?.aborted === true) return new AppError('CANCELLED', `fetching ${key} was cancelled`)
  if (isErrno(error, 'ENOSPC')) return new AppError('DISK_FULL', 'the disk is full', { cause: error })
  return new AppError('FILE_WRITE', `${key} cannot be stored: ${messageOf(error)}`, { cause: error })
}
