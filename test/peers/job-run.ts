// Runs a training job as SageMaker's agent does: channels down, one container per host, checkpoints and logs on the way, results up;
// with stop and its grace, interruption of spot, limits of time, and reasons of failure in SageMaker's words.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { S3Client } from '@aws-sdk/client-s3'
import { hostNames, placeInFolder, startContainer } from './container'
import type { Container } from './container'
import { openLogShipper } from './log-shipper'
import type { LogShipper } from './log-shipper'
import { machineLock } from './machine-lock'
import { every } from './periodic'
import { downloadObject, downloadPrefix, filesOf, packFolders, placeOf, syncUp, uploadFile } from './s3-folder'
import type { Hostile } from './s3-folder'
import { moveTo, now, outputUri, readMetrics } from './training-job'
import type { TrainingJob } from './training-job'

export interface RunParts {
  readonly s3: S3Client
  readonly logs: CloudWatchLogsClient
  /** Holds the jobs' folders. */
  readonly root: string
  /** The environment of every container: PATH with `train` on it, AWS's addresses, what a test adds. */
  readonly env: Readonly<Record<string, string>>
  /** True where `train` cannot fetch the source itself. */
  readonly bringsSource: boolean
  /** AWS's images start `train` under a shell that passes no signal on, so a script hears nothing of a stop; true: it does. */
  readonly scriptHearsStop: boolean
  readonly graceMs: number
  readonly syncMs: number
  /** How long each step before and after the training lasts at least. */
  readonly stageMs: number
  /** Orders of a test for this job; an order is given once. */
  takeCapacityFailure(name: string): boolean
  takeHostile(name: string): Hostile | null
}

type Wanted = 'run' | 'interrupt' | 'stop' | 'max-runtime' | 'max-wait'

export interface JobRun {
  readonly done: Promise<void>
  stop(): void
  interrupt(): void
  /** Ends the containers at once, for the end of a test. */
  kill(): void
}

interface Host {
  readonly name: string
  readonly folder: string
  readonly seen: Map<string, string>
}

/** A failure of the job with its reason. */
class JobFailure extends Error {}

