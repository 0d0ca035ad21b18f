import { mkdir, open as openFile } from 'node:fs/promises'
import type { RemoteOutput, RunPhase, RunUsage } from '../shared/cloud'
import type { RunEnd } from '../shared/job-state'
import type { RunEnding, RunObservation } from '../shared/run-observation'
import { openaiFailureCause } from '../parsing/cloud-cause'
import { meaningfulLines } from '../parsing/meaningful-lines'
import { parseResultFile } from '../parsing/openai-result'
import { statusMeaning } from '../parsing/openai-status'
import { readStopRequest, readTail, runPath } from '../process/run-folder'
import { CloudError } from '../remote/gateway'
import type { OpenOpenai } from '../remote/connection'
import { readFileText } from '../remote/openai/files'
import { cancelJob, isMissing, listCheckpoints, newEvents, retrieveJob } from '../remote/openai/jobs'
import type { ServiceJob } from '../remote/openai/jobs'
import type { Pace } from '../remote/pace'
import type { RunHandle } from './training-backend'
import { keptIds, readPosition, takeEnd, takeEvents, takeSteps, writePosition } from './openai-cursor'
import type { Position } from './openai-cursor'
import { newDispatch, readDispatch, writeDispatch } from './openai-dispatch'
import type { Dispatch } from './openai-dispatch'
import { lookTwice } from './openai-start'
import type { DispatchDeps } from './openai-start'
import { missingLooks, patiently } from './patience'

type RemoteHandle = Extract<RunHandle, { kind: 'remote' }>
type Finished = Extract<RunObservation, { kind: 'finished' }>
type Ended = NonNullable<Dispatch['ended']>

interface Observing extends DispatchDeps {
  readonly handle: RemoteHandle
  readonly signal: AbortSignal | undefined
  readonly pace: Pace
  /** The phase that was given last: after a wait it is given again. */
  readonly last: { phase: string }
}

/** Catching up gives at most so many events of the service at once. */
const batchEvents = 500

/** Follows a job by its status and events. Everything that a batch holds comes from the service, so that a cursor gives the same events at any time. */
export async function* observeJob(deps: DispatchDeps, handle: RemoteHandle, cursor: string | null, pace: Pace, signal?: AbortSignal): AsyncGenerator<RunObservation, void, undefined> {
  const observing: Observing = { ...deps, handle, pace, signal, last: { phase: '' } }
  try {
    const ended = (await readDispatch(handle.runFolder))?.ended ?? null
    const position = readPosition(cursor)
    if (ended !== null && (position.done || handle.remoteId === null)) return yield finished(ended, position)
    const remoteId = handle.remoteId ?? (yield* unknownJob(observing))
    if (remoteId !== null) yield* follow(observing, remoteId, position, ended)
    else yield finished(neverSent(handle), position)
  } catch (error) {
    if (signal?.aborted !== true) throw error
  }
}

const nobody = { exitCode: null, signal: null, peakMemoryBytes: null, peakGpuMemoryBytes: null } as const

function neverSent({ startedAtMs }: RemoteHandle): Ended {
  return { ending: 'stopped', end: { ...nobody, lastLines: [], cause: null }, finishedAtMs: startedAtMs, usage: null, outputs: [] }
}

function finished(ended: Ended, position: Position): Finished {
  return { kind: 'finished', ...ended, cursor: writePosition(position) }
}

/** A run that was stopped while its job was asked for: whether there is one, only the service knows. */
async function* unknownJob(observing: Observing): AsyncGenerator<RunObservation, string | null, undefined> {
  const { handle, signal } = observing
  const dispatch = await readDispatch(handle.runFolder)
  if (dispatch === null || dispatch.remoteId !== null || dispatch.askedAtMs === null) return dispatch?.remoteId ?? null
  const found = yield* ask(observing, (open) => lookTwice(observing, open, dispatch, signal))
  await writeDispatch(handle.runFolder, { ...dispatch, askedAtMs: found === null ? null : dispatch.askedAtMs, remoteId: found })
  return found
}

/** A call that waits as long as it takes, with phases while it does. */
async function* ask<T>({ connections, handle, clock, patience, signal, last }: Observing, call: (open: OpenOpenai) => Promise<T>): AsyncGenerator<RunObservation, T, undefined> {
  const steps = patiently(async () => call(await connections.openai(handle.connectionId)), { clock, limits: patience, ...(signal === undefined ? {} : { signal }) })
  for (;;) {
    const step = await steps.next()
    if (step.done === true) return step.value
    last.phase = ''
    yield { kind: 'phase', phase: step.value, usage: null }
  }
}

