import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import { JobId } from '../shared/ids'
import { RunEnd } from '../shared/job-state'
import { writeFileAtomic } from '../process/run-folder'

const SentFile = z.object({
  /** Of the content. */
  sha256: z.string(),
  name: z.string(),
  fileId: z.string().nullable(),
  /** An upload in parts that was begun. */
  uploadId: z.string().nullable(),
})
export type SentFile = z.infer<typeof SentFile>

const usage = z.object({ kind: z.literal('tokens'), model: z.string(), trainedTokens: z.number() })

/** `dispatch.json`: what was asked of the service, written before it is asked, and what it answered. */
const Dispatch = z.object({
  schemaVersion: z.literal(1),
  /** Null for a job that was taken up from the service. */
  jobId: JobId.nullable(),
  startedAtMs: z.number(),
  training: SentFile.nullable(),
  validation: SentFile.nullable(),
  /** When the job was asked for; set before the call. With no `remoteId`, nobody knows yet whether there is one. */
  askedAtMs: z.number().nullable(),
  remoteId: z.string().nullable(),
  /** How it ended, so that it can be told at any later time. */
  ended: z.object({
    ending: z.enum(['completed', 'stopped', 'failed', 'lost']), end: RunEnd, finishedAtMs: z.number(), usage: usage.nullable(),
    outputs: z.array(z.object({ name: z.string(), step: z.number().nullable(), evalLoss: z.number().nullable() })),
  }).nullable(),
})
export type Dispatch = z.infer<typeof Dispatch>

export const newDispatch = (jobId: JobId | null, startedAtMs: number): Dispatch => ({ schemaVersion: 1, jobId, startedAtMs, training: null, validation: null, askedAtMs: null, remoteId: null, ended: null })

const pathOf = (runFolder: string): string => join(runFolder, 'dispatch.json')

/** Null for a run that was not started. Throws RUN_FOLDER: without it a job could be made twice. */
export async function readDispatch(runFolder: string): Promise<Dispatch | null> {
  try {
    return Dispatch.parse(JSON.parse(await readFile(pathOf(runFolder), 'utf8')))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw new AppError('RUN_FOLDER', `dispatch.json of ${runFolder} is unreadable: ${messageOf(error)}`, { cause: error })
  }
}

export async function writeDispatch(runFolder: string, dispatch: Dispatch): Promise<Dispatch> {
  try {
    await writeFileAtomic(pathOf(runFolder), `${JSON.stringify(dispatch, null, 2)}\n`)
    return dispatch
  } catch (error) {
    throw new AppError(isErrno(error, 'ENOSPC') ? 'DISK_FULL' : 'RUN_FOLDER', `dispatch.json can't be written: ${messageOf(error)}`, { cause: error })
  }
}
