import { createReadStream } from 'node:fs'
import { z } from 'zod'
import { AppError } from '../../shared/app-error'
import type { OpenOpenai } from '../connection'
import { ask } from './client'
import { isMissing } from './jobs'

/** Larger files go up in parts: one upload of more breaks silently at some services. */
export const singleUploadBytes = 100_000_000
/** Services take at most 64 MB. */
const partBytes = 32_000_000
/** The user's data does not stay there forever: two weeks are more than a job waits. */
const keptSeconds = 14 * 86_400
const slowestBytesPerSecond = 50_000
const fileType = 'application/jsonl'

const File = z.object({ id: z.string().min(1), bytes: z.number().nullish(), filename: z.string().nullish(), purpose: z.string().nullish(), status: z.string().nullish(), status_details: z.string().nullish() })
export type ServiceFile = z.infer<typeof File>

export interface FileToSend {
  readonly path: string
  /** Unique for its content and job: it is found again by it. */
  readonly name: string
  readonly sizeBytes: number
}
export interface SendOptions {
  readonly signal?: AbortSignal
  readonly onSent: (bytes: number) => void
  /** Before the first part is sent. */
  readonly onUpload: (uploadId: string) => Promise<void>
  /** Absent: 100 MB. */
  readonly singleBytes?: number
}

/** Sends one file in flat memory and gives its id. Throws CloudError, ambiguous where it may have arrived, or CANCELLED. */
export function sendFile(open: OpenOpenai, file: FileToSend, options: SendOptions): Promise<string> {
  return file.sizeBytes > (options.singleBytes ?? singleUploadBytes) ? sendParts(open, file, options) : sendWhole(open, file, options)
}

async function sendWhole(open: OpenOpenai, { path, name, sizeBytes }: FileToSend, { signal, onSent }: SendOptions): Promise<string> {
  return ask(open, 'sending a file', async (client, call) => {
    const { toStreamingFile } = await import('openai')
    const body = toStreamingFile(counted(path, 0, sizeBytes, call.signal, onSent), name, { type: fileType })
    return idOf(await client.files.create({ file: body, purpose: 'fine-tune', expires_after: { anchor: 'created_at', seconds: keptSeconds } }, call))
  }, { repeatable: false, timeoutMs: transferMs(sizeBytes), ...(signal === undefined ? {} : { signal }) })
}

async function sendParts(open: OpenOpenai, { path, name, sizeBytes }: FileToSend, { signal, onSent, onUpload }: SendOptions): Promise<string> {
  const withSignal = signal === undefined ? {} : { signal }
  const uploadId = await ask(open, 'beginning an upload', async (client, call) => {
    const params = { bytes: sizeBytes, filename: name, mime_type: fileType, purpose: 'fine-tune' as const, expires_after: { anchor: 'created_at' as const, seconds: keptSeconds } }
    return idOf(await client.uploads.create(params, call))
  }, withSignal).catch((error: unknown) => {
    throw isMissing(error) ? tooLarge(open, error) : error
  })
  await onUpload(uploadId)
  const partIds: string[] = []
  for (let from = 0; from < sizeBytes; from += partBytes) {
    const to = Math.min(from + partBytes, sizeBytes)
    const partId = await ask(open, 'sending a part of a file', async (client, call) => {
      const { toStreamingFile } = await import('openai')
      return idOf(await client.uploads.parts.create(uploadId, { data: toStreamingFile(counted(path, from, to, call.signal, onSent), 'part') }, call))
    }, { timeoutMs: transferMs(to - from), ...withSignal })
    partIds.push(partId)
  }
  // Asked once: a second answer would say that the upload is completed, and not which file it became.
  return ask(open, 'completing an upload', async (client, call) => {
    const upload = z.object({ file: z.object({ id: z.string().min(1) }) }).safeParse(await client.uploads.complete(uploadId, { part_ids: partIds }, call))
    if (!upload.success) throw new SyntaxError('the service answered something that is not an upload')
    return upload.data.file.id
  }, { repeatable: false, timeoutMs: 120_000, ...withSignal })
}

