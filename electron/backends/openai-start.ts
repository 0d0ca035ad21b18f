import { join } from 'node:path'
import { AppError } from '../shared/app-error'
import type { ConnectionId } from '../shared/ids'
import type { JobSpec } from '../shared/job-spec'
import type { RunPhase } from '../shared/cloud'
import { exists, readStopRequest } from '../process/run-folder'
import type { Clock } from '../remote/clock'
import type { Connections, OpenOpenai } from '../remote/connection'
import { CloudError } from '../remote/gateway'
import { cancelUpload, deleteFile, findFiles, lookUpFile, sendFile } from '../remote/openai/files'
import { cancelJob, createJob, findJob, jobTag, nameTag } from '../remote/openai/jobs'
import { fileNameOf } from '../remote/openai/leftovers'
import { newDispatch, readDispatch, writeDispatch } from './openai-dispatch'
import type { Dispatch } from './openai-dispatch'
import { hashOf, sentFiles } from './openai-files'
import type { SentPart } from './openai-files'
import { delayOf, drive, patiently, waitingPhase } from './patience'
import type { PatienceLimits } from './patience'

export interface DispatchDeps {
  readonly connections: Pick<Connections, 'openai'>
  readonly clock: Clock
  readonly patience: PatienceLimits
  /** How long a service may take to list what it has just made. */
  readonly settleMs: number
  /** Larger files go up in parts. */
  readonly singleBytes?: number
}

interface Ongoing extends DispatchDeps {
  readonly spec: JobSpec
  readonly connectionId: ConnectionId
  readonly runFolder: string
  readonly onPhase: (phase: RunPhase) => void
  readonly signal: AbortSignal | undefined
}

/** What a stop or an abort throws on its way out. */
class Stopped extends Error {}

/**
 * Sends the files and has the job made, once. Null: it was stopped before there was one, and nothing of it is left at the service. An abort
 * without a stop, as when the app closes, leaves what was sent for the next start.
 */
export async function dispatchJob(deps: DispatchDeps, spec: JobSpec, runFolder: string, onPhase: (phase: RunPhase) => void, signal?: AbortSignal): Promise<{ readonly startedAtMs: number; readonly remoteId: string | null }> {
  const { cloud } = spec
  if (cloud?.kind !== 'openai') throw new AppError('JOB_REFUSED', 'this job was not made for a service', { data: { reason: 'wrong-backend' } })
  const ongoing: Ongoing = { ...deps, spec, connectionId: cloud.connectionId, runFolder, onPhase, signal }
  let dispatch = (await readDispatch(runFolder)) ?? (await writeDispatch(runFolder, newDispatch(spec.jobId, deps.clock.now())))
  const handle = (remoteId: string | null) => ({ startedAtMs: dispatch.startedAtMs, remoteId })
  if (dispatch.remoteId !== null || dispatch.ended !== null) return handle(dispatch.remoteId)
  try {
    dispatch = await jobAskedBefore(ongoing, dispatch)
    for (const part of ['training', 'validation'] as const) if (dispatch.remoteId === null) dispatch = await ensureSent(ongoing, dispatch, part)
    if (dispatch.remoteId === null) dispatch = await ensureJob(ongoing, dispatch)
  } catch (error) {
    const ended = error instanceof Stopped || signal?.aborted === true
    const stopped = ended && (await readStopRequest(runFolder)) !== null
    dispatch = (await readDispatch(runFolder)) ?? dispatch
    // Where nobody knows whether there is a job, its files stay: it is found by them.
    if (dispatch.askedAtMs === null && (stopped || (error instanceof CloudError && error.fault.kind === 'final'))) dispatch = await takeBack(ongoing, dispatch)
    if (!ended) throw error
    if (!stopped) throw new AppError('CANCELLED', 'the start was cancelled', { cause: error })
    return handle(null)
  }
  // A stop that came while the service was making it.
  if (dispatch.remoteId !== null && (await readStopRequest(runFolder)) !== null) await cancelQuietly(ongoing, dispatch.remoteId)
  return handle(dispatch.remoteId)
}

async function goOn({ runFolder, signal }: Ongoing): Promise<void> {
  if (signal?.aborted === true || (await readStopRequest(runFolder)) !== null) throw new Stopped()
}

