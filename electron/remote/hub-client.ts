import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { z } from 'zod'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import type { HubModel } from '../shared/model'

/** How to reach a hub: endpoint, proxy and CA of the settings, a token only as a header. `fetch` is the network, injected for proxies and tests. */
export interface HubAccess {
  readonly endpoint: string
  readonly token: string | null
  readonly offline: boolean
  readonly fetch: typeof fetch
}

const ModelInfo = z.object({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/),
  gated: z.union([z.boolean(), z.string()]).optional(),
  cardData: z.object({ license: z.string().optional() }).nullish(),
  safetensors: z.object({ total: z.number().optional() }).nullish(),
  siblings: z.array(z.object({ rfilename: z.string(), size: z.number().nullish(), lfs: z.object({ sha256: z.string().optional() }).nullish() })),
})

export interface HubFile {
  readonly path: string
  /** Null where a mirror doesn't say. */
  readonly sizeBytes: number | null
  /** Known for large files. */
  readonly sha256: string | null
}
export interface HubListing extends Omit<HubModel, 'files'> {
  readonly files: readonly HubFile[]
}

/**
 * What a fine-tuning run reads: configuration, tokenizer, safetensors, the card and the licence, all at the top. Pickles, other formats and
 * `consolidated` (the same weights once more, in Mistral's own form) stay where they are.
 */
const wanted = /^(?!consolidated)(?:[^/\\]*\.(?:json|safetensors|model|jinja|txt)|README\.md|LICENSE[^/\\]*)$/i
/** A hub that takes longer to say what a model is counts as out of reach. */
const lookUpTimeoutMs = 30_000

/** Asks the hub what a model is and how large. Throws HUB_OFFLINE, HUB_GATED, HUB_MISSING, HUB_FAILED. */
export async function lookUpModel(access: HubAccess, hubId: string, revision: string, cacheRoot: string): Promise<HubListing> {
  const response = await ask(access, `${access.endpoint}/api/models/${hubId}/revision/${encodeURIComponent(revision)}?blobs=true`, { signal: AbortSignal.timeout(lookUpTimeoutMs) })
  const parsed = ModelInfo.safeParse(await jsonOf(response))
  if (!parsed.success) throw new AppError('HUB_FAILED', 'the hub answered something that is not a model')
  const { sha, gated, cardData, safetensors, siblings } = parsed.data
  const cachePath = cacheFolder(cacheRoot, hubId, sha)
  const files = siblings.filter(({ rfilename }) => wanted.test(rfilename)).map(({ rfilename, size, lfs }) => ({ path: rfilename, sizeBytes: size ?? null, sha256: lfs?.sha256 ?? null }))
  let cachedBytes = 0
  for (const file of files) cachedBytes += await haveBytes(cachePath, file)
  return {
    hubId, revision: sha, license: cardData?.license ?? null, gated: gated !== undefined && gated !== false, files,
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0), cachedBytes, freeBytes: await freeBytes(cacheRoot), cachePath, parameters: safetensors?.total ?? null,
  }
}

/** A folder per model and commit, so that a download can go on and two revisions never mix. */
export function cacheFolder(root: string, hubId: string, sha: string): string {
  return join(root, hubId.replace('/', '--'), sha)
}

export interface DownloadReport {
  readonly file: string
  readonly doneBytes: number
}

/** Downloads what is missing, file by file, going on where an earlier try stopped; large files are checked by their sha256. */
export async function downloadModel(access: HubAccess, listing: HubListing, signal: AbortSignal, onProgress: (report: DownloadReport) => void): Promise<string> {
  let doneBytes = 0
  for (const file of listing.files) {
    const target = inside(listing.cachePath, file.path)
    const before = doneBytes
    // A file gets its name when it is whole, so one that is there with its size needs no second look.
    const present = await sizeOf(target)
    if (present === null || (file.sizeBytes !== null && present !== file.sizeBytes)) {
      await downloadFile(access, listing, file, target, signal, (bytes) => onProgress({ file: file.path, doneBytes: before + bytes }))
    }
    doneBytes = before + (file.sizeBytes ?? (await sizeOf(target)) ?? 0)
    onProgress({ file: file.path, doneBytes })
  }
  return listing.cachePath
}

/** A name from the hub must not lead out of its folder. */
function inside(folder: string, name: string): string {
  const path = join(folder, name)
  const way = relative(folder, path)
  if (way.startsWith('..') || isAbsolute(way)) throw new AppError('HUB_FAILED', `the hub names a file outside of its folder: ${name.slice(0, 200)}`)
  return path
}

