import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isErrno } from '../shared/app-error'
import { exists, runPath, writeFileAtomic } from '../process/run-folder'
import { unpackTarGz } from '../remote/archive'
import { listObjects } from '../remote/aws/job-objects'
import { hasFaultCode } from '../remote/gateway'
import { downloadFile } from '../remote/s3-transfer'
import type { S3Place } from '../remote/s3-transfer'
import type { OnBytes } from './sagemaker-inputs'

/** `artifact.json`: what came of a job, written when all of it lies in the run folder. */
const Artifact = z.object({ schemaVersion: z.literal(1), sha256: z.string().nullable(), bytes: z.number(), files: z.array(z.string()) })
export type Artifact = z.infer<typeof Artifact>

const noteOf = (runFolder: string): string => join(runFolder, 'artifact.json')

/** Null while it was not fetched. */
export async function readArtifact(runFolder: string): Promise<Artifact | null> {
  try {
    return Artifact.parse(JSON.parse(await readFile(noteOf(runFolder), 'utf8')))
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}

export interface Fetching {
  readonly place: S3Place
  readonly runFolder: string
  readonly signal: AbortSignal | undefined
  readonly onBytes: OnBytes
}

const gib = 2 ** 30
/** A tuned model is as large as its base, which may be stored in half its precision; an adapter is a part of it. */
const largestArtifact = (modelBytes: number): number => 4 * gib + 3 * modelBytes
const mostFiles = 10_000
/** What may lie at the top of a run folder. */
const kept = ['adapter', 'model', 'events.jsonl'] as const

/**
 * Fetches what the job made and puts it where a local run has it. Can be called again at any time; a job that left nothing has an empty
 * artifact. Throws CloudError, DISK_FULL, FILE_WRITE, CANCELLED, and CLOUD_FAILED with the cause hostile-artifact.
 */
export async function fetchArtifact({ place, runFolder, signal, onBytes }: Fetching, key: string, modelBytes: number): Promise<Artifact> {
  const done = await readArtifact(runFolder)
  if (done !== null) return done
  const archive = join(runFolder, 'artifact.tar.gz')
  const unpacked = join(runFolder, 'artifact')
  const options = signal === undefined ? {} : { signal }
  const maxBytes = largestArtifact(modelBytes)
  let artifact: Artifact = { schemaVersion: 1, sha256: null, bytes: 0, files: [] }
  try {
    const { bytes, sha256 } = await downloadFile(place, key, archive, { maxBytes, onProgress: (at) => onBytes('the result', at, 0), ...options })
    await rm(unpacked, { recursive: true, force: true })
    const { files } = await unpackTarGz(archive, unpacked, { maxBytes, maxFiles: mostFiles, ...options })
    for (const name of kept) {
      if (!(await exists(join(unpacked, name)))) continue
      await rm(join(runFolder, name), { recursive: true, force: true })
      await rename(join(unpacked, name), join(runFolder, name))
    }
    artifact = { ...artifact, sha256, bytes, files: [...files] }
  } catch (error) {
    if (!hasFaultCode(error, 'NotFound') && !hasFaultCode(error, 'NoSuchKey')) throw error
  }
  await writeFileAtomic(noteOf(runFolder), `${JSON.stringify(artifact, null, 2)}\n`)
  await rm(unpacked, { recursive: true, force: true })
  await rm(archive, { force: true })
  return artifact
}

const mostEventBytes = 256 * 1024 * 1024

/** The events that the job kept beside its checkpoints, where no artifact has them: of a job that failed. */
export async function fetchKeptEvents({ place, runFolder, signal }: Fetching, checkpointsKey: string): Promise<void> {
  const target = runPath(runFolder, 'events')
  if (await exists(target)) return
  try {
    await downloadFile(place, `${checkpointsKey}/events.jsonl`, target, { maxBytes: mostEventBytes, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    if (!hasFaultCode(error, 'NotFound') && !hasFaultCode(error, 'NoSuchKey')) throw error
  }
}

const checkpointFile = /^(checkpoint-\d+)\/([\w.-]+)$/

/** Fetches whole checkpoints into the run folder; one that is there already stays as it is. Throws like `fetchArtifact`. */
export async function fetchCheckpoints({ place, runFolder, signal, onBytes }: Fetching, checkpointsKey: string, steps: ReadonlySet<number>): Promise<void> {
  const objects = (await listObjects(place, `${checkpointsKey}/`, signal)).flatMap(({ key, bytes }) => {
    const [, folder, name] = checkpointFile.exec(key.slice(checkpointsKey.length + 1)) ?? []
    return folder !== undefined && name !== undefined && steps.has(Number(folder.split('-')[1])) ? [{ key, bytes, folder, name }] : []
  })
  const total = objects.reduce((sum, { bytes }) => sum + bytes, 0)
  let before = 0
  for (const [folder, files] of Map.groupBy(objects, (object) => object.folder)) {
    const target = join(runFolder, 'checkpoints', folder)
    if (!(await exists(target))) {
      const partial = `${target}.part`
      await mkdir(partial, { recursive: true })
      for (const { key, bytes, name } of files) {
        const start = before
        if (!(await exists(join(partial, name)))) await downloadFile(place, key, join(partial, name), { maxBytes: bytes, onProgress: (at) => onBytes('the checkpoints', start + at, total), ...(signal === undefined ? {} : { signal }) })
        before += bytes
      }
      await rename(partial, target)
    } else before += files.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}
