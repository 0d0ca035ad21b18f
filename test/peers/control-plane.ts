// SageMaker's operations on training jobs: checks beyond AWS's model, names, quotas, lists, tags. Jobs really run (job-run.ts).
import { quotaName, quotaOf } from './account-operations'
import { AwsError } from './aws-wire'
import { startJobRun } from './job-run'
import type { JobRun, RunParts } from './job-run'
import { describe, hasEnded, newTrainingJob, summary } from './training-job'
import type { CreateRequest, Tag, TrainingJob } from './training-job'

export interface ControlPlane {
  readonly jobs: ReadonlyMap<string, TrainingJob>
  /** Answers one operation. Throws an AwsError. */
  answer(operation: string, input: unknown): unknown
  interrupt(name: string): void
  stopAll(): Promise<void>
}

interface Rules {
  quotas(): Readonly<Record<string, number>>
  denied(action: string): boolean
  /** True: SageMaker may not take on the role. */
  roleRefused(): boolean
}

const invalid = (message: string): AwsError => new AwsError('ValidationException', message)

export function createControlPlane(parts: RunParts, rules: Rules): ControlPlane {
  const jobs = new Map<string, TrainingJob>()
  const runs = new Map<string, JobRun>()

  function jobOf({ TrainingJobName: name }: { readonly TrainingJobName: string }): TrainingJob {
    const job = jobs.get(name)
    if (job === undefined) throw invalid('Requested resource not found.')
    return job
  }

  function create(request: CreateRequest) {
    checkRequest(request)
    if (rules.denied('iam:PassRole')) throw accessDenied('iam:PassRole', request.RoleArn)
    if (rules.roleRefused()) throw invalid(`Could not assume role ${request.RoleArn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`)
    const taken = jobs.get(request.TrainingJobName)
    if (taken !== undefined) throw new AwsError('ResourceInUse', `Training job names must be unique within an AWS account and region, and a training job with this name already exists (${taken.arn})`)
    checkQuota(request)
    const job = newTrainingJob(request)
    jobs.set(request.TrainingJobName, job)
    runs.set(request.TrainingJobName, startJobRun(job, parts))
    return { TrainingJobArn: job.arn }
  }

  function checkQuota({ ResourceConfig, EnableManagedSpotTraining: spot = false }: CreateRequest): void {
    const type = ResourceConfig?.InstanceType ?? ''
    const name = quotaName(type, spot)
    const limit = quotaOf(rules.quotas(), name)
    const same = [...jobs.values()].filter((job) => !hasEnded(job) && job.request.ResourceConfig?.InstanceType === type && (job.request.EnableManagedSpotTraining ?? false) === spot)
    const used = same.reduce((sum, { request }) => sum + (request.ResourceConfig?.InstanceCount ?? 1), 0)
    const wanted = ResourceConfig?.InstanceCount ?? 1
    if (used + wanted <= limit) return
    throw new AwsError(
      'ResourceLimitExceeded',
      `The account-level service limit '${name}' is ${limit} Instances, with current utilization of ${used} Instances and a request delta of ${wanted} Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.`,
    )
  }

  function stop(job: TrainingJob) {
    if (job.status !== 'InProgress') throw invalid(`The request was rejected because the training job is in status ${job.status}.`)
    runs.get(job.request.TrainingJobName)?.stop()
  }

  function addTags({ ResourceArn, Tags }: { readonly ResourceArn: string; readonly Tags: readonly Tag[] }) {
    const job = [...jobs.values()].find(({ arn }) => arn === ResourceArn)
    if (job === undefined) throw invalid('Requested resource not found.')
    job.tags = [...job.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)), ...Tags]
    return { Tags: job.tags }
  }

  return {
    jobs,
    answer(operation, input) {
      switch (operation) {
        case 'CreateTrainingJob':
          return create(input as CreateRequest)
        case 'DescribeTrainingJob':
          return describe(jobOf(input as CreateRequest))
        case 'StopTrainingJob':
          return stop(jobOf(input as CreateRequest))
        case 'ListTrainingJobs':
          return list([...jobs.values()], input as ListRequest)
        case 'ListTags':
          return { Tags: [...jobs.values()].find(({ arn }) => arn === (input as { ResourceArn: string }).ResourceArn)?.tags ?? [] }
        case 'AddTags':
          return addTags(input as { ResourceArn: string; Tags: Tag[] })
        default:
          throw new AwsError('UnknownOperationException', `The tests' SageMaker has no ${operation}`)
      }
    },
    interrupt(name) {
      if (jobs.get(name)?.request.EnableManagedSpotTraining !== true) throw new Error(`${name} is no spot job`)
      runs.get(name)?.interrupt()
    },
    async stopAll() {
      for (const run of runs.values()) run.kill()
      await Promise.all([...runs.values()].map(({ done }) => done))
    },
  }
}

