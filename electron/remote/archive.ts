import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createGunzip } from 'node:zlib'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import type { Extract } from 'tar-stream'

export interface PackedFile {
  /** With `/`, relative to the archive's top. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface PackedArchive {
  readonly bytes: Buffer
  readonly sha256: string
}

/** The same files give the same bytes, on every machine and in any order: no times, no owners, and no deflate, whose output differs between versions of zlib. */
export async function packTarGz(files: readonly PackedFile[]): Promise<PackedArchive> {
  const { pack } = await import('tar-stream')
  const tar = pack()
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  for (const { path, bytes } of sorted) tar.entry({ name: path, size: bytes.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' }, Buffer.from(bytes))
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  const bytes = storedGzip(Buffer.concat(chunks))
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

const longestBlock = 65_535

/** A gzip file (RFC 1952) of stored blocks (RFC 1951, 3.2.4): no time, no system, no compression. */
function storedGzip(content: Uint8Array): Buffer {
  const pieces: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])]
  for (let from = 0; from < content.length || from === 0; from += longestBlock) {
    const block = content.subarray(from, from + longestBlock)
    const head = Buffer.alloc(5)
    head.writeUInt8(from + longestBlock >= content.length ? 1 : 0, 0)
    head.writeUInt16LE(block.length, 1)
    head.writeUInt16LE(~block.length & 0xffff, 3)
    pieces.push(head, block)
  }
  const end = Buffer.alloc(8)
  end.writeUInt32LE(crc32(content), 0)
  end.writeUInt32LE(content.length >>> 0, 4)
  return Buffer.concat([...pieces, end])
}

export interface UnpackLimits {
  /** Of all files together. */
  readonly maxBytes: number
  readonly maxFiles: number
  readonly signal?: AbortSignal
}

export interface Unpacked {
  /** Paths with `/`, relative to the folder, in the archive's order. */
  readonly files: readonly string[]
  readonly bytes: number
}

/**
 * Unpacks an archive that somebody else made. `folder` must not exist, or be empty; it appears when all of the archive is in it, and
 * nothing is left of one that was refused. Throws CLOUD_FAILED with the cause hostile-artifact for anything but plain files and folders
 * with plain names inside the limits, CLOUD_FAILED for a damaged one, DISK_FULL, FILE_WRITE, CANCELLED.
 */
export async function unpackTarGz(path: string, folder: string, limits: UnpackLimits): Promise<Unpacked> {
  const { maxBytes, maxFiles, signal } = limits
  // A folder of its own beside the target, on the same disk: the new name is given at once.
  const work = `${folder}.${randomBytes(4).toString('hex')}.unpacking`
  try {
    await refuseFull(folder)
    await mkdir(work, { recursive: true })
    const { extract } = await import('tar-stream')
    const entries = extract()
    const feed = pipeline(createReadStream(path), createGunzip(), capped(rawBytesFor(maxBytes, maxFiles)), entries, signal === undefined ? {} : { signal })
    const [unpacked] = await Promise.all([takeAll(entries, work, limits), feed])
    await rmdir(folder).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error
    })
    await rename(work, folder)
    return unpacked
  } catch (error) {
    await rm(work, { recursive: true, force: true, maxRetries: 3 })
    throw faultOf(error, path, signal)
  }
}

async function refuseFull(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  })
  if (there.length > 0) throw new AppError('FILE_WRITE', `${folder} is not empty`)
}

async function takeAll(entries: Extract, work: string, { maxBytes, maxFiles, signal }: UnpackLimits): Promise<Unpacked> {
  const names = createNames()
  const files: string[] = []
  let count = 0
  let bytes = 0
  for await (const entry of entries) {
    signal?.throwIfAborted()
    const { name, type, size } = entry.header
    if (type !== 'file' && type !== 'directory') throw refused(name, `it is a ${type ?? 'thing of an unknown kind'}`)
    count += 1
    if (count > maxFiles) throw refused(name, `there are more than ${maxFiles} entries`)
    const parts = partsOf(name)
    if (type === 'directory') {
      names.folder(name, parts)
      if (parts.length > 0) await mkdir(join(work, ...parts), { recursive: true })
      entry.resume()
      continue
    }
    bytes += size
    if (bytes > maxBytes) throw refused(name, `it is larger than ${maxBytes} bytes together with those before it`)
    names.file(name, parts)
    const target = join(work, ...parts)
    await mkdir(dirname(target), { recursive: true })
    await pipeline(entry, createWriteStream(target, { flags: 'wx', mode: 0o644 }))
    files.push(parts.join('/'))
  }
  return { files, bytes }
}

/** Names that Windows keeps for devices, with any ending. */
const deviceName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/i

/** The folders and the name of an entry. Throws for anything that could mean another place on any system that the app runs on. */
function partsOf(name: string): readonly string[] {
  if (name === '' || name.length > 1_000) throw refused(name, 'its name is empty or too long')
  if (/^[/\\]/.test(name)) throw refused(name, 'its path is absolute')
  // Backslashes and colons (drives, streams) mean a path on Windows only; nothing that we make has them.
  if (/[\\:<>"|?*\p{Cc}]/u.test(name)) throw refused(name, 'its name holds a character that names must not hold')
  const parts = name.replace(/\/+$/, '').split('/').filter((part) => part !== '.')
  for (const part of parts) {
    if (part === '..' || part === '') throw refused(name, 'its path leads elsewhere')
    if (part.length > 255 || /[. ]$/.test(part) || deviceName.test(part)) throw refused(name, 'its name means something else on Windows')
  }
  return parts
}

/** Keeps names apart: a second file of one name would replace the first, also where a disk takes `A` and `a` for one. */
function createNames() {
  const files = new Set<string>()
  const folders = new Set<string>()
  const folded = (parts: readonly string[]): string => parts.join('/').normalize('NFC').toLowerCase()
  function folder(name: string, parts: readonly string[]): void {
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = folded(parts.slice(0, depth))
      if (files.has(path)) throw refused(name, 'a file has the name of its folder')
      folders.add(path)
    }
  }
  return {
    folder,
    file(name: string, parts: readonly string[]): void {
      const path = folded(parts)
      if (parts.length === 0 || files.has(path) || folders.has(path)) throw refused(name, 'its name is there twice')
      folder(name, parts.slice(0, -1))
      files.add(path)
    },
  }
}

/** What a tar of such files can have at most: two headers and a long name for each, and padding. */
function rawBytesFor(maxBytes: number, maxFiles: number): number {
  return maxBytes + maxFiles * 8_192 + 1_048_576
}

/** Ends a stream that grows beyond what it may be: a small archive of zeros that would fill the disk. */
function capped(limit: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(refused('', `it unpacks to more than ${limit} bytes`))
      else done(null, chunk)
    },
  })
}

function refused(name: string, why: string): AppError {
  const entry = JSON.stringify(name.slice(0, 200))
  return new AppError('CLOUD_FAILED', `the archive was refused${name === '' ? '' : ` at ${entry}`}: ${why}`, { data: { cause: 'hostile-artifact', entry, why } })
}

function faultOf(error: unknown, path: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof AppError) return error
  if (signal?.aborted === true) return new AppError('CANCELLED', 'unpacking was cancelled')
  if (isErrno(error, 'ENOSPC')) return new AppError('DISK_FULL', 'the disk is full', { cause: error })
  if (error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code))) return new AppError('FILE_WRITE', messageOf(error), { cause: error })
  return new AppError('CLOUD_FAILED', `${path} is damaged: ${messageOf(error)}`, { cause: error, data: { cause: 'unknown' } })
}