/** Not every address of a service takes uploads in parts: Azure's addresses of projects do not, those of resources do. */
function tooLarge({ config }: OpenOpenai, cause: unknown): AppError {
  const hint = config.preset === 'azure' ? ' Use the resource\'s own address, https://NAME.openai.azure.com/openai/v1.' : ''
  return new AppError('JOB_REFUSED', `Files over ${singleUploadBytes / 1e6} MB go up in parts, and the service takes none under this address.${hint}`, { cause, data: { reason: 'file-too-large' } })
}

/** Bytes `from` to `to` of a file; tells how far it has come. */
async function* counted(path: string, from: number, to: number, signal: AbortSignal, onSent: (bytes: number) => void): AsyncGenerator<Buffer, void, undefined> {
  if (to <= from) return
  let at = from
  for await (const chunk of createReadStream(path, { start: from, end: to - 1, highWaterMark: 256 * 1024, signal })) {
    yield chunk as Buffer
    at += (chunk as Buffer).length
    onSent(at)
  }
}

function transferMs(bytes: number): number {
  return 60_000 + Math.ceil((bytes / slowestBytesPerSecond) * 1000)
}

function idOf(value: unknown): string {
  const parsed = z.object({ id: z.string().min(1) }).safeParse(value)
  if (!parsed.success) throw new SyntaxError('the service answered something without an id')
  return parsed.data.id
}

const mostPages = 20

/** Our files by their name, whole ones only; newest first. */
export async function findFiles(open: OpenOpenai, matches: (name: string) => boolean, signal?: AbortSignal): Promise<readonly ServiceFile[]> {
  const found = new Map<string, ServiceFile>()
  const seen = new Set<string>()
  let after: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const query = { limit: 1_000, order: 'desc' as const, ...(after === undefined ? {} : { after }) }
    const body = await ask(open, 'listing the files', async (client, call) => {
      const answer: unknown = await (await client.files.list(query, call).asResponse()).json()
      const parsed = z.object({ data: z.array(z.unknown()), has_more: z.boolean().nullish() }).safeParse(answer)
      if (!parsed.success) throw new SyntaxError('the service answered something that is not a list')
      return parsed.data
    }, signal === undefined ? {} : { signal })
    const files = body.data.flatMap((value) => File.safeParse(value).data ?? [])
    const fresh = files.filter(({ id }) => !seen.has(id))
    for (const file of fresh) {
      seen.add(file.id)
      if (matches(file.filename ?? '')) found.set(file.id, file)
    }
    after = fresh.at(-1)?.id
    if (body.has_more !== true || after === undefined) break
  }
  return [...found.values()]
}

/** What the service holds under an id; null: nothing any more. */
export async function lookUpFile(open: OpenOpenai, id: string, signal?: AbortSignal): Promise<ServiceFile | null> {
  try {
    return await ask(open, 'looking at a file', async (client, call) => {
      const file = File.safeParse(await client.files.retrieve(id, call))
      if (!file.success) throw new SyntaxError('the service answered something that is not a file')
      return file.data
    }, signal === undefined ? {} : { signal })
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** The text of a file that the service made. */
export function readFileText(open: OpenOpenai, id: string, signal?: AbortSignal): Promise<string> {
  return ask(open, 'reading a result file', async (client, call) => (await client.files.content(id, call)).text(), { timeoutMs: 120_000, ...(signal === undefined ? {} : { signal }) })
}

/** Deletes a file; one that is gone already is fine. */
export async function deleteFile(open: OpenOpenai, id: string): Promise<void> {
  await orMissing(ask(open, 'deleting a file', async (client, call) => void (await client.files.delete(id, call))))
}

/** Gives up an upload in parts; one that is gone already is fine. */
export async function cancelUpload(open: OpenOpenai, uploadId: string): Promise<void> {
  await orMissing(ask(open, 'giving up an upload', async (client, call) => void (await client.uploads.cancel(uploadId, call))))
}

async function orMissing(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
