// Folders and S3: channels and checkpoints down, checkpoints and packed results up, as SageMaker's agent moves them.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'

/** What a client of the peers itself needs: an address and any key at all. */
export const peerClient = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'peer', secretAccessKey: 'peer' } })

export const peerS3 = (endpoint: string): S3Client =>
  new S3Client({ ...peerClient(endpoint), forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' })

interface Place {
  readonly bucket: string
  readonly key: string
}

export function placeOf(uri: string): Place {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? []
  if (bucket === undefined || key === undefined) throw new Error(`no S3 address: ${uri}`)
  return { bucket, key }
}

/** Where an object under a prefix lands in a channel. An object that is the whole prefix keeps its own name. */
function pathUnder(prefix: string, key: string): string {
  const rest = key.slice(prefix.length)
  if (rest === '') return basename(key)
  if (rest.startsWith('/')) return rest.slice(1)
  return key.slice(prefix.lastIndexOf('/') + 1)
}

/** Downloads everything under `uri` with its relative paths. Returns how many objects there were. */
export async function downloadPrefix(s3: S3Client, uri: string, folder: string): Promise<number> {
  const { bucket, key: prefix } = placeOf(uri)
  let found = 0
  let token: string | undefined
  do {
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }))
    for (const { Key: key } of listed.Contents ?? []) {
      if (key === undefined || key.endsWith('/')) continue
      await downloadObject(s3, { bucket, key }, join(folder, pathUnder(prefix, key)))
      found += 1
    }
    token = listed.NextContinuationToken
  } while (token !== undefined)
  return found
}

export async function downloadObject(s3: S3Client, { bucket, key }: Place, path: string): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  await mkdir(dirname(path), { recursive: true })
  await pipeline(Body as Readable, createWriteStream(path))
}

export async function uploadFile(s3: S3Client, path: string, uri: string): Promise<void> {
  const { bucket, key } = placeOf(uri)
  const { size } = await stat(path)
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: createReadStream(path), ContentLength: size }))
}

/** Paths of all plain files under a folder, relative to it, sorted. */
export async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort()
}

/** Uploads what is new or changed since the last call with the same `seen`; a file that goes meanwhile is left out. */
export async function syncUp(s3: S3Client, folder: string, uri: string, seen: Map<string, string>): Promise<void> {
  for (const name of await filesOf(folder)) {
    try {
      const { size, mtimeMs } = await stat(join(folder, name))
      const mark = `${size} ${mtimeMs}`
      if (seen.get(name) === mark) continue
      await uploadFile(s3, join(folder, name), `${uri.replace(/\/$/, '')}/${name}`)
      seen.set(name, mark)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

/** Members that no honest job packs: paths outside, links outside, and a file through such a link. */
export type Hostile = 'outside-path' | 'absolute-path' | 'link' | 'link-then-file' | 'hard-link'

/** Packs folders as one `.tar.gz`; of two files with one name the first folder's counts. */
export async function packFolders(folders: readonly string[], target: string, hostile: Hostile | null = null): Promise<void> {
  const archive = pack()
  const written = pipeline(archive, createGzip({ level: constants.Z_BEST_SPEED }), createWriteStream(target))
  const seen = new Set<string>()
  for (const folder of folders) {
    for (const name of await filesOf(folder)) {
      if (seen.has(name)) continue
      seen.add(name)
      const { size } = await stat(join(folder, name))
      const entry = archive.entry({ name, size })
      await pipeline(createReadStream(join(folder, name)), entry)
    }
  }
  if (hostile !== null) addHostile(archive, hostile)
  archive.finalize()
  await written
}

function addHostile(archive: Pack, hostile: Hostile): void {
  switch (hostile) {
    case 'outside-path':
      return void archive.entry({ name: '../../outside.txt' }, 'outside')
    case 'absolute-path':
      return void archive.entry({ name: '/tmp/tunesmith-hostile.txt' }, 'outside')
    case 'link':
      return void archive.entry({ name: 'adapter/link', type: 'symlink', linkname: '/etc/passwd' })
    case 'hard-link':
      return void archive.entry({ name: 'adapter/hard', type: 'link', linkname: '/etc/passwd' })
    case 'link-then-file':
      archive.entry({ name: 'adapter/door', type: 'symlink', linkname: '../../..' })
      return void archive.entry({ name: 'adapter/door/outside.txt' }, 'outside')
  }
}