export function startJobRun(job: TrainingJob, parts: RunParts): JobRun {
  const { request } = job
  const name = request.TrainingJobName
  const ownProgram = request.AlgorithmSpecification?.ContainerEntrypoint !== undefined
  const maxRunSeconds = request.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400
  const maxWaitSeconds = request.StoppingCondition?.MaxWaitTimeInSeconds
  const state = { wanted: 'run' as Wanted, ended: false, containers: [] as Container[], timers: [] as NodeJS.Timeout[], wake: () => undefined as void }

  function want(next: Wanted): void {
    if (state.ended || state.wanted !== 'run' || (next === 'interrupt' && job.secondary === 'Uploading')) return
    state.wanted = next
    if (next !== 'interrupt') moveTo(job, 'Stopping', 'Stopping the training job', 'Stopping')
    state.wake()
    if (state.containers.length > 0) endContainers(parts, ownProgram, state.containers, state.timers)
  }

  /** Waits for a step's least time; an order ends the wait. */
  const stage = (): Promise<void> =>
    new Promise((resolve) => {
      if (state.wanted !== 'run') return resolve()
      const timer = setTimeout(resolve, parts.stageMs)
      state.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function attempt(): Promise<void> {
    const hosts = hostNames(request.ResourceConfig?.InstanceCount ?? 1).map((host): Host => ({ name: host, folder: join(parts.root, `${name}-${job.attempts}`, host), seen: new Map() }))
    moveTo(job, job.attempts === 1 ? 'Starting' : 'Restarting', 'Starting the training job')
    await stage()
    if (parts.takeCapacityFailure(name)) throw new JobFailure('CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.')
    if (state.wanted !== 'run') return finish(hosts)
    moveTo(job, 'Downloading', 'Downloading input data')
    for (const host of hosts) await prepareHost(job, parts, host, hosts)
    await stage()
    if (state.wanted !== 'run') return finish(hosts)
    const release = hosts.length > 1 ? await machineLock('torchrun') : () => undefined
    if (state.wanted !== 'run') {
      release()
      return finish(hosts)
    }
    moveTo(job, 'Training', 'Training image download completed. Training in progress.')
    const startedAt = now()
    job.trainingStartedAt ??= startedAt
    const limit = setTimeout(() => want('max-runtime'), Math.max(0, maxRunSeconds - job.trainingSeconds) * 1000)
    try {
      const codes = await train(hosts).finally(() => {
        clearTimeout(limit)
        release()
      })
      if (state.wanted === 'run') await throwIfFailed(hosts, codes)
      await finish(hosts)
    } finally {
      job.trainingSeconds += now() - startedAt
    }
  }

  async function train(hosts: readonly Host[]): Promise<readonly number[]> {
    // A stream's name holds the second of its start: attempts of one second would share one.
    const stamp = Math.floor(Date.now() / 1000) + job.attempts
    const shippers: LogShipper[] = []
    const sync = every(parts.syncMs, () => syncCheckpoints(job, parts, hosts))
    try {
      for (const [index, host] of hosts.entries()) {
        const shipper = await openLogShipper(parts.logs, `${name}/algo-${index + 1}-${stamp}`, (line) => readMetrics(job, line))
        shippers.push(shipper)
        state.containers.push(await startContainer({ folder: host.folder, hosts: hosts.map((each) => each.name), program: programOf(job), env: containerEnv(job, parts, host) }, shipper.write))
      }
      const { wanted } = state as { wanted: Wanted }
      if (wanted !== 'run') endContainers(parts, ownProgram, state.containers, state.timers)
      // One host that fails ends the others.
      for (const container of state.containers) void container.ended.then((code) => code !== 0 && state.containers.forEach((each) => each.kill()))
      return await Promise.all(state.containers.map(({ ended }) => ended))
    } finally {
      state.timers.splice(0).forEach(clearTimeout)
      state.containers.splice(0)
      await Promise.all([sync.stop(), ...shippers.map((shipper) => shipper.close())])
    }
  }

  async function finish(hosts: readonly Host[]): Promise<void> {
    await syncCheckpoints(job, parts, hosts)
    if (state.wanted === 'interrupt') return moveTo(job, 'Interrupted', 'Training job interrupted, restarting')
    if (job.trainingStartedAt !== null) {
      moveTo(job, 'Uploading', 'Uploading generated training model')
      await uploadResults(job, parts, hosts, true)
      await stage()
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      job.attempts += 1
      await attempt()
      if (state.wanted !== 'interrupt') break
      state.wanted = 'run'
    }
    close()
    const ends: Readonly<Record<Wanted, readonly [string, string, TrainingJob['status']]>> = {
      run: ['Completed', 'Training job completed', 'Completed'],
      interrupt: ['Completed', 'Training job completed', 'Completed'],
      stop: ['Stopped', 'Training job stopped', 'Stopped'],
      'max-runtime': ['MaxRuntimeExceeded', 'Training job runtime exceeded MaxRuntimeInSeconds provided', 'Stopped'],
      'max-wait': ['MaxWaitTimeExceeded', 'Training job exceeded MaxWaitTimeInSeconds provided', 'Stopped'],
    }
    moveTo(job, ...ends[state.wanted])
  }

  function close(): void {
    state.ended = true
    clearTimeout(wait)
    if (job.trainingStartedAt !== null) job.trainingEndedAt = now()
  }

  const wait = setTimeout(() => want('max-wait'), Math.min(maxWaitSeconds ?? 2_000_000, 2_000_000) * 1000)
  const done = run()
    .catch((error: unknown) => {
      job.failureReason = (error instanceof JobFailure ? error.message : `InternalServerError: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`).slice(0, 1024)
      close()
      moveTo(job, 'Failed', 'Training job failed', 'Failed')
    })
    .finally(() => rm(join(parts.root, `${name}-${job.attempts}`), { recursive: true, force: true, maxRetries: 3 }))
  return {
    done,
    stop: () => want('stop'),
    interrupt: () => want('interrupt'),
    kill() {
      want('stop')
      state.containers.forEach((container) => container.kill())
    },
  }

  async function throwIfFailed(hosts: readonly Host[], codes: readonly number[]): Promise<void> {
    const index = codes.findIndex((code) => code !== 0)
    const host = hosts[index]
    if (host === undefined) return
    moveTo(job, 'Uploading', 'Uploading generated training model')
    const text = await readFile(join(host.folder, 'output', 'failure'), 'utf8').catch(() => '')
    await syncCheckpoints(job, parts, hosts)
    await uploadResults(job, parts, hosts, false)
    const end = `, exit code: ${codes[index]}`
    throw new JobFailure(`AlgorithmError: ${text.trim()}`.slice(0, 1024 - end.length) + end)
  }
}

/** Asks the containers to end and ends them after the grace. `own`: the request names its own program, which is then the first process and hears the signal. */
function endContainers(parts: RunParts, own: boolean, containers: readonly Container[], timers: NodeJS.Timeout[]): void {
  for (const container of containers) {
    if (own) container.signalFirst('SIGTERM')
    else if (parts.scriptHearsStop) container.signalInner('SIGTERM')
    timers.push(setTimeout(() => container.kill(), parts.graceMs))
  }
}

function programOf({ request: { AlgorithmSpecification } }: TrainingJob): readonly string[] {
  const entry = AlgorithmSpecification?.ContainerEntrypoint
  return entry === undefined ? ['train'] : [...entry, ...(AlgorithmSpecification?.ContainerArguments ?? [])]
}

const checkpointFolder = ({ request: { CheckpointConfig } }: TrainingJob, host: Host): string => placeInFolder(host.folder, CheckpointConfig?.LocalPath ?? '/opt/ml/checkpoints/')

function containerEnv(job: TrainingJob, parts: RunParts, host: Host): Readonly<Record<string, string>> {
  return { ...parts.env, HOME: `${host.folder}.home`, TRAINING_JOB_NAME: job.request.TrainingJobName, TRAINING_JOB_ARN: job.arn, ...job.request.Environment }
}

/** Writes the files that the toolkit reads and brings channels, checkpoints and, where needed, the source. */
async function prepareHost(job: TrainingJob, parts: RunParts, host: Host, hosts: readonly Host[]): Promise<void> {
  const { request } = job
  const config = join(host.folder, 'input', 'config')
  const type = request.ResourceConfig?.InstanceType ?? ''
  const names = hosts.map((each) => each.name)
  for (const path of [config, join(host.folder, 'model'), join(host.folder, 'output', 'data'), `${host.folder}.home`]) await mkdir(path, { recursive: true })
  const channels = request.InputDataConfig ?? []
  const files = {
    'hyperparameters.json': request.HyperParameters ?? {},
    'resourceconfig.json': {
      current_host: host.name, current_instance_type: type, current_group_name: 'homogeneousCluster', hosts: names, network_interface_name: 'lo',
      instance_groups: [{ instance_group_name: 'homogeneousCluster', instance_type: type, hosts: names }],
    },
    'inputdataconfig.json': Object.fromEntries(channels.map(({ ChannelName }) => [ChannelName, { TrainingInputMode: request.AlgorithmSpecification?.TrainingInputMode ?? 'File', S3DistributionType: 'FullyReplicated', RecordWrapperType: 'None' }])),
  }
  for (const [file, value] of Object.entries(files)) await writeFile(join(config, file), JSON.stringify(value))
  for (const channel of channels) {
    const uri = channel.DataSource?.S3DataSource?.S3Uri ?? ''
    const found = await downloadPrefix(parts.s3, uri, join(host.folder, 'input', 'data', channel.ChannelName)).catch((error: Error) => {
      throw new JobFailure(`ClientError: Data download failed: ${error.name}: ${error.message}`)
    })
    if (found === 0) throw new JobFailure(`ClientError: No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role "${request.RoleArn}" has "s3:ListBucket" permissions on bucket "${placeOf(uri).bucket}".`)
  }
  if (request.CheckpointConfig !== undefined) {
    const folder = checkpointFolder(job, host)
    await mkdir(folder, { recursive: true })
    await downloadPrefix(parts.s3, `${request.CheckpointConfig.S3Uri.replace(/\/$/, '')}/`, folder)
  }
  const source = request.HyperParameters?.['sagemaker_submit_directory']
  if (parts.bringsSource && source !== undefined) await downloadObject(parts.s3, placeOf(JSON.parse(source) as string), join(host.folder, 'sourcedir.tar.gz'))
}

async function syncCheckpoints(job: TrainingJob, parts: RunParts, hosts: readonly Host[]): Promise<void> {
  const config = job.request.CheckpointConfig
  if (config === undefined) return
  for (const host of hosts) await syncUp(parts.s3, checkpointFolder(job, host), config.S3Uri, host.seen)
}

/** Packs what the hosts left: the model where the job did not fail, and the output data where there is any. */
async function uploadResults(job: TrainingJob, parts: RunParts, hosts: readonly Host[], model: boolean): Promise<void> {
  const base = join(parts.root, `${job.request.TrainingJobName}-${job.attempts}`)
  const put = async (folder: readonly string[], file: string, hostile: Hostile | null): Promise<void> => {
    const from = hosts.map((host) => join(host.folder, ...folder))
    if (file === 'output.tar.gz' && (await Promise.all(from.map(filesOf))).flat().length === 0) return
    await packFolders(from, join(base, file), hostile)
    await uploadFile(parts.s3, join(base, file), outputUri(job, file))
  }
  if (model) await put(['model'], 'model.tar.gz', parts.takeHostile(job.request.TrainingJobName))
  await put(['output', 'data'], 'output.tar.gz', null)
}