async function* follow(observing: Observing, remoteId: string, from: Position, ended: Ended | null): AsyncGenerator<RunObservation, void, undefined> {
  const { handle, signal, pace, clock, last } = observing
  const console = await consoleOf(handle.runFolder, from, ended !== null)
  let position = from
  let missing = 0
  try {
    for (;;) {
      await pace.next(signal)
      const job = yield* look(observing, remoteId)
      if (typeof job === 'string') {
        missing = job === 'gone' ? missing + 1 : 0
        if (missing < missingLooks) continue
        return yield* lose(observing, position, ended)
      }
      missing = 0
      const meaning = statusMeaning(job.status)
      const before = position
      position = yield* catchUp(observing, remoteId, job, position, console)
      if (meaning.kind === 'ended') {
        // What a service writes last may appear a moment after the status.
        if (ended === null) await clock.wait(observing.settleMs, signal)
        if (ended === null) position = yield* catchUp(observing, remoteId, job, position, console)
        return yield* finish(observing, job, meaning.ending, position, ended)
      }
      const stopping = (await readStopRequest(handle.runFolder)) !== null
      if (stopping) yield* stop(observing, remoteId)
      const phase = phaseOf(stopping ? 'The service ends the job' : meaning.text, position, clock.now())
      const now = `${phase.text} ${phase.ratio ?? ''}`
      const isNew = now !== last.phase
      if (isNew || position !== before) pace.changed()
      last.phase = now
      if (isNew) yield { kind: 'phase', phase, usage: null }
    }
  } finally {
    await console.close()
  }
}

function phaseOf(text: string, { state }: Position, atMs: number): RunPhase {
  const { totalSteps, lastStep } = state
  return { text, ratio: totalSteps === null || totalSteps === 0 || lastStep === 0 ? null : Math.min(1, lastStep / totalSteps), atMs, attention: false, command: null }
}

/** The job, or why there is none to see: a refusal is shown, and asked again, since only the user can mend it. */
async function* look(observing: Observing, remoteId: string): AsyncGenerator<RunObservation, ServiceJob | 'gone' | 'refused', undefined> {
  try {
    return yield* ask(observing, (open) => retrieveJob(open, remoteId, observing.signal))
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    if (isMissing(error)) return 'gone'
    observing.last.phase = ''
    yield { kind: 'phase', phase: { text: error.message.slice(0, 400), ratio: null, atMs: observing.clock.now(), attention: true, command: null }, usage: null }
    return 'refused'
  }
}

async function* stop(observing: Observing, remoteId: string): AsyncGenerator<RunObservation, void, undefined> {
  try {
    yield* ask(observing, (open) => cancelJob(open, remoteId, observing.signal))
  } catch (error) {
    // It has ended meanwhile, or can't be cancelled now: the next look tells.
    if (!(error instanceof CloudError)) throw error
  }
  observing.pace.changed()
}

async function* catchUp(observing: Observing, remoteId: string, job: ServiceJob, from: Position, console: Console): AsyncGenerator<RunObservation, Position, undefined> {
  let position = from
  let found: Awaited<ReturnType<typeof newEvents>>
  try {
    found = yield* ask(observing, (open) => newEvents(open, remoteId, position.ids, position.ids.length >= keptIds, observing.signal))
  } catch (error) {
    // A service that lists no events: the result file tells the series at the end.
    if (!(error instanceof CloudError)) throw error
    return position
  }
  for (let at = 0; at < found.events.length; at += batchEvents) {
    const taken = takeEvents(position, found.events.slice(at, at + batchEvents), epochsOf(job))
    await console.append(taken.text)
    position = taken.position
    yield { kind: 'batch', events: taken.events, cursor: writePosition(position), unknown: 0, malformed: at === 0 ? found.malformed : 0 }
  }
  return position
}

function epochsOf({ method, hyperparameters }: ServiceJob): number | null {
  const told = method?.supervised?.hyperparameters?.n_epochs ?? hyperparameters?.n_epochs
  return typeof told === 'number' ? told : null
}

