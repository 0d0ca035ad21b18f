import { statfs } from 'node:fs/promises'
import { z } from 'zod'
import { AppError, isErrno } from '../shared/app-error'
import type { LocalDevice } from '../shared/job-spec'
import type { RunEnd } from '../shared/job-state'
import type { LocalRunObservation, RunEnding } from '../shared/run-observation'
import { parseEventLines } from '../parsing/event-line'
import { failureCause } from '../parsing/failure-cause'
import { meaningfulLines } from '../parsing/meaningful-lines'
import { tailLines } from './event-tail'
import { killTree } from './kill-tree'
import { launchRun, trainerEnvironment } from './launch'
import { isAlive, isNumberTaken, thisSystem } from './process-identity'
import type { ProcessIdentity } from './process-identity'
import { readRunStatus, readStopRequest, readTail, requestStop, runPath } from './run-folder'
import type { RunStatus } from './run-folder'

/** All that is needed to find a run again after a restart; JSON-safe. The process numbers themselves are in its status.json. */
export const LocalRunHandle = z.object({ kind: z.literal('process'), runFolder: z.string().min(1), startedAtMs: z.number() })
export type LocalRunHandle = z.infer<typeof LocalRunHandle>

export interface StartLocalRun {
  readonly runFolder: string
  readonly python: string
  readonly supervisorPath: string
  readonly device: LocalDevice
  /** Added to the environment of the run, secrets among them. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a prepared run folder; a folder that was started before gives the handle of that run. Throws PROCESS_FAILED, RUN_FOLDER. */
export async function startLocalRun(options: StartLocalRun): Promise<LocalRunHandle> {
  const { runFolder, python, supervisorPath, device } = options
  const environment = trainerEnvironment(process.env, device, options.environment)
  const status = await launchRun({ runFolder, python, supervisorPath, environment })
  return { kind: 'process', runFolder, startedAtMs: status.startedAtMs }
}

/** Asks a run to end. `graceful`: it saves after the current step. `force`: its whole process tree is killed. Works before the start too. */
export async function cancelLocalRun(runFolder: string, mode: 'graceful' | 'force'): Promise<void> {
  await requestStop(runFolder, mode)
  if (mode === 'graceful') return
  const status = await readRunStatus(runFolder)
  const trainer = status === null || status.state === 'exited' ? null : trainerOf(status)
  if (trainer !== null) await killTree(trainer)
}

interface Position {
  readonly offset: number
  readonly nextSeq: number
}

/**
 * Events of a run from `cursor` (null: the beginning) on, then exactly one `finished`; only an abort ends without it. May be called again
 * with any cursor, also after the end and in another process. A dead supervisor with a living trainer counts as running.
 */
export async function* observeLocalRun(runFolder: string, cursor: string | null, signal?: AbortSignal): AsyncGenerator<LocalRunObservation, void, undefined> {
  let position = parseCursor(cursor)
  const liveness = watchRun(runFolder)
  const tail = tailLines(runPath(runFolder, 'events'), { fromOffset: position.offset, hasEnded: liveness.hasEnded, ...(signal === undefined ? {} : { signal }) })
  for await (const piece of tail) {
    if (piece.kind === 'truncated') {
      position = { offset: 0, nextSeq: position.nextSeq }
      continue
    }
    const { events, unknown, malformed } = parseEventLines(piece.text)
    // Only after a truncation can old numbers come again.
    const fresh = (events[0]?.seq ?? 0) >= position.nextSeq ? events : events.filter((event) => event.seq >= position.nextSeq)
    position = { offset: piece.nextOffset, nextSeq: Math.max(position.nextSeq, (fresh.at(-1)?.seq ?? -1) + 1) }
    yield { kind: 'batch', events: fresh, cursor: formatCursor(position), unknown, malformed }
  }
  if (signal?.aborted === true) return
  yield { kind: 'finished', ...(await howItEnded(runFolder)), cursor: formatCursor(position) }
}

function formatCursor({ offset, nextSeq }: Position): string {
  return `${offset}:${nextSeq}`
}

/** A cursor that is not ours starts over: storing an event again under its own number is harmless, losing one is not. */
function parseCursor(cursor: string | null): Position {
  const match = /^(\d{1,15}):(\d{1,15})$/.exec(cursor ?? '')
  return match === null ? { offset: 0, nextSeq: 0 } : { offset: Number(match[1]), nextSeq: Number(match[2]) }
}

function trainerOf(status: RunStatus): { pid: number; startTime: string } | null {
  return status.trainerPid === null || status.trainerStartTime === null ? null : { pid: status.trainerPid, startTime: status.trainerStartTime }
}

/** A damaged status is as good as none: what happened is then told by the events, or is not known. Throws RUN_FOLDER for one that can't be read now. */
async function statusOrNull(runFolder: string): Promise<RunStatus | null> {
  try {
    return await readRunStatus(runFolder)
  } catch (error) {
    if (error instanceof AppError && (error.cause instanceof SyntaxError || error.cause instanceof z.ZodError)) return null
    throw error
  }
}

const LOOK_INTERVAL_MS = 500
/** Asking for a start time costs a process on macOS and Windows. It tells a run from a later process with its number, which seldom matters. */
const IDENTITY_INTERVAL_MS = 30_000
/** A run without status.json was not started; its launcher may be about to write it. */
const START_GRACE_MS = 30_000

/** Tells whether a run has ended. What can't be asked now (no answer in time, too many open files) is no end: it is asked again. */
export function watchRun(runFolder: string, system = thisSystem): { readonly hasEnded: () => Promise<boolean> } {
  const beganAt = performance.now()
  const identityIntervalMs = system.platform === 'linux' ? LOOK_INTERVAL_MS : IDENTITY_INTERVAL_MS
  let nextLook = 0
  let nextIdentityLook = 0
  let known: RunStatus | null = null
  const look = async (): Promise<boolean> => {
    // A file that vanished or broke after it was read takes nothing from what it said.
    const status = (known = (await statusOrNull(runFolder)) ?? known)
    const now = performance.now()
    if (status === null) return now - beganAt > START_GRACE_MS
    if (status.state === 'exited') return true
    if (now < nextLook) return false
    nextLook = now + LOOK_INTERVAL_MS
    if (now < nextIdentityLook) return !(await isRunning(status, ({ pid }) => isNumberTaken(pid, system)))
    nextIdentityLook = now + identityIntervalMs
    return !(await isRunning(status, (identity) => isAlive(identity, system)))
  }
  const hasEnded = async (): Promise<boolean> => {
    try {
      return await look()
    } catch (error) {
      if (error instanceof AppError && (error.code === 'PROCESS_FAILED' || error.code === 'RUN_FOLDER')) return false
      throw error
    }
  }
  return { hasEnded }
}

async function isRunning(status: RunStatus, lives: (identity: ProcessIdentity) => boolean | Promise<boolean>): Promise<boolean> {
  const trainer = trainerOf(status)
  if (trainer !== null && (await lives(trainer))) return true
  // The trainer is gone: the supervisor is about to write how it ended, unless it is gone as well.
  return status.supervisorStartTime !== null && (await lives({ pid: status.supervisorPid, startTime: status.supervisorStartTime }))
}

const CONSOLE_TAIL_BYTES = 64 * 1024
const EVENTS_TAIL_BYTES = 256 * 1024

/** How a run that no longer lives ended, from its folder alone, so that it can be asked at any later time. Throws RUN_FOLDER. */
export async function howItEnded(runFolder: string): Promise<{ readonly ending: RunEnding; readonly end: RunEnd; readonly finishedAtMs: number }> {
  const status = await statusOrNull(runFolder)
  const consoleText = await readTail(runPath(runFolder, 'console'), CONSOLE_TAIL_BYTES)
  const { events } = parseEventLines(await readTail(runPath(runFolder, 'events'), EVENTS_TAIL_BYTES))
  const trainEnd = events.findLast((event) => event.kind === 'train-end')
  const error = events.findLast((event) => event.kind === 'error')
  const stopRequest = await readStopRequest(runFolder)
  const exited = status?.state === 'exited'
  const ending = endingOf({ exited, exitCode: status?.exitCode ?? null, signal: status?.signal ?? null, said: trainEnd?.outcome ?? null, hasError: error !== undefined, stopRequest })
  const lastMetrics = events.findLast((event) => event.kind === 'metrics' && ('loss' in event.values || event.nonfinite.includes('loss')))
  const evidence = {
    exitCode: status?.exitCode ?? null, signal: status?.signal ?? null, consoleText, error: error ?? null,
    lossNonfinite: lastMetrics?.kind === 'metrics' && lastMetrics.nonfinite.includes('loss'),
    oomKills: status?.oomKills ?? null, freeDiskBytes: await freeBytes(runFolder),
  }
  const seenGpuBytes = events.reduce((most, event) => (event.kind === 'metrics' ? Math.max(most, event.gpuMemoryBytes ?? 0) : most), 0)
  return {
    ending,
    end: {
      exitCode: evidence.exitCode, signal: evidence.signal, peakMemoryBytes: status?.peakMemoryBytes ?? null,
      peakGpuMemoryBytes: trainEnd?.peakGpuMemoryBytes ?? (seenGpuBytes > 0 ? seenGpuBytes : null),
      lastLines: [...meaningfulLines(consoleText)], cause: ending === 'failed' ? failureCause(evidence) : null,
    },
    finishedAtMs: status?.finishedAtMs ?? events.at(-1)?.tMs ?? status?.startedAtMs ?? Date.now(),
  }
}

interface EndFacts {
  readonly exited: boolean
  readonly exitCode: number | null
  readonly signal: string | null
  /** The trainer's last word, written after everything is saved. */
  readonly said: 'completed' | 'stopped' | null
  readonly hasError: boolean
  readonly stopRequest: 'graceful' | 'force' | null
}

function endingOf({ exited, exitCode, signal, said, hasError, stopRequest }: EndFacts): RunEnding {
  // Its result is on disk: a crash of a library while Python winds down takes nothing away from it.
  if (said !== null) return said
  if (hasError) return stopRequest === 'force' ? 'stopped' : 'failed'
  if (stopRequest === 'force') return 'stopped'
  if (!exited) return 'lost'
  // Stopped before it began (no exit code and no signal) or while still loading: there is nothing to save yet.
  if (stopRequest === 'graceful' && signal === null && (exitCode === null || exitCode === 0)) return 'stopped'
  // Exit code 0 without that word means that it did not get to the end.
  return 'failed'
}

/** Null where the folder is gone, as by a user who deletes a run. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}