/** A call that waits for the service; the connection is asked for each time, since its key may be a new one. */
function waitFor<T>(ongoing: Ongoing, call: (open: OpenOpenai) => Promise<T>): Promise<T> {
  const { connections, connectionId, clock, patience, signal, onPhase } = ongoing
  const once = async (): Promise<T> => {
    await goOn(ongoing)
    return call(await connections.openai(connectionId))
  }
  return drive(patiently(once, { clock, limits: patience, ...(signal === undefined ? {} : { signal }) }), onPhase)
}

function say({ onPhase, clock }: Ongoing, text: string, ratio: number | null = null): void {
  onPhase({ text, ratio, atMs: clock.now(), attention: false, command: null })
}

/** The job of an earlier try whose answer was lost, if there is one. */
async function jobAskedBefore(ongoing: Ongoing, dispatch: Dispatch): Promise<Dispatch> {
  if (dispatch.askedAtMs === null) return dispatch
  say(ongoing, 'Looking whether the service has made the job')
  const { runFolder } = ongoing
  const found = await waitFor(ongoing, (open) => lookTwice(ongoing, open, dispatch, ongoing.signal))
  return writeDispatch(runFolder, { ...dispatch, askedAtMs: found === null ? null : dispatch.askedAtMs, remoteId: found })
}

/** A list may lag behind what was made, so nothing found is asked again after a while. */
export async function lookTwice({ clock, settleMs }: Pick<DispatchDeps, 'clock' | 'settleMs'>, open: OpenOpenai, { jobId, training, startedAtMs }: Dispatch, signal?: AbortSignal): Promise<string | null> {
  const wanted = { jobId, trainingFile: training?.fileId ?? null, sinceMs: startedAtMs - 3_600_000 }
  const found = await findJob(open, wanted, signal)
  if (found !== null) return found.id
  await clock.wait(settleMs, signal)
  return (await findJob(open, wanted, signal))?.id ?? null
}

const partWords: Readonly<Record<SentPart, string>> = { training: 'training data', validation: 'evaluation data' }
const phaseEveryMs = 250

async function ensureSent(ongoing: Ongoing, dispatch: Dispatch, part: SentPart): Promise<Dispatch> {
  const { runFolder, signal, clock, spec, singleBytes } = ongoing
  const path = join(runFolder, sentFiles[part])
  if (!(await exists(path))) return dispatch
  const { sha256, sizeBytes } = await hashOf(path, signal)
  const name = `${fileNameOf(spec.jobId)}${part}-${sha256.slice(0, 16)}.jsonl`
  let current = dispatch
  const note = async (sent: Partial<NonNullable<Dispatch[SentPart]>>): Promise<void> => {
    current = await writeDispatch(runFolder, { ...current, [part]: { sha256, name, fileId: null, uploadId: null, ...current[part], ...sent } })
  }
  const before = current[part]
  if (before?.sha256 === sha256) {
    const { fileId } = before
    const there = await waitFor(ongoing, async (open) => (fileId !== null && (await lookUpFile(open, fileId, signal)) !== null ? fileId : await arrived(open, name, sizeBytes, signal)))
    if (there !== null) {
      await note({ fileId: there })
      return current
    }
  }
  await note({ fileId: null })
  let saidAtMs = 0
  const onSent = (bytes: number): void => {
    if (bytes < sizeBytes && clock.now() - saidAtMs < phaseEveryMs) return
    saidAtMs = clock.now()
    say(ongoing, `Sending the ${partWords[part]}`, sizeBytes === 0 ? null : bytes / sizeBytes)
  }
  say(ongoing, `Sending the ${partWords[part]}`, 0)
  const fileId = await waitFor(ongoing, async (open) => {
    if (current[part]?.uploadId !== null && current[part] !== null) {
      await cancelUpload(open, current[part].uploadId).catch(ignoreFinal)
      await note({ uploadId: null })
    }
    const upload = { onSent, onUpload: (uploadId: string) => note({ uploadId }), ...(signal === undefined ? {} : { signal }), ...(singleBytes === undefined ? {} : { singleBytes }) }
    try {
      return await sendFile(open, { path, name, sizeBytes }, upload)
    } catch (error) {
      // It may have arrived although the answer did not.
      const there = error instanceof CloudError && error.ambiguous ? await arrived(open, name, sizeBytes, signal) : null
      if (there !== null) return there
      throw error
    }
  })
  await note({ fileId, uploadId: null })
  await untilProcessed(ongoing, fileId)
  return current
}