async function* finish(observing: Observing, job: ServiceJob, ending: Exclude<RunEnding, 'lost'>, from: Position, before: Ended | null): AsyncGenerator<RunObservation, void, undefined> {
  let position = from
  const endMs = job.finished_at === null ? Math.max(position.state.lastMs, job.created_at * 1000) : job.finished_at * 1000
  if (!position.done) {
    for (const id of job.result_files) {
      const steps = yield* resultOf(observing, id)
      const taken = takeSteps(position, steps, endMs, epochsOf(job))
      if (taken.events.length === 0) continue
      position = taken.position
      yield { kind: 'batch', events: taken.events, cursor: writePosition(position), unknown: 0, malformed: 0 }
    }
    const step = position.state.lastStep
    const last = takeEnd(position, ending === 'failed'
      ? { kind: 'error', tMs: endMs, type: job.error?.code || 'service', message: job.error?.message ?? 'The service gave no reason.', traceback: '' }
      : { kind: 'train-end', tMs: endMs, step, outcome: ending, outputPath: null, peakGpuMemoryBytes: null })
    position = last.position
    yield { kind: 'batch', events: last.events, cursor: writePosition(position), unknown: 0, malformed: 0 }
  }
  yield finished(before ?? (yield* remember(observing, { ending, end: await endOf(observing, job, ending), finishedAtMs: endMs, usage: usageOf(job), outputs: yield* outputsOf(observing, job) })), position)
}

async function* remember({ handle }: Observing, ended: Omit<Ended, 'outputs'> & { readonly outputs: readonly RemoteOutput[] }): AsyncGenerator<RunObservation, Ended, undefined> {
  const whole: Ended = { ...ended, outputs: [...ended.outputs] }
  const dispatch = await readDispatch(handle.runFolder)
  await writeDispatch(handle.runFolder, { ...(dispatch ?? { ...newDispatch(null, handle.startedAtMs), remoteId: handle.remoteId }), ended: whole })
  return whole
}

function usageOf({ model, trained_tokens: trainedTokens }: ServiceJob): Extract<RunUsage, { kind: 'tokens' }> | null {
  return trainedTokens === null ? null : { kind: 'tokens', model, trainedTokens }
}

async function endOf({ handle }: Observing, { error }: ServiceJob, ending: RunEnding): Promise<RunEnd> {
  const cause = ending === 'failed' ? openaiFailureCause({ code: error?.code ?? '', message: error?.message ?? 'The service gave no reason.', param: error?.param ?? null }) : null
  return { ...nobody, lastLines: [...meaningfulLines(await readTail(runPath(handle.runFolder, 'console'), 64 * 1024))], cause }
}

async function* outputsOf(observing: Observing, { id, fine_tuned_model: tuned }: ServiceJob): AsyncGenerator<RunObservation, readonly RemoteOutput[], undefined> {
  try {
    const checkpoints = yield* ask(observing, (open) => listCheckpoints(open, id, observing.signal))
    return [...(tuned === null ? [] : [{ name: tuned, step: null, evalLoss: checkpoints.at(-1)?.evalLoss ?? null }]), ...checkpoints.filter(({ name }) => name !== tuned)]
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    return tuned === null ? [] : [{ name: tuned, step: null, evalLoss: null }]
  }
}

const resultReads = 3

/** A result file that is gone, or stays no CSV, adds nothing: it only fills gaps. */
async function* resultOf(observing: Observing, id: string): AsyncGenerator<RunObservation, NonNullable<ReturnType<typeof parseResultFile>>, undefined> {
  try {
    for (let read = 0; read < resultReads; read += 1) {
      const steps = parseResultFile(yield* ask(observing, (open) => readFileText(open, id, observing.signal)))
      if (steps !== null) return steps
    }
    return []
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    return []
  }
}

async function* lose(observing: Observing, position: Position, before: Ended | null): AsyncGenerator<RunObservation, void, undefined> {
  const { handle } = observing
  const lastLines = [...meaningfulLines(await readTail(runPath(handle.runFolder, 'console'), 64 * 1024))]
  // Not remembered: with the right key it may be found again.
  const lost: Ended = { ending: 'lost', end: { ...nobody, lastLines, cause: null }, finishedAtMs: Math.max(position.state.lastMs, handle.startedAtMs), usage: null, outputs: [] }
  yield finished(before ?? lost, position)
}

interface Console {
  append(text: string): Promise<void>
  close(): Promise<void>
}

/** console.log holds the messages of the events that were given, and no more: what an app that died wrote ahead is cut. A run that is over keeps its own. */
async function consoleOf(runFolder: string, { consoleBytes }: Position, over: boolean): Promise<Console> {
  if (over) return { append: () => Promise.resolve(), close: () => Promise.resolve() }
  await mkdir(runFolder, { recursive: true })
  const file = await openFile(runPath(runFolder, 'console'), 'a+')
  const { size } = await file.stat()
  if (size > consoleBytes) await file.truncate(consoleBytes)
  return {
    async append(text) {
      if (text !== '') await file.appendFile(text, 'utf8')
    },
    close: () => file.close(),
  }
}
