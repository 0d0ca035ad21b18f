import { readFile, readdir } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { AppError } from '../shared/app-error'
import type { SagemakerOptions } from '../shared/cloud'
import type { JobSpec } from '../shared/job-spec'
import { containerJob, fromWheels } from '../codegen/render-sagemaker'
import { exists, readRunSpec, readStopRequest } from '../process/run-folder'
import { packTarGz } from '../remote/archive'
import { awsClients } from '../remote/aws/clients'
import { deleteObjects } from '../remote/aws/job-objects'
import { createTrainingJob, describeTrainingJob, jobNameOf, stopTrainingJob, trainingJobRequest } from '../remote/aws/training-jobs'
import type { Clock } from '../remote/clock'
import type { Connections, OpenAws } from '../remote/connection'
import { CloudError } from '../remote/gateway'
import { uploadBytes } from '../remote/s3-transfer'
import type { S3Place } from '../remote/s3-transfer'
import { drive, patiently } from './patience'
import type { PatienceLimits } from './patience'
import { keysOf, readDispatch, s3Uri, writeDispatch } from './sagemaker-dispatch'
import type { Dispatch } from './sagemaker-dispatch'
import { filesIn, identify, send, unclaimed } from './sagemaker-inputs'
import type { InputSet, OnBytes, Sending } from './sagemaker-inputs'
import type { RunContext, RunHandle } from './training-backend'

export interface StartDeps {
  readonly connections: Pick<Connections, 'aws'>
  readonly clock: Clock
  readonly patience: PatienceLimits
  /** A folder with wheels of our pins for the image's Python, for accounts without a way to PyPI; null: there is none. */
  readonly wheelsFolder: () => Promise<string | null>
}

export type RemoteHandle = Extract<RunHandle, { kind: 'remote' }>
type Options = Pick<RunContext, 'onPhase' | 'signal'>

interface Ongoing extends Options {
  readonly deps: StartDeps
  readonly runFolder: string
  readonly spec: JobSpec
  readonly options: SagemakerOptions
  readonly open: OpenAws
  readonly place: S3Place
}

/** The bucket of a connection, and the way to it. */
export function placeOf(open: OpenAws): S3Place {
  const { gateway, config } = open
  return { gateway, s3: awsClients(open).s3, bucket: config.bucket, kmsKeyArn: config.kmsKeyArn, tags: config.tags }
}

/**
 * Sends what the job needs and has SageMaker create it, once: its name follows from the job's id, and what is about to be asked is on the
 * disk before it is asked. An outage or a login that has run out is waited for, with a phase that says so. Throws CloudError for what is
 * final, FILE_READ, JOB_REFUSED; CANCELLED after an abort. After a stop nothing that this start sent is left; an app that closes leaves it for
 * its next start.
 */
export async function startSagemaker(deps: StartDeps, runFolder: string, options: Options): Promise<RemoteHandle> {
  const { onPhase, signal } = options
  // Files are read once, however often the way is cut.
  let inputs: Promise<Inputs> | null = null
  const once = (): Promise<RemoteHandle> =>
    startOnce(deps, runFolder, options, (ongoing) => {
      inputs ??= inputsOf(ongoing).catch((error: unknown) => {
        inputs = null
        throw error
      })
      return inputs
    })
  try {
    return await drive(patiently(once, { clock: deps.clock, limits: deps.patience, ...(signal === undefined ? {} : { signal }) }), onPhase ?? (() => undefined))
  } catch (error) {
    throw signal?.aborted === true && !(error instanceof AppError) ? new AppError('CANCELLED', 'the start was cancelled', { cause: error }) : error
  }
}

async function startOnce(deps: StartDeps, runFolder: string, { onPhase, signal }: Options, inputs: (ongoing: Ongoing) => Promise<Inputs>): Promise<RemoteHandle> {
  const spec = await readRunSpec(runFolder)
  const options = spec.cloud
  if (options?.kind !== 'sagemaker') throw new AppError('JOB_REFUSED', 'this job was not made for SageMaker', { data: { reason: 'wrong-backend' } })
  const known = await readDispatch(runFolder)
  if (known?.state === 'there') return handleOf(runFolder, known, known.jobName)
  if (known?.state === 'stopped') return handleOf(runFolder, known, null)
  const open = await deps.connections.aws(options.connectionId)
  const ongoing: Ongoing = { deps, runFolder, spec, options, open, place: placeOf(open), ...(onPhase === undefined ? {} : { onPhase }), ...(signal === undefined ? {} : { signal }) }
  const dispatch = known ?? (await writeDispatch(runFolder, newDispatch(ongoing)))
  // An answer may have been lost: whether there is a job, SageMaker knows.
  if (dispatch.state === 'asked' && (await describeTrainingJob(wayOf(ongoing), dispatch.jobName)) !== null) return itIsThere(ongoing, dispatch)
  if ((await readStopRequest(runFolder)) !== null) return neverSent(ongoing, dispatch)
  return dispatchJob(ongoing, dispatch, inputs)
}

