import type { AdoptableJob } from '../../shared/cloud'
import { JobId } from '../../shared/ids'
import type { OpenAws } from '../connection'
import { awsClients } from './clients'
import { jobNamePrefix } from './policy'
import { jobTag, nameTag } from './training-jobs'

/** Pages of 100 jobs that are looked through, newest first. */
const mostPages = 10

/** Training jobs that carry our tag, newest first, whichever installation made them. Throws CloudError. */
export async function listAdoptableJobs(open: OpenAws, signal?: AbortSignal): Promise<readonly AdoptableJob[]> {
  const options = signal === undefined ? {} : { signal }
  const [client, { ListTagsCommand, ListTrainingJobsCommand }] = await Promise.all([awsClients(open).sagemaker(), import('@aws-sdk/client-sagemaker')])
  const jobs: AdoptableJob[] = []
  let token: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const listed = await open.gateway.call('list the jobs', (abortSignal) => client.send(
      new ListTrainingJobsCommand({ NameContains: jobNamePrefix, SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: 100, ...(token === undefined ? {} : { NextToken: token }) }), { abortSignal },
    ), options)
    for (const { TrainingJobName: name = '', TrainingJobArn: arn, TrainingJobStatus: status = '', CreationTime: created } of listed.TrainingJobSummaries ?? []) {
      if (!name.startsWith(jobNamePrefix) || arn === undefined) continue
      const { Tags: tags = [] } = await open.gateway.call('read the tags of a job', (abortSignal) => client.send(new ListTagsCommand({ ResourceArn: arn }), { abortSignal }), options)
      const jobId = JobId.safeParse(tags.find(({ Key }) => Key === jobTag)?.Value)
      if (jobId.success) jobs.push({ remoteId: name, jobId: jobId.data, name: tags.find(({ Key }) => Key === nameTag)?.Value ?? name, model: '', status, createdAtMs: created?.getTime() ?? 0 })
    }
    token = listed.NextToken
    if (token === undefined) break
  }
  return jobs
}

/** The key of a job's source archive in the connection's bucket; null where it lies elsewhere, or the job was not made by us. */
export async function sourceKeyOf(open: OpenAws, jobName: string, signal?: AbortSignal): Promise<string | null> {
  const [client, { DescribeTrainingJobCommand }] = await Promise.all([awsClients(open).sagemaker(), import('@aws-sdk/client-sagemaker')])
  const { HyperParameters: parameters } = await open.gateway.call('look at a job', (abortSignal) => client.send(new DescribeTrainingJobCommand({ TrainingJobName: jobName }), { abortSignal }), signal === undefined ? {} : { signal })
  const address = /^"?s3:\/\/([^/]+)\/(.+\/sourcedir\.tar\.gz)"?$/.exec(parameters?.['sagemaker_submit_directory'] ?? '')
  return address?.[1] === open.config.bucket ? (address[2] ?? null) : null
}