/** The whole file of that name at the service, or null. A part of one is removed. */
async function arrived(open: OpenOpenai, name: string, sizeBytes: number, signal: AbortSignal | undefined): Promise<string | null> {
  const files = await findFiles(open, (other) => other === name, signal)
  const whole = files.find(({ bytes }) => bytes === undefined || bytes === null || bytes === sizeBytes)
  for (const file of files) if (file !== whole) await deleteFile(open, file.id)
  return whole?.id ?? null
}

/** Azure takes a file for a job only after it has looked through it. */
async function untilProcessed(ongoing: Ongoing, fileId: string): Promise<void> {
  for (;;) {
    const file = await waitFor(ongoing, (open) => lookUpFile(open, fileId, ongoing.signal))
    if (file?.status !== 'pending' && file?.status !== 'running') return
    say(ongoing, 'The service looks through the file')
    await ongoing.clock.wait(ongoing.settleMs, ongoing.signal)
  }
}

async function ensureJob(ongoing: Ongoing, dispatch: Dispatch): Promise<Dispatch> {
  const { spec, runFolder, connections, connectionId, clock, patience, signal, onPhase } = ongoing
  const { cloud, model } = spec
  const trainingFile = dispatch.training?.fileId ?? null
  if (cloud?.kind !== 'openai' || model.remote === null || trainingFile === null) throw new AppError('JOB_REFUSED', 'this job names no base of a service, or no data', { data: { reason: 'wrong-backend' } })
  const body = {
    model: model.remote.name, trainingFile, validationFile: dispatch.validation?.fileId ?? null, epochs: cloud.epochs, batchSize: cloud.batchSize,
    learningRateMultiplier: cloud.learningRateMultiplier, seed: spec.settings.seed, suffix: cloud.suffix, trainingType: cloud.trainingType,
    metadata: { [jobTag]: spec.jobId, [nameTag]: spec.name },
  }
  let current = dispatch
  for (let failures = 0; ; failures += 1) {
    await goOn(ongoing)
    say(ongoing, 'Asking the service for the job')
    current = await writeDispatch(runFolder, { ...current, askedAtMs: clock.now() })
    try {
      // Not ended by the caller's signal: what is asked for must be known, to be cancelled.
      const job = await createJob(await connections.openai(connectionId), body)
      return await writeDispatch(runFolder, { ...current, remoteId: job.id })
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      if (!error.ambiguous) current = await writeDispatch(runFolder, { ...current, askedAtMs: null })
      if (error.fault.kind === 'final' && !error.ambiguous) throw error
      onPhase(waitingPhase(error, clock.now()))
      await clock.wait(delayOf(error, failures, patience), signal)
      if (!error.ambiguous) continue
      current = await jobAskedBefore(ongoing, current)
      if (current.remoteId !== null) return current
    }
  }
}

/** Removes what was sent; what can't be removed now is deleted by the service itself, since files have an end. */
async function takeBack({ connections, connectionId, runFolder, spec }: Ongoing, dispatch: Dispatch): Promise<Dispatch> {
  try {
    const open = await connections.openai(connectionId)
    for (const sent of [dispatch.training, dispatch.validation]) if (sent !== null && sent.uploadId !== null) await cancelUpload(open, sent.uploadId).catch(ignoreFinal)
    if (dispatch.training !== null) for (const { id } of await findFiles(open, (name) => name.startsWith(fileNameOf(spec.jobId)))) await deleteFile(open, id)
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    return dispatch
  }
  return writeDispatch(runFolder, newDispatch(spec.jobId, dispatch.startedAtMs))
}

/** Observing asks again, so a service that can't be reached now is no fault here. */
async function cancelQuietly({ connections, connectionId }: Ongoing, remoteId: string): Promise<void> {
  try {
    await cancelJob(await connections.openai(connectionId), remoteId)
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
  }
}

function ignoreFinal(error: unknown): void {
  if (!(error instanceof CloudError) || error.fault.kind !== 'final') throw error
}