async function dispatchJob(ongoing: Ongoing, before: Dispatch, inputs: (ongoing: Ongoing) => Promise<Inputs>): Promise<RemoteHandle> {
  const { runFolder, spec, options, open: { config }, place, signal } = ongoing
  const keys = keysOf(before)
  const sending: Sending = { place, prefix: config.prefix, jobName: before.jobName, signal, onBytes: reporter(ongoing, 'Sending'), made: [] }
  let dispatch = before
  try {
    const { sets, checkpoint } = await inputs(ongoing)
    const channels: Record<string, string> = checkpoint === null ? {} : { checkpoint }
    for (const [channel, set] of Object.entries(sets)) channels[channel] = s3Uri(config.bucket, await send(sending, set))
    say(ongoing, 'Sending the script')
    await uploadBytes(place, keys.source, await sourceArchive(ongoing, dispatch), signal === undefined ? {} : { signal })
    sending.made.push(keys.source)
    const request = trainingJobRequest({
      jobId: spec.jobId, name: spec.name, jobName: dispatch.jobName, options, connection: config, channels, source: s3Uri(config.bucket, keys.source),
      output: s3Uri(config.bucket, config.prefix), checkpoints: s3Uri(config.bucket, keys.checkpoints),
    })
    if (signal?.aborted === true) throw new AppError('CANCELLED', 'the start was cancelled')
    if ((await readStopRequest(runFolder)) !== null) {
      await takeBack(ongoing, dispatch, sending.made)
      return await neverSent(ongoing, dispatch)
    }
    dispatch = await writeDispatch(runFolder, { ...dispatch, modelBytes: sets['model']?.bytes ?? 0, state: 'asked' })
    say(ongoing, 'Asking SageMaker for the job')
    // Not ended by an abort: what is asked for must be known.
    await createTrainingJob({ gateway: ongoing.open.gateway, clients: awsClients(ongoing.open) }, request)
  } catch (error) {
    const final = error instanceof CloudError && error.fault.kind === 'final' && !error.ambiguous
    if (dispatch.state === 'asked' && final) await writeDispatch(runFolder, { ...dispatch, state: 'sending' })
    if (error instanceof AppError && error.code === 'CANCELLED' && (await readStopRequest(runFolder)) !== null) await takeBack(ongoing, dispatch, sending.made)
    throw error
  }
  const handle = await itIsThere(ongoing, dispatch)
  // A stop that came while it was being created. An app that closes leaves the job alone.
  if ((await readStopRequest(runFolder)) !== null) await stopTrainingJob({ gateway: ongoing.open.gateway, clients: awsClients(ongoing.open) }, dispatch.jobName)
  return handle
}

function newDispatch({ deps, spec, options, open: { config } }: Ongoing): Dispatch {
  const jobName = jobNameOf(spec.jobId)
  return {
    schemaVersion: 1, jobId: spec.jobId, connectionId: options.connectionId, startedAtMs: deps.clock.now(), region: config.region, bucket: config.bucket, jobName,
    folderKey: config.prefix === '' ? jobName : `${config.prefix}/${jobName}`, modelBytes: 0, state: 'sending',
  }
}

function wayOf({ open, signal }: Pick<Ongoing, 'open' | 'signal'>) {
  return { gateway: open.gateway, clients: awsClients(open), ...(signal === undefined ? {} : { signal }) }
}

function handleOf(runFolder: string, { startedAtMs, connectionId }: Dispatch, remoteId: string | null): RemoteHandle {
  return { kind: 'remote', runFolder, startedAtMs, connectionId, remoteId }
}

async function itIsThere({ runFolder }: Ongoing, dispatch: Dispatch): Promise<RemoteHandle> {
  return handleOf(runFolder, await writeDispatch(runFolder, { ...dispatch, state: 'there' }), dispatch.jobName)
}

async function neverSent({ runFolder }: Ongoing, dispatch: Dispatch): Promise<RemoteHandle> {
  return handleOf(runFolder, await writeDispatch(runFolder, { ...dispatch, state: 'stopped' }), null)
}