async function downloadFile(access: HubAccess, listing: HubListing, file: HubFile, target: string, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
  const partial = `${target}.part`
  try {
    await mkdir(dirname(target), { recursive: true })
    const have = (await sizeOf(partial)) ?? 0
    // All of it may be there already: the app ended between the last byte and the new name.
    if (have === 0 || have !== file.sizeBytes) await fetchRest(access, listing, file, partial, have, signal, onBytes)
    if (file.sha256 !== null && (await sha256Of(partial, signal)) !== file.sha256) {
      await rm(partial, { force: true })
      throw new AppError('HUB_FAILED', `${file.path} arrived with another checksum than the hub states; it was deleted`)
    }
    await rename(partial, target)
  } catch (error) {
    throw faultOf(error, signal)
  }
}

/** Appends to the partial file from `have` on; a server that sends another part than was asked for begins it anew. */
async function fetchRest(access: HubAccess, { hubId, revision }: HubListing, file: HubFile, partial: string, have: number, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
  const { sizeBytes, path } = file
  const from = sizeBytes !== null && have > sizeBytes ? 0 : have
  const url = `${access.endpoint}/${hubId}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`
  const response = await ask(access, url, { signal, headers: from > 0 ? { Range: `bytes=${from}-` } : {} })
  let at = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true ? from : 0
  if (response.status === 206 && at !== from) {
    await response.body?.cancel()
    throw new AppError('HUB_FAILED', `the hub sent another part of ${path} than was asked for`)
  }
  const output = await open(partial, at > 0 ? 'r+' : 'w')
  try {
    for await (const chunk of bodyOf(response)) {
      if (sizeBytes !== null && at + chunk.length > sizeBytes) throw new AppError('HUB_FAILED', `the hub sends more than the ${sizeBytes} bytes that ${path} has`)
      await output.write(chunk, 0, chunk.length, at)
      at += chunk.length
      onBytes(at)
    }
    await output.truncate(at)
    await output.sync()
  } finally {
    await output.close()
  }
  if (sizeBytes !== null && at < sizeBytes) throw new AppError('HUB_FAILED', `the connection ended at ${at} of ${sizeBytes} bytes of ${path}`, { data: { resumable: true } })
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  if (response.body === null) return
  const reader = response.body.getReader()
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value as Uint8Array
  } finally {
    // Ends the connection also where the reader stopped early.
    await reader.cancel().catch(() => undefined)
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    throw new AppError('HUB_FAILED', 'the hub answered something that is not JSON', { cause: error })
  }
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A token with a line break would be quoted in the error of the header that refuses it. */
const printable = /^[\x21-\x7e]+$/

/** One request with the token in its header and nowhere else; failures become named ones. */
async function ask(access: HubAccess, url: string, init: RequestInit): Promise<Response> {
  if (access.offline) throw new AppError('HUB_OFFLINE', 'offline mode is on')
  if (access.token !== null && !printable.test(access.token)) throw new AppError('HUB_FAILED', 'the access token holds characters that no token has; set it again')
  let response: Response
  try {
    response = await access.fetch(url, { ...init, redirect: 'follow', headers: { ...init.headers, ...(access.token === null ? {} : { Authorization: `Bearer ${access.token}` }) } })
  } catch (error) {
    throw faultOf(error, init.signal ?? null)
  }
  if (response.ok) return response
  const code = response.headers.get('x-error-code')
  await response.body?.cancel()
  if (code === 'GatedRepo' || response.status === 403) throw new AppError('HUB_GATED', 'the owner asks for agreement before this model can be downloaded', { data: { hasToken: access.token !== null } })
  // The hub answers 401 for what does not exist as well, so that names can't be tried out.
  if (response.status === 404 || response.status === 401) throw new AppError('HUB_MISSING', 'the hub has no such model, or it is private', { data: { hasToken: access.token !== null } })
  throw new AppError('HUB_FAILED', `the hub answered ${response.status}`, { data: { status: response.status } })
}

function faultOf(error: unknown, signal: AbortSignal | null): unknown {
  if (error instanceof AppError) return error
  if (signal?.aborted === true) {
    const timedOut = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
    return timedOut ? new AppError('HUB_OFFLINE', 'the hub did not answer in time', { cause: error }) : new AppError('CANCELLED', 'the download was cancelled')
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOSPC') return new AppError('DISK_FULL', 'the disk is full', { cause: error })
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT/.test(code)) return new AppError('HUB_OFFLINE', messageOf(cause), { cause: error })
  return new AppError('HUB_FAILED', messageOf(cause), { cause: error, data: { resumable: true } })
}

async function haveBytes(folder: string, file: HubFile): Promise<number> {
  const target = inside(folder, file.path)
  const present = (await sizeOf(target)) ?? (await sizeOf(`${target}.part`)) ?? 0
  return file.sizeBytes === null ? present : Math.min(present, file.sizeBytes)
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
