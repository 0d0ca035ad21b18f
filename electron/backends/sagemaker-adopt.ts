import { mkdir, readFile, rm } from 'node:fs/promises'
import { AppError, messageOf } from '../shared/app-error'
import type { AdoptableJob } from '../shared/cloud'
import { JobSpec } from '../shared/job-spec'
import { runPath } from '../process/run-folder'
import { unpackTarGz } from '../remote/archive'
import { sourceKeyOf } from '../remote/aws/adoptable-jobs'
import type { OpenAws } from '../remote/connection'
import { downloadFile } from '../remote/s3-transfer'
import { writeDispatch } from './sagemaker-dispatch'
import { placeOf } from './sagemaker-start'

/** A source archive holds a script and a few modules. */
const mostBytes = 16 * 2 ** 20

/**
 * Makes a run folder of a job that another installation sent: its own script and spec, from where they lie in the bucket, and a note that the
 * job is there. Throws CloudError, JOB_REFUSED for a job whose files are not there or not ours.
 */
export async function takeUpSagemakerJob(open: OpenAws, job: AdoptableJob, runFolder: string): Promise<JobSpec> {
  const key = await sourceKeyOf(open, job.remoteId)
  if (key === null) throw new AppError('JOB_REFUSED', `${job.remoteId} keeps its script in another bucket than this connection's.`)
  await mkdir(runFolder, { recursive: true })
  // Unpacking wants an empty folder.
  const archive = `${runFolder}.tar.gz`
  await downloadFile(placeOf(open), key, archive, { maxBytes: mostBytes })
  await unpackTarGz(archive, runFolder, { maxBytes: 4 * mostBytes, maxFiles: 100 })
  await rm(archive)
  const spec = await readSpec(runFolder, job.remoteId)
  await writeDispatch(runFolder, {
    schemaVersion: 1, jobId: job.jobId, connectionId: open.id, startedAtMs: job.createdAtMs, region: open.config.region, bucket: open.config.bucket, jobName: job.remoteId,
    folderKey: key.replace(/\/sourcedir\.tar\.gz$/, ''), modelBytes: 0, state: 'there',
  })
  return spec
}

async function readSpec(runFolder: string, remoteId: string): Promise<JobSpec> {
  try {
    return JobSpec.parse(JSON.parse(await readFile(runPath(runFolder, 'spec'), 'utf8')))
  } catch (error) {
    throw new AppError('JOB_REFUSED', `${remoteId} has no job.json that Tunesmith wrote: ${messageOf(error)}`)
  }
}