/** Removes what a start has sent. Where that can't be done now it stays: an input is found again by its content, and the rest is small. */
async function takeBack({ place }: Ongoing, { jobName }: Dispatch, made: readonly string[]): Promise<void> {
  try {
    await deleteObjects(place, unclaimed(jobName, made.filter((key) => key.includes('/inputs/') || key.startsWith('inputs/'))))
    await deleteObjects(place, made.filter((key) => key.includes(`${jobName}/`)))
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
  }
}

interface Inputs {
  readonly sets: Readonly<Record<string, InputSet>>
  /** A checkpoint that lies in S3 already. */
  readonly checkpoint: string | null
}

async function inputsOf(ongoing: Ongoing): Promise<Inputs> {
  const { deps, spec, options, open: { config }, signal } = ongoing
  const reading = reporter(ongoing, 'Reading')
  const { trainPath, evalPath } = spec.data
  const data = [{ path: trainPath, name: 'train.jsonl' }, ...(evalPath === null ? [] : [{ path: evalPath, name: 'eval.jsonl' }])]
  const sets: Record<string, InputSet> = { train: await identify('the data', data, signal, reading) }
  if (isAbsolute(spec.model.path)) sets['model'] = await identify('the model', await filesIn(spec.model.path), signal, reading)
  else if (options.hubTokenSecret === null) throw new AppError('JOB_REFUSED', 'the model has no folder to send, and no secret names a token to fetch it with', { data: { reason: 'model-missing' } })
  if (!config.reachesPypi) {
    const folder = await deps.wheelsFolder()
    if (folder === null) throw new AppError('JOB_REFUSED', 'This account has no way to PyPI, and there is no folder with our wheels to send.', { data: { reason: 'wheels-missing' } })
    sets['wheels'] = await identify('the libraries', await filesIn(folder, /\.whl$/), signal, reading)
  }
  if (spec.resume === null) return { sets, checkpoint: null }
  const path = spec.resume.checkpointPath
  if (await exists(path)) return { sets: { ...sets, checkpoint: await identify('the checkpoint', await filesIn(path, /./), signal, reading) }, checkpoint: null }
  return { sets, checkpoint: await checkpointInS3(path, config.bucket) }
}

/** A checkpoint that was never fetched lies beside its job, in the same bucket. */
async function checkpointInS3(path: string, bucket: string): Promise<string> {
  const earlier = await readDispatch(dirname(dirname(path)))
  const name = path.split(/[/\\]/).at(-1) ?? ''
  if (earlier === null || earlier.bucket !== bucket || !/^checkpoint-\d+$/.test(name)) throw new AppError('CHECKPOINT_NOT_FOUND', `${path} is gone, and it is not in this connection's bucket`)
  return s3Uri(bucket, `${keysOf(earlier).checkpoints}/${name}/`)
}

/** Everything of the run folder that the container runs, and `job.json` with its places. */
async function sourceArchive({ runFolder, spec, open: { config } }: Ongoing, dispatch: Dispatch): Promise<Uint8Array> {
  const names = (await readdir(runFolder)).filter((name) => name.endsWith('.py') || name.startsWith('requirements'))
  const files = await Promise.all(names.map(async (name) => {
    const bytes = await readFile(join(runFolder, name))
    return { path: name, bytes: name.endsWith('.txt') && !config.reachesPypi ? Buffer.from(fromWheels(bytes.toString('utf8'))) : bytes }
  }))
  const places = { sendsModel: isAbsolute(spec.model.path), hasEvalFile: spec.data.evalPath !== null, stopRequest: s3Uri(dispatch.bucket, keysOf(dispatch).stopRequest) }
  return (await packTarGz([...files, { path: 'job.json', bytes: Buffer.from(containerJob(spec, places)) }])).bytes
}

function say({ onPhase, deps }: Ongoing, text: string, ratio: number | null = null): void {
  onPhase?.({ text, ratio, atMs: deps.clock.now(), attention: false, command: null })
}

const phaseEveryMs = 250

/** Phases such as `Sending the model, 340 of 1,200 MB`, a few a second. */
function reporter(ongoing: Ongoing, verb: string): OnBytes {
  let saidAtMs = -Infinity
  return (label, done, total) => {
    const atMs = ongoing.deps.clock.now()
    if (done < total && atMs - saidAtMs < phaseEveryMs) return
    saidAtMs = atMs
    const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toLocaleString('en-US')
    say(ongoing, total < 1e6 ? `${verb} ${label}` : `${verb} ${label}, ${megabytes(done)} of ${megabytes(total)} MB`, total === 0 ? null : done / total)
  }
}
