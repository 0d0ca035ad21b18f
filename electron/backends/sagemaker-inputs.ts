import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, messageOf } from '../shared/app-error'
import { existsWithHash, uploadFile } from '../remote/s3-transfer'
import type { S3Place } from '../remote/s3-transfer'

/** Files that travel together as one channel, known by their content. */
export interface InputSet {
  /** `the model`, as a phase says it. */
  readonly label: string
  readonly files: readonly { readonly path: string; readonly name: string; readonly bytes: number }[]
  readonly bytes: number
  /** Of all names and contents, hex: the same files have the same place in the bucket. */
  readonly sha256: string
}

export type OnBytes = (label: string, doneBytes: number, totalBytes: number) => void

/** Reads files once to know them by content. Throws FILE_READ, CANCELLED. */
export async function identify(label: string, files: readonly { readonly path: string; readonly name: string }[], signal: AbortSignal | undefined, onBytes: OnBytes): Promise<InputSet> {
  try {
    const sized = await Promise.all(files.map(async (file) => ({ ...file, bytes: (await stat(file.path)).size })))
    const bytes = sized.reduce((sum, file) => sum + file.bytes, 0)
    const whole = createHash('sha256')
    let done = 0
    for (const file of sized.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(file.path, { highWaterMark: 1024 * 1024, ...(signal === undefined ? {} : { signal }) })) {
        hash.update(chunk as Buffer)
        done += (chunk as Buffer).length
        onBytes(label, done, bytes)
      }
      whole.update(`${file.name}\0${hash.digest('hex')}\n`)
    }
    return { label, files: sized, bytes, sha256: whole.digest('hex') }
  } catch (error) {
    if (signal?.aborted === true) throw new AppError('CANCELLED', 'the start was cancelled')
    throw new AppError('FILE_READ', `${label} can't be read: ${messageOf(error)}`, { cause: error })
  }
}

/** What training reads of a model folder: weights, configuration, tokenizer, template and the texts that belong to them. */
const modelFile = /\.(json|safetensors|model|jinja|txt|md)$|^LICENSE/i

/** Files of a folder that are worth sending, as name and path. Throws FILE_READ. */
export async function filesIn(folder: string, wanted: RegExp = modelFile): Promise<readonly { readonly path: string; readonly name: string }[]> {
  try {
    const names = await readdir(folder)
    const found = await Promise.all(names.filter((name) => wanted.test(name)).map(async (name) => ({ name, path: join(folder, name), isFile: (await stat(join(folder, name))).isFile() })))
    return found.filter(({ isFile }) => isFile).map(({ name, path }) => ({ name, path }))
  } catch (error) {
    throw new AppError('FILE_READ', `${folder} can't be read: ${messageOf(error)}`, { cause: error })
  }
}

/** Keys of inputs that starts of this process rely on, so that a cancelled start removes nothing that another one counts on. */
const claims = new Map<string, Set<string>>()

export interface Sending {
  readonly place: S3Place
  /** Of the connection; empty: the bucket itself. */
  readonly prefix: string
  readonly jobName: string
  readonly signal: AbortSignal | undefined
  readonly onBytes: OnBytes
  /** Keys that this start has made. */
  readonly made: string[]
}

/** Sends what of a set is not there yet, and gives the key of its folder, with a slash at its end. Throws CloudError, FILE_READ, CANCELLED. */
export async function send({ place, prefix, jobName, signal, onBytes, made }: Sending, set: InputSet): Promise<string> {
  const folder = `${prefix === '' ? '' : `${prefix}/`}inputs/${set.sha256}/`
  let before = 0
  for (const { path, name, bytes } of set.files) {
    const key = `${folder}${name}`
    const holders = claims.get(key) ?? new Set()
    claims.set(key, holders.add(jobName))
    if (!(await existsWithHash(place, key, { sha256: set.sha256, sizeBytes: bytes }, signal))) {
      const start = before
      await uploadFile(place, key, path, { onProgress: (done) => onBytes(set.label, start + done, set.bytes), ...(signal === undefined ? {} : { signal }) })
      made.push(key)
    }
    before += bytes
    onBytes(set.label, before, set.bytes)
  }
  return folder
}

/** Of the keys that a start made, those that no other start relies on. */
export function unclaimed(jobName: string, made: readonly string[]): readonly string[] {
  return made.filter((key) => {
    const holders = claims.get(key)
    holders?.delete(jobName)
    if (holders === undefined || holders.size > 0) return holders === undefined
    claims.delete(key)
    return true
  })
}
