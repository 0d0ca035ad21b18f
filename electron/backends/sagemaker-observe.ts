import { AppError } from '../shared/app-error'
import type { RunPhase } from '../shared/cloud'
import type { RunObservation } from '../shared/run-observation'
import { attemptsOf, sagemakerEnd, sagemakerPhase } from '../parsing/sagemaker-status'
import { readStopRequest } from '../process/run-folder'
import { awsClients } from '../remote/aws/clients'
import { listJobStreams } from '../remote/aws/job-logs'
import type { JobStream } from '../remote/aws/job-logs'
import { describeTrainingJob, stopTrainingJob } from '../remote/aws/training-jobs'
import type { TrainingJobFacts } from '../remote/aws/training-jobs'
import type { Connections, OpenAws } from '../remote/connection'
import { CloudError } from '../remote/gateway'
import type { Pace } from '../remote/pace'
import { uploadBytes } from '../remote/s3-transfer'
import { missingLooks } from './patience'
import { readPosition, writePosition } from './sagemaker-cursor'
import type { Position } from './sagemaker-cursor'
import { adoptedDispatch, keysOf, readDispatch } from './sagemaker-dispatch'
import { conclude, usageOf } from './sagemaker-end'
import { readStreams } from './sagemaker-logs'
import { placeOf } from './sagemaker-start'
import type { RemoteHandle } from './sagemaker-start'

export interface ObserveDeps {
  readonly connections: Pick<Connections, 'aws'>
  readonly now: () => number
  /** While lines come, the status is asked for this often, in ms: Describe is limited per account. */
  readonly describeEveryMs: number
}

interface Following extends ObserveDeps {
  readonly handle: RemoteHandle
  readonly jobName: string
  readonly pace: Pace
  readonly signal: AbortSignal | undefined
}

/** What is kept between two looks; lost without harm. */
interface Seen {
  position: Position
  facts: TrainingJobFacts | null
  describedAtMs: number
  streams: readonly JobStream[]
  /** Of the last look. */
  hadLines: boolean
  /** The phase that was given last, with what was used until then. */
  said: string
  /** Looks in a row that found no such job. */
  missing: number
}

/**
 * Follows a job by its status and its log. An outage, a login that has run out, a permission that is missing: each is a phase, and asked
 * again. A job ends by a status that means an end, or when SageMaker does not know it any more, look after look.
 */
export async function* followJob(deps: ObserveDeps, handle: RemoteHandle, cursor: string | null, pace: Pace, signal?: AbortSignal): AsyncGenerator<RunObservation, void, undefined> {
  const seen: Seen = { position: readPosition(cursor), facts: null, describedAtMs: -Infinity, streams: [], hadLines: false, said: '', missing: 0 }
  const jobName = handle.remoteId ?? (await sentAfterAll(handle))
  if (jobName === null) return yield without(handle, 'stopped', seen.position)
  const following: Following = { ...deps, handle, jobName, pace, signal }
  for (;;) {
    try {
      await pace.next(signal)
      if (yield* look(following, seen)) return
    } catch (error) {
      if (signal?.aborted === true || (error instanceof AppError && error.code === 'CANCELLED')) return
      if (!(error instanceof AppError)) throw error
      yield* say(seen, troublePhase(error, deps.now()), null)
    }
  }
}

/** A run that was stopped while its job was asked for may have one all the same. */
async function sentAfterAll({ runFolder }: RemoteHandle): Promise<string | null> {
  const dispatch = await readDispatch(runFolder)
  return dispatch?.state === 'asked' || dispatch?.state === 'there' ? dispatch.jobName : null
}

/** One look at the job. True when it has ended. */
async function* look(following: Following, seen: Seen): AsyncGenerator<RunObservation, boolean, undefined> {
  const { connections, handle, jobName, pace, signal, now, describeEveryMs } = following
  const open = await connections.aws(handle.connectionId)
  const way = { gateway: open.gateway, clients: awsClients(open), ...(signal === undefined ? {} : { signal }) }
  if (seen.facts === null || !seen.hadLines || seen.streams.length === 0 || now() - seen.describedAtMs >= describeEveryMs) {
    const facts = await describeTrainingJob(way, jobName)
    if (facts === null) {
      seen.missing += 1
      if (seen.missing < missingLooks) return false
      yield without(handle, 'lost', seen.position)
      return true
    }
    seen.missing = 0
    if (facts.secondary !== seen.facts?.secondary) pace.changed()
    seen.facts = facts
    seen.describedAtMs = now()
  }
  const { facts } = seen
  const status = { status: facts.status, secondary: facts.secondary, message: facts.transitions.at(-1)?.message ?? '' }
  const kind = sagemakerEnd(status)
  const usage = usageOf(facts, open.config.region, now())
  if (kind === null) {
    yield* say(seen, { text: sagemakerPhase(status), ratio: null, atMs: now(), attention: false, command: null }, usage)
    await stopWhereAsked(following, open, facts)
  }
  yield* readLogs(following, open, seen, kind !== null)
  if (kind === null) return false
  const dispatch = (await readDispatch(handle.runFolder)) ?? adoptedDispatch(handle, jobName, open.config)
  yield* conclude({ place: placeOf(open), runFolder: handle.runFolder, signal, onBytes: () => undefined }, { facts, kind, region: open.config.region }, dispatch, seen.position, now)
  return true
}

