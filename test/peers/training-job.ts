// A training job as the control plane keeps it: the request, its statuses with their times, and the answer to Describe.
export interface Channel {
  readonly ChannelName: string
  readonly DataSource?: { readonly S3DataSource?: { readonly S3Uri: string; readonly S3DataType: string } }
}

/** The members of a CreateTrainingJob request that the peer acts on; AWS's model has checked all of it. */
export interface CreateRequest {
  readonly TrainingJobName: string
  readonly RoleArn: string
  readonly HyperParameters?: Readonly<Record<string, string>>
  readonly AlgorithmSpecification?: {
    readonly TrainingImage?: string
    readonly TrainingInputMode?: string
    readonly ContainerEntrypoint?: readonly string[]
    readonly ContainerArguments?: readonly string[]
    readonly MetricDefinitions?: readonly { readonly Name: string; readonly Regex: string }[]
  }
  readonly InputDataConfig?: readonly Channel[]
  readonly OutputDataConfig: { readonly S3OutputPath: string }
  readonly ResourceConfig?: { readonly InstanceType?: string; readonly InstanceCount?: number; readonly VolumeSizeInGB?: number }
  readonly StoppingCondition?: { readonly MaxRuntimeInSeconds?: number; readonly MaxWaitTimeInSeconds?: number }
  readonly EnableManagedSpotTraining?: boolean
  readonly CheckpointConfig?: { readonly S3Uri: string; readonly LocalPath?: string }
  readonly Environment?: Readonly<Record<string, string>>
  readonly Tags?: readonly Tag[]
}

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export type JobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped'

interface Transition {
  readonly Status: string
  readonly StartTime: number
  EndTime?: number
  readonly StatusMessage: string
}

export interface TrainingJob {
  readonly request: CreateRequest
  readonly arn: string
  /** Seconds since 1970, as AWS writes times. */
  readonly createdAt: number
  modifiedAt: number
  status: JobStatus
  secondary: string
  readonly transitions: Transition[]
  failureReason: string | null
  trainingStartedAt: number | null
  trainingEndedAt: number | null
  /** Seconds of earlier attempts; the current one is added at its end. */
  trainingSeconds: number
  attempts: number
  readonly metrics: Map<string, { readonly value: number; readonly at: number }>
  tags: readonly Tag[]
}

/** Whole milliseconds in seconds, as AWS answers. */
export const now = (): number => Math.round(Date.now()) / 1000

export function newTrainingJob(request: CreateRequest): TrainingJob {
  const at = now()
  const arn = `arn:aws:sagemaker:us-east-1:123456789012:training-job/${request.TrainingJobName.toLowerCase()}`
  return {
    request, arn, createdAt: at, modifiedAt: at, status: 'InProgress', secondary: 'Starting', transitions: [], failureReason: null, trainingStartedAt: null, trainingEndedAt: null,
    trainingSeconds: 0, attempts: 0, metrics: new Map(), tags: request.Tags ?? [],
  }
}

export const hasEnded = ({ status }: TrainingJob): boolean => status === 'Completed' || status === 'Failed' || status === 'Stopped'

/** Moves a job on; the secondary status that ends a job has begun and ended at once. */
export function moveTo(job: TrainingJob, secondary: string, message: string, status: JobStatus = job.status): void {
  const at = now()
  const last = job.transitions.at(-1)
  if (last !== undefined) last.EndTime = at
  job.status = status
  job.secondary = secondary
  job.modifiedAt = at
  job.transitions.push({ Status: secondary, StartTime: at, StatusMessage: message, ...(hasEnded(job) ? { EndTime: at } : {}) })
}

export const outputUri = ({ request }: TrainingJob, file: string): string => `${request.OutputDataConfig.S3OutputPath.replace(/\/$/, '')}/${request.TrainingJobName}/output/${file}`

/** The answer to DescribeTrainingJob. Tags are not part of it. */
export function describe(job: TrainingJob): Readonly<Record<string, unknown>> {
  const { Tags: _tags, ...asked } = job.request
  const metrics = [...job.metrics].map(([name, { value, at }]) => ({ MetricName: name, Value: value, Timestamp: at }))
  return {
    ...asked,
    TrainingJobArn: job.arn,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondary,
    SecondaryStatusTransitions: job.transitions,
    ModelArtifacts: { S3ModelArtifacts: outputUri(job, 'model.tar.gz') },
    StoppingCondition: { MaxRuntimeInSeconds: 86_400, ...asked.StoppingCondition },
    CreationTime: job.createdAt,
    LastModifiedTime: job.modifiedAt,
    ...(job.failureReason === null ? {} : { FailureReason: job.failureReason }),
    ...(job.trainingStartedAt === null ? {} : { TrainingStartTime: job.trainingStartedAt }),
    ...(job.trainingEndedAt === null ? {} : { TrainingEndTime: job.trainingEndedAt }),
    ...(hasEnded(job) && job.trainingStartedAt !== null ? times(job) : {}),
    ...(metrics.length === 0 ? {} : { FinalMetricDataList: metrics }),
  }
}

/** Spot is billed at 30 % here; AWS states the saving in the same way, as the difference of the two. */
function times(job: TrainingJob) {
  const training = Math.max(1, Math.ceil(job.trainingSeconds))
  return { TrainingTimeInSeconds: training, BillableTimeInSeconds: job.request.EnableManagedSpotTraining === true ? Math.max(1, Math.ceil(training * 0.3)) : training }
}

export function summary(job: TrainingJob): Readonly<Record<string, unknown>> {
  return {
    TrainingJobName: job.request.TrainingJobName, TrainingJobArn: job.arn, CreationTime: job.createdAt, LastModifiedTime: job.modifiedAt, TrainingJobStatus: job.status, SecondaryStatus: job.secondary,
    ...(job.trainingEndedAt === null ? {} : { TrainingEndTime: job.trainingEndedAt }),
  }
}

/** Takes metrics from a line, by the definitions of the job. */
export function readMetrics(job: TrainingJob, line: string): void {
  for (const { Name, Regex } of job.request.AlgorithmSpecification?.MetricDefinitions ?? []) {
    const found = Number(new RegExp(Regex).exec(line)?.[1] ?? Number.NaN)
    if (Number.isFinite(found)) job.metrics.set(Name, { value: found, at: now() })
  }
}
