import { z } from 'zod'
import type { AwsConnection } from '../shared/connection'
import { ConnectionId, JobId } from '../shared/ids'
import { dispatchFile } from './dispatch-file'

/** `dispatch.json`: what a start is about to ask of SageMaker, written before it is asked. The job's name is its identity there. */
const Dispatch = z.object({
  schemaVersion: z.literal(1),
  jobId: JobId,
  connectionId: ConnectionId,
  startedAtMs: z.number(),
  region: z.string(),
  bucket: z.string(),
  jobName: z.string(),
  /** Of everything that belongs to this job alone; without a slash at its end. */
  folderKey: z.string(),
  /** Bytes of the base model as sent; 0: the container fetches it. Bounds what an artifact may hold. */
  modelBytes: z.number(),
  /** `sending`: no job was asked for yet. `asked`: there may be one. `there`: there is one. `stopped`: there is none and will be none. */
  state: z.enum(['sending', 'asked', 'there', 'stopped']),
})
export type Dispatch = z.infer<typeof Dispatch>

export const { read: readDispatch, write: writeDispatch } = dispatchFile(Dispatch)

/** Of a job that was taken up from the place: everything about it follows from its name and the connection. */
export function adoptedDispatch({ startedAtMs, connectionId }: Pick<Dispatch, 'startedAtMs' | 'connectionId'>, jobName: string, { region, bucket, prefix }: AwsConnection): Dispatch {
  const jobId = JobId.parse(`job_${jobName.slice(-16)}`)
  return { schemaVersion: 1, jobId, connectionId, startedAtMs, region, bucket, jobName, folderKey: prefix === '' ? jobName : `${prefix}/${jobName}`, modelBytes: 64e9, state: 'there' }
}

/** Where things of a job lie in the bucket. */
export const keysOf = ({ folderKey }: Pick<Dispatch, 'folderKey'>) => ({
  source: `${folderKey}/sourcedir.tar.gz`,
  checkpoints: `${folderKey}/checkpoints`,
  stopRequest: `${folderKey}/stop.request`,
})

export const s3Uri = (bucket: string, key: string): string => `s3://${bucket}/${key}`