async function* readLogs({ jobName, handle, pace, signal, now }: Following, open: OpenAws, seen: Seen, ended: boolean): AsyncGenerator<RunObservation, void, undefined> {
  if (seen.position.settled) return
  const way = { gateway: open.gateway, clients: awsClients(open), ...(signal === undefined ? {} : { signal }) }
  const { facts } = seen
  const expected = facts === null ? 0 : Math.max(1, attemptsOf(facts.transitions)) * facts.instanceCount
  seen.hadLines = false
  try {
    if (ended || (seen.streams.length < expected && facts?.trainingStartedAtMs !== null)) seen.streams = await listJobStreams(way, jobName)
    const batches = readStreams(way, handle.runFolder, seen.streams, seen.position)
    for (let step = await batches.next(); ; step = await batches.next()) {
      if (step.done === true) {
        seen.position = step.value
        break
      }
      const { events, position, unknown, malformed } = step.value
      seen.position = position
      seen.hadLines = true
      pace.changed()
      yield { kind: 'batch', events, cursor: writePosition(position), unknown, malformed }
    }
  } catch (error) {
    // Without the log the run goes on, and its events come with the result.
    if (!(error instanceof CloudError) || error.fault.kind !== 'final') throw error
    yield* say(seen, troublePhase(error, now()), null)
  }
}

/** A stop that did not get through before is asked for again. */
async function stopWhereAsked({ handle, jobName, signal }: Following, open: OpenAws, { status }: TrainingJobFacts): Promise<void> {
  const asked = status === 'InProgress' ? await readStopRequest(handle.runFolder) : null
  if (asked !== null) await stopJob(open, handle, jobName, asked, signal)
}

/** Tells the script by an object in S3 and SageMaker by its own call: it ends the job two minutes later, if the script has not by then. Throws CloudError. */
export async function stopJob(open: OpenAws, handle: Omit<RemoteHandle, 'kind' | 'remoteId'>, jobName: string, mode: 'graceful' | 'force', signal?: AbortSignal): Promise<void> {
  const dispatch = (await readDispatch(handle.runFolder)) ?? adoptedDispatch(handle, jobName, open.config)
  const options = signal === undefined ? {} : { signal }
  await uploadBytes(placeOf(open), keysOf(dispatch).stopRequest, Buffer.from(`${mode}\n`), options)
  await stopTrainingJob({ gateway: open.gateway, clients: awsClients(open), ...options }, jobName)
}

/** The end of a run of which there is no job: never sent, or not known any more. */
function without({ startedAtMs }: RemoteHandle, ending: 'stopped' | 'lost', position: Position): RunObservation {
  const end = { exitCode: null, signal: null, peakMemoryBytes: null, peakGpuMemoryBytes: null, lastLines: [], cause: null }
  return { kind: 'finished', ending, end, finishedAtMs: startedAtMs, cursor: writePosition(position), usage: null }
}

function* say(seen: Seen, phase: RunPhase, usage: Extract<RunObservation, { kind: 'phase' }>['usage']): Generator<RunObservation> {
  // What the job has cost grows without a word, and a budget wants to know: once a minute it is told again.
  const told = `${phase.text} ${usage?.kind === 'instances' ? Math.floor(usage.trainingSeconds / 60) : ''}`
  if (told === seen.said) return
  seen.said = told
  yield { kind: 'phase', phase, usage }
}

function troublePhase(error: AppError, atMs: number): RunPhase {
  const [first = ''] = error.message.split('\n')
  const evidence = first.slice(0, 300)
  if (!(error instanceof CloudError)) return { text: evidence, ratio: null, atMs, attention: true, command: null }
  if (error.fault.kind === 'login') return { text: `The AWS login has run out. The job goes on; log in to see it. (${evidence})`, ratio: null, atMs, attention: true, command: error.fault.command }
  if (error.fault.kind === 'retry') return { text: `AWS can't be reached now. The job goes on there. (${evidence})`, ratio: null, atMs, attention: false, command: null }
  return { text: `AWS refused an answer: ${evidence}`, ratio: null, atMs, attention: true, command: null }
}