export const accessDenied = (action: string, resource: string): AwsError =>
  new AwsError('AccessDenied', `User: arn:aws:sts::123456789012:assumed-role/tester/session is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`)

/** What SageMaker demands and its model does not say, for jobs that are not serverless. */
function checkRequest(request: CreateRequest): void {
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources, StoppingCondition: stopping, EnableManagedSpotTraining: spot = false, CheckpointConfig: checkpoints } = request
  if (algorithm?.TrainingImage === undefined) throw invalid('AlgorithmSpecification with a TrainingImage is required.')
  if (resources?.InstanceType === undefined || resources.InstanceCount === undefined) throw invalid('ResourceConfig with InstanceType and InstanceCount is required.')
  if (stopping === undefined) throw invalid('StoppingCondition is required.')
  if (resources.InstanceCount < 1) throw oneProblem(resources.InstanceCount, 'resourceConfig.instanceCount', 1)
  if ((resources.VolumeSizeInGB ?? 0) < 1) throw oneProblem(resources.VolumeSizeInGB ?? 0, 'resourceConfig.volumeSizeInGB', 1)
  const { MaxRuntimeInSeconds: run = 86_400, MaxWaitTimeInSeconds: wait } = stopping
  if (run > 2_419_200) throw invalid(`MaxRuntimeInSeconds ${run} is above the limit of 2419200.`)
  if (spot && (wait === undefined || wait < run)) throw invalid('Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds')
  if (!spot && wait !== undefined) throw invalid('MaxWaitTimeInSeconds above 0 is not supported unless EnableManagedSpotTraining is true.')
  if (checkpoints?.LocalPath !== undefined && !checkpoints.LocalPath.startsWith('/opt/ml/')) throw invalid(`The tests' SageMaker keeps checkpoints under /opt/ml only, not in ${checkpoints.LocalPath}`)
  const channels = (request.InputDataConfig ?? []).map(({ ChannelName }) => ChannelName)
  if (new Set(channels).size !== channels.length) throw invalid('Channel names must be unique.')
}

const oneProblem = (value: number, path: string, least: number): AwsError =>
  invalid(`1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must have value greater than or equal to ${least}`)

interface ListRequest {
  readonly NameContains?: string
  readonly StatusEquals?: string
  readonly CreationTimeAfter?: number
  readonly CreationTimeBefore?: number
  readonly LastModifiedTimeAfter?: number
  readonly LastModifiedTimeBefore?: number
  readonly SortBy?: 'Name' | 'CreationTime' | 'Status'
  readonly SortOrder?: 'Ascending' | 'Descending'
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** Pages of at most 10 unless more is asked for, newest first, as AWS sorts them. */
function list(all: readonly TrainingJob[], input: ListRequest) {
  const { NameContains: part = '', StatusEquals: status, SortBy = 'CreationTime', SortOrder = 'Descending', MaxResults: size = 10, NextToken: token } = input
  const within = (at: number, after = 0, before = Number.POSITIVE_INFINITY): boolean => at > after && at < before
  const keys = { Name: (job: TrainingJob) => job.request.TrainingJobName, CreationTime: (job: TrainingJob) => job.createdAt, Status: (job: TrainingJob) => job.status }
  const key = keys[SortBy]
  const sorted: TrainingJob[] = all
    .filter((job) => job.request.TrainingJobName.includes(part) && (status === undefined || job.status === status))
    .filter((job) => within(job.createdAt, input.CreationTimeAfter, input.CreationTimeBefore) && within(job.modifiedAt, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore))
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  if (SortOrder === 'Descending') sorted.reverse()
  const from = token === undefined ? 0 : Number(token)
  const to = from + size
  return { TrainingJobSummaries: sorted.slice(from, to).map(summary), ...(to < sorted.length ? { NextToken: String(to) } : {}) }
}
