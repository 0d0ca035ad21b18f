import { z } from 'zod'
import type { CreateTrainingJobCommandInput, DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker'
import { AppError } from '../../shared/app-error'
import type { SagemakerOptions } from '../../shared/cloud'
import type { AwsConnection } from '../../shared/connection'
import { CloudError, hasFaultCode } from '../gateway'
import type { Gateway } from '../gateway'
import type { AwsClients } from './clients'
import { trainingImage } from './images'
import { instanceFacts } from './instances'
import { jobNamePrefix } from './policy'

/** Where SageMaker keeps checkpoints in the container, and copies them to S3 and back. */
export const checkpointFolder = '/opt/ml/checkpoints'
export const entryProgram = 'sagemaker_entry.py'
export const jobTag = 'tunesmith:job'
export const nameTag = 'tunesmith:name'

const s3Uri = z.string().max(1024).regex(/^(https|s3):\/\/([^/]+)\/?(.*)$/)
const Channel = z.object({
  ChannelName: z.string().min(1).max(64).regex(/^[A-Za-z0-9.\-_]+$/),
  DataSource: z.object({ S3DataSource: z.object({ S3DataType: z.literal('S3Prefix'), S3Uri: s3Uri, S3DataDistributionType: z.literal('FullyReplicated') }) }),
})
const kmsKey = z.string().max(2048)

/** What we send, with the bounds of AWS's service model (sagemaker 2017-07-24) and what it demands beyond that. A test compares the bounds. */
export const TrainingJobRequest = z.object({
  TrainingJobName: z.string().min(1).max(63).regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/),
  RoleArn: z.string().min(20).max(2048).regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/),
  AlgorithmSpecification: z.object({
    TrainingImage: z.string().max(255).regex(/^.*$/),
    TrainingInputMode: z.literal('File'),
    EnableSageMakerMetricsTimeSeries: z.boolean(),
    MetricDefinitions: z.array(z.object({ Name: z.string().min(1).max(255), Regex: z.string().min(1).max(500) })).max(40),
  }),
  HyperParameters: z.record(z.string().max(256), z.string().max(2500)).refine((all) => Object.keys(all).length <= 100),
  InputDataConfig: z.array(Channel).min(1).max(20),
  OutputDataConfig: z.object({ S3OutputPath: s3Uri, KmsKeyId: kmsKey.optional() }),
  ResourceConfig: z.object({ InstanceType: z.string().max(64), InstanceCount: z.int().min(1).max(64), VolumeSizeInGB: z.int().min(1).max(16_384), VolumeKmsKeyId: kmsKey.optional() }),
  StoppingCondition: z.object({ MaxRuntimeInSeconds: z.int().min(1).max(2_419_200), MaxWaitTimeInSeconds: z.int().min(1).optional() })
    .refine(({ MaxRuntimeInSeconds: run, MaxWaitTimeInSeconds: wait }) => wait === undefined || wait >= run, 'the wait must not be shorter than the run'),
  EnableManagedSpotTraining: z.boolean(),
  CheckpointConfig: z.object({ S3Uri: s3Uri, LocalPath: z.string().max(4096) }),
  VpcConfig: z.object({ Subnets: z.array(z.string().max(32)).min(1).max(16), SecurityGroupIds: z.array(z.string().max(32)).min(1).max(5) }).optional(),
  RetryStrategy: z.object({ MaximumRetryAttempts: z.int().min(1).max(30) }),
  Tags: z.array(z.object({ Key: z.string().min(1).max(128).regex(/^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u), Value: z.string().max(256).regex(/^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u) })).max(50),
})
export type TrainingJobRequest = z.infer<typeof TrainingJobRequest>

/** Loss and more for AWS's own console, read from the lines that the app reads too. */
const metricDefinitions = ([['train:loss', 'loss'], ['eval:loss', 'eval_loss'], ['learning_rate', 'learning_rate'], ['tokens_per_second', 'tokens_per_second']] as const)
  .map(([Name, key]) => ({ Name, Regex: `@tunesmith .*"${key}":([0-9.eE+-]+)` }))

