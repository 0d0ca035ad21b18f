/** What DescribeTrainingJob tells of how a job stands, as texts of AWS; values that this version does not know may come. */
export interface SagemakerStatus {
  readonly status: string
  readonly secondary: string
  /** Of the last transition; empty: none. */
  readonly message: string
}

/** How a job ended, or null while it goes on. A status that is not known never ends a job. */
export function sagemakerEnd({ status, secondary }: SagemakerStatus): 'completed' | 'stopped' | 'time-limit' | 'failed' | null {
  if (secondary === 'MaxRuntimeExceeded' || secondary === 'MaxWaitTimeExceeded') return status === 'Stopped' || status === 'Completed' || status === 'Failed' ? 'time-limit' : null
  if (status === 'Completed') return 'completed'
  if (status === 'Stopped') return 'stopped'
  return status === 'Failed' ? 'failed' : null
}

const phases: Readonly<Record<string, string>> = {
  Starting: 'Starting the job',
  Pending: 'Waiting for a machine',
  LaunchingMLInstances: 'Waiting for a machine',
  PreparingTrainingStack: 'Preparing the machine',
  Downloading: 'Fetching model and data to the machine',
  DownloadingTrainingImage: 'Fetching the container image to the machine',
  Training: 'Training',
  Interrupted: 'Interrupted by AWS; it goes on from the last checkpoint when a machine is free',
  Restarting: 'Starting again after an interruption',
  Updating: 'Changing the job',
  Uploading: 'Storing the result in S3',
  Stopping: 'Stopping, and saving what there is',
}

/** The status in words. */
export function sagemakerPhase({ status, secondary, message }: SagemakerStatus): string {
  const known = phases[secondary]
  if (known === undefined) return `SageMaker says: ${secondary === '' ? status : secondary}${message === '' ? '' : ` (${message.slice(0, 200)})`}`
  // A capacity that AWS lacks for a while is told in the message only.
  return /insufficient|capacity/i.test(message) ? `${known}: ${message.slice(0, 200)}` : known
}

/** Lives of the container so far: an interruption starts another one. */
export function attemptsOf(transitions: readonly { readonly status: string }[]): number {
  return transitions.filter(({ status }) => status === 'Training').length
}
