import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, stat, statfs } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { z } from 'zod'
import { AppError, messageOf } from '../shared/app-error'
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
  readonly sizeBytes: number
  /** Known for large files. */
  readonly sha256: string | null
}
export interface HubListing extends Omit<HubModel, 'files'> {
  readonly files: readonly HubFile[]
}

/** What a fine-tuning run reads: configuration, tokenizer, safetensors, the card and the licence. Pickles and other formats stay where they are. */
const wanted = /^(?:[^/]*\.(?:json|safetensors|model|jinja|txt)|README\.md|LICENSE[^/]*)$/i

/** Asks the hub what a model is and how large. Throws HUB_OFFLINE, HUB_GATED, HUB_MISSING, HUB_FAILED. */
export async function lookUpModel(access: HubAccess, hubId: string, revision: string, cacheRoot: string): Promise<HubListing> {
  const response = await ask(access, `${access.endpoint}/api/models/${hubId}/revision/${encodeURIComponent(revision)}?blobs=true`, {})
  const parsed = ModelInfo.safeParse(await response.json())
  if (!parsed.success) throw new AppError('HUB_FAILED', 'the hub answered something that is not a model')
  const { sha, gated, cardData, safetensors, siblings } = parsed.data
  const cachePath = cacheFolder(cacheRoot, hubId, sha)
  const files = siblings.filter(({ rfilename }) => wanted.test(rfilename)).map(({ rfilename, size, lfs }) => ({ path: rfilename, sizeBytes: size ?? 0, sha256: lfs?.sha256 ?? null }))
  let cachedBytes = 0
  for (const file of files) cachedBytes += await haveBytes(cachePath, file)
  return {
    hubId, revision: sha, license: cardData?.license ?? null, gated: gated !== undefined && gated !== false, files,
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), cachedBytes, freeBytes: await freeBytes(cacheRoot), cachePath, parameters: safetensors?.total ?? null,
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
    if ((await sizeOf(target)) !== file.sizeBytes) await downloadFile(access, listing, file, target, signal, (bytes) => onProgress({ file: file.path, doneBytes: before + bytes }))
    doneBytes = before + file.sizeBytes
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

async function downloadFile(access: HubAccess, { hubId, revision }: HubListing, file: HubFile, target: string, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
  const partial = `${target}.part`
  await mkdir(dirname(target), { recursive: true })
  let have = Math.min(await sizeOf(partial), file.sizeBytes)
  const url = `${access.endpoint}/${hubId}/resolve/${revision}/${file.path.split('/').map(encodeURIComponent).join('/')}`
  const response = await ask(access, url, { signal, headers: have > 0 ? { Range: `bytes=${have}-` } : {} })
  // A server that does not know ranges sends the whole file.
  if (response.status !== 206) have = 0
  const hash = createHash('sha256')
  if (have > 0) await addToHash(hash, partial, have)
  const output = await open(partial, have > 0 ? 'r+' : 'w')
  try {
    let at = have
    for await (const chunk of bodyOf(response)) {
      await output.write(chunk, 0, chunk.length, at)
      hash.update(chunk)
      at += chunk.length
      onBytes(at)
    }
    if (file.sizeBytes > 0 && at < file.sizeBytes) throw new AppError('HUB_FAILED', `the connection ended at ${at} of ${file.sizeBytes} bytes of ${file.path}`, { data: { resumable: true } })
    await output.truncate(at)
    await output.sync()
  } catch (error) {
    throw faultOf(error, signal)
  } finally {
    await output.close()
  }
  if (file.sha256 !== null && hash.digest('hex') !== file.sha256) {
    await rename(partial, `${partial}.bad`)
    throw new AppError('HUB_FAILED', `${file.path} arrived with another checksum than the hub states`)
  }
  await rename(partial, target)
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  if (response.body === null) return
  const reader = response.body.getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value as Uint8Array
}

async function addToHash(hash: Hash, path: string, bytes: number): Promise<void> {
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer)
}

/** One request with the token in its header and nowhere else; failures become named ones. */
async function ask(access: HubAccess, url: string, init: RequestInit): Promise<Response> {
  if (access.offline) throw new AppError('HUB_OFFLINE', 'offline mode is on')
  let response: Response
  try {
    response = await access.fetch(url, { ...init, redirect: 'follow', headers: { ...init.headers, ...(access.token === null ? {} : { Authorization: `Bearer ${access.token}` }) } })
  } catch (error) {
    throw faultOf(error, init.signal ?? null)
  }
  if (response.ok) return response
  const code = response.headers.get('x-error-code')
  if (code === 'GatedRepo' || response.status === 403) throw new AppError('HUB_GATED', 'the owner asks for agreement before this model can be downloaded', { data: { hasToken: access.token !== null } })
  // The hub answers 401 for what does not exist as well, so that names can't be tried out.
  if (response.status === 404 || response.status === 401) throw new AppError('HUB_MISSING', 'the hub has no such model, or it is private', { data: { hasToken: access.token !== null } })
  throw new AppError('HUB_FAILED', `the hub answered ${response.status}`, { data: { status: response.status } })
}

function faultOf(error: unknown, signal: AbortSignal | null): unknown {
  if (error instanceof AppError) return error
  if (signal?.aborted === true) return new AppError('CANCELLED', 'the download was cancelled')
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOSPC') return new AppError('DISK_FULL', 'the disk is full', { cause: error })
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT/.test(code)) return new AppError('HUB_OFFLINE', messageOf(cause), { cause: error })
  return new AppError('HUB_FAILED', messageOf(cause), { cause: error, data: { resumable: true } })
}

async function haveBytes(folder: string, file: HubFile): Promise<number> {
  const target = inside(folder, file.path)
  const whole = await sizeOf(target)
  return whole > 0 ? whole : Math.min(await sizeOf(`${target}.part`), file.sizeBytes)
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