export interface TrainingJobPlan {
  readonly jobId: string
  readonly name: string
  readonly jobName: string
  readonly options: SagemakerOptions
  readonly connection: AwsConnection
  /** `s3://` addresses. */
  readonly source: string
  readonly channels: Readonly<Record<string, string>>
  readonly output: string
  readonly checkpoints: string
}

/** One name per job, so that SageMaker itself refuses to make it twice. */
export function jobNameOf(jobId: string): string {
  return `${jobNamePrefix}${jobId.replaceAll('_', '')}`
}

/** GPUs over all machines; null where the table does not know the type. */
export function processesOf({ instanceType, instanceCount }: Pick<SagemakerOptions, 'instanceType' | 'instanceCount'>): number | null {
  const facts = instanceFacts(instanceType)
  return facts === null ? null : facts.gpuCount * instanceCount
}

/** The request for a job in script mode. Throws JOB_REFUSED for one that AWS would refuse by its own model. */
export function trainingJobRequest(plan: TrainingJobPlan): TrainingJobRequest {
  const { options, connection, jobName } = plan
  const ownDisk = instanceFacts(options.instanceType)?.ownDisk ?? false
  const request = {
    TrainingJobName: jobName,
    RoleArn: connection.roleArn,
    AlgorithmSpecification: { TrainingImage: options.imageUri ?? trainingImage(connection.region), TrainingInputMode: 'File', EnableSageMakerMetricsTimeSeries: true, MetricDefinitions: metricDefinitions },
    HyperParameters: {
      sagemaker_program: JSON.stringify(entryProgram), sagemaker_submit_directory: JSON.stringify(plan.source), sagemaker_region: JSON.stringify(connection.region),
      sagemaker_container_log_level: '20', sagemaker_job_name: JSON.stringify(jobName),
      // The image starts torchrun then, with a process for each GPU.
      ...((processesOf(options) ?? options.instanceCount) > 1 ? { sagemaker_torch_distributed_enabled: 'true' } : {}),
    },
    InputDataConfig: Object.entries(plan.channels).map(([ChannelName, uri]) => ({ ChannelName, DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, S3DataDistributionType: 'FullyReplicated' } } })),
    OutputDataConfig: { S3OutputPath: plan.output, ...(connection.kmsKeyArn === null ? {} : { KmsKeyId: connection.kmsKeyArn }) },
    ResourceConfig: {
      InstanceType: options.instanceType, InstanceCount: options.instanceCount, VolumeSizeInGB: options.volumeGb,
      // A disk of the machine's own is sealed by the machine, and SageMaker refuses a key for it.
      ...(connection.kmsKeyArn === null || ownDisk ? {} : { VolumeKmsKeyId: connection.kmsKeyArn }),
    },
    StoppingCondition: { MaxRuntimeInSeconds: options.maxRunSeconds, ...(options.spot ? { MaxWaitTimeInSeconds: options.maxWaitSeconds ?? options.maxRunSeconds } : {}) },
    EnableManagedSpotTraining: options.spot,
    CheckpointConfig: { S3Uri: plan.checkpoints, LocalPath: checkpointFolder },
    ...(connection.vpc === null ? {} : { VpcConfig: { Subnets: connection.vpc.subnetIds, SecurityGroupIds: connection.vpc.securityGroupIds } }),
    RetryStrategy: { MaximumRetryAttempts: 2 },
    Tags: [
      { Key: jobTag, Value: plan.jobId }, { Key: nameTag, Value: tagText(plan.name) },
      ...connection.tags.filter(({ key }) => key !== jobTag && key !== nameTag).map(({ key, value }) => ({ Key: key, Value: value })),
    ],
  }
  const parsed = TrainingJobRequest.safeParse(request)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('JOB_REFUSED', `SageMaker would refuse this job: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, { data: { reason: 'request-refused' } })
}

/** What AWS lets a tag hold. */
function tagText(name: string): string {
  return name.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, ' ').slice(0, 256)
}

/** What the app reads of DescribeTrainingJob. Times in milliseconds. */
export interface TrainingJobFacts {
  readonly status: string
  readonly secondary: string
  readonly transitions: readonly { readonly status: string; readonly message: string }[]
  readonly failureReason: string
  readonly artifact: string | null
  readonly createdAtMs: number
  readonly trainingStartedAtMs: number | null
  readonly endedAtMs: number | null
  readonly billableSeconds: number | null
  readonly trainingSeconds: number | null
  readonly instanceType: string
  readonly instanceCount: number
  readonly spot: boolean
}

function factsOf(output: DescribeTrainingJobCommandOutput): TrainingJobFacts {
  return {
    status: output.TrainingJobStatus ?? '', secondary: output.SecondaryStatus ?? '',
    transitions: (output.SecondaryStatusTransitions ?? []).map(({ Status = '', StatusMessage = '' }) => ({ status: Status, message: StatusMessage })),
    failureReason: output.FailureReason ?? '', artifact: output.ModelArtifacts?.S3ModelArtifacts ?? null,
    createdAtMs: output.CreationTime?.getTime() ?? 0, trainingStartedAtMs: output.TrainingStartTime?.getTime() ?? null,
    endedAtMs: output.TrainingEndTime?.getTime() ?? output.LastModifiedTime?.getTime() ?? null,
    billableSeconds: output.BillableTimeInSeconds ?? null, trainingSeconds: output.TrainingTimeInSeconds ?? null,
    instanceType: output.ResourceConfig?.InstanceType ?? '', instanceCount: output.ResourceConfig?.InstanceCount ?? 1, spot: output.EnableManagedSpotTraining ?? false,
  }
}

interface Way {
  readonly gateway: Gateway
  readonly clients: AwsClients
  readonly signal?: AbortSignal
}

function callOptions(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

/** How a job stands; null where SageMaker knows none by that name. Throws CloudError. */
export async function describeTrainingJob({ gateway, clients, signal }: Way, jobName: string): Promise<TrainingJobFacts | null> {
  const [client, { DescribeTrainingJobCommand }] = await Promise.all([clients.sagemaker(), import('@aws-sdk/client-sagemaker')])
  try {
    return factsOf(await gateway.call(`look at the job ${jobName}`, (abortSignal) => client.send(new DescribeTrainingJobCommand({ TrainingJobName: jobName }), { abortSignal }), callOptions(signal)))
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  return hasFaultCode(error, 'ResourceNotFound') || (error instanceof CloudError && error.fault.kind === 'final' && /Requested resource not found/i.test(error.fault.cause.evidence))
}

/**
 * Creates the job, or finds the one of that name. A name is used once in an account and region, so a repeated request can't make a second
 * job: where an answer is lost, the job is looked for. Throws CloudError.
 */
export async function createTrainingJob(way: Way, request: TrainingJobRequest): Promise<'created' | 'found'> {
  const { gateway, clients, signal } = way
  const [client, { CreateTrainingJobCommand }] = await Promise.all([clients.sagemaker(), import('@aws-sdk/client-sagemaker')])
  try {
    await gateway.call('create the job', (abortSignal) => client.send(new CreateTrainingJobCommand(request as CreateTrainingJobCommandInput), { abortSignal }), callOptions(signal))
    return 'created'
  } catch (error) {
    if (hasFaultCode(error, 'ResourceInUse')) return 'found'
    if (error instanceof CloudError && error.ambiguous && (await describeTrainingJob(way, request.TrainingJobName)) !== null) return 'found'
    throw error
  }
}

/** Asks SageMaker to stop a job. One that has ended, or is stopping, or never was, stays as it is. Throws CloudError. */
export async function stopTrainingJob({ gateway, clients, signal }: Way, jobName: string): Promise<void> {
  const [client, { StopTrainingJobCommand }] = await Promise.all([clients.sagemaker(), import('@aws-sdk/client-sagemaker')])
  try {
    await gateway.call('stop the job', (abortSignal) => client.send(new StopTrainingJobCommand({ TrainingJobName: jobName }), { abortSignal }), callOptions(signal))
  } catch (error) {
    const ended = error instanceof CloudError && error.fault.kind === 'final' && /in status \w+/.test(error.fault.cause.evidence)
    if (!ended && !isNotFound(error)) throw error
  }
}
