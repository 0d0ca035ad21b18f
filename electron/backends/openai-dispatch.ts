import { z } from 'zod'
import { JobId } from '../shared/ids'
import { RunEnd } from '../shared/job-state'
import { dispatchFile } from './dispatch-file'

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

export const { read: readDispatch, write: writeDispatch } = dispatchFile(Dispatch)
