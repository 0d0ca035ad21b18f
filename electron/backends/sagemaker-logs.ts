import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TrainingEvent } from '../shared/training-event'
import { readMarkedLines } from '../parsing/marked-lines'
import { readLogPage } from '../remote/aws/job-logs'
import type { JobStream, LogPage } from '../remote/aws/job-logs'
import { hasFaultCode } from '../remote/gateway'
import { writeConsole } from './sagemaker-console'
import type { Position } from './sagemaker-cursor'

export interface LogBatch {
  readonly events: readonly TrainingEvent[]
  readonly position: Position
  readonly unknown: number
  readonly malformed: number
}

/** So many lines are parsed, stored and written in one go, some 20 ms; the thread is free in between. */
const batchLines = 2_000

/** Everything that the streams hold beyond a position. Throws CloudError, DISK_FULL, RUN_FOLDER. */
export async function* readStreams(way: Parameters<typeof readLogPage>[0], runFolder: string, streams: readonly JobStream[], from: Position): AsyncGenerator<LogBatch, Position, undefined> {
  let position = from
  for (const host of new Set(streams.map((stream) => stream.host))) {
    const own = streams.filter((stream) => stream.host === host).map(({ name }) => name)
    const first = Math.max(0, own.indexOf(position.hosts[host]?.stream ?? ''))
    // The next container's lines come after all of this one's.
    for (const stream of own.slice(first)) position = yield* readStream(way, runFolder, { host, stream }, position)
  }
  return position
}

interface Source {
  readonly host: number
  readonly stream: string
}

type Place = Position['hosts'][string]

/**
 * A place in a stream can be gone back to for a day. After that the stream is read from its head: events that came before are left out by
 * their numbers, and lines of the console wait for the first new event.
 */
async function openStream(way: Parameters<typeof readLogPage>[0], at: Place): Promise<{ readonly at: Place; readonly page: LogPage; readonly again: boolean }> {
  try {
    return { at, page: await readLogPage(way, at.stream, at.token), again: false }
  } catch (error) {
    if (at.token === null || !hasFaultCode(error, 'InvalidParameterException')) throw error
    return { at: { ...at, token: null, skip: 0 }, page: await readLogPage(way, at.stream, null), again: true }
  }
}

async function* readStream(way: Parameters<typeof readLogPage>[0], runFolder: string, source: Source, from: Position): AsyncGenerator<LogBatch, Position, undefined> {
  const known = from.hosts[source.host]
  const opened = await openStream(way, known?.stream === source.stream ? known : { stream: source.stream, token: null, skip: 0 })
  let { at, again } = opened
  let position = from
  let coming = Promise.resolve(opened.page)
  for (;;) {
    const page = await coming
    const isEnd = page.token === at.token || page.token === ''
    if (!isEnd) {
      // Fetched while this page is taken.
      coming = readLogPage(way, source.stream, page.token)
      coming.catch(() => undefined)
    }
    for (let taken = at.skip; taken < page.lines.length; taken += batchLines) {
      const lines = page.lines.slice(taken, taken + batchLines)
      const end = taken + lines.length >= page.lines.length
      at = end && !isEnd ? { ...at, token: page.token, skip: 0 } : { ...at, skip: taken + lines.length }
      const batch = await takeLines(runFolder, source.host, lines, { ...position, hosts: { ...position.hosts, [source.host]: at } }, again)
      again &&= batch.events.length === 0
      position = batch.position
      yield batch
      await nextTurn()
    }
    if (isEnd) return position
    at = { ...at, token: page.token, skip: 0 }
    position = { ...position, hosts: { ...position.hosts, [source.host]: at } }
  }
}

/** Events of the first host, numbered; every other line goes to console.log, unless the lines are read once more and nothing in them is new. */
async function takeLines(runFolder: string, host: number, lines: readonly string[], position: Position, again: boolean): Promise<LogBatch> {
  if (host !== 1) {
    if (again) return { events: [], position, unknown: 0, malformed: 0 }
    const consoleBytes = await writeConsole(runFolder, position.consoleBytes, lines.map((line) => `[host ${host}] ${line}`))
    return { events: [], position: { ...position, consoleBytes }, unknown: 0, malformed: 0 }
  }
  const { events, console, state, unknown, malformed } = readMarkedLines(lines, position.marked)
  const consoleBytes = again && events.length === 0 ? position.consoleBytes : await writeConsole(runFolder, position.consoleBytes, console)
  const marked = { seq: state.seq, partial: state.partial, attempts: state.attempts.map(({ id, next, missing }) => ({ id, next, missing: missing.map(([low, high]): [number, number] => [low, high]) })) }
  return { events: events.map((event) => atHome(event, runFolder)), position: { ...position, marked, consoleBytes }, unknown, malformed }
}

/** Places in the container become those where the run folder has the same things once they are fetched. */
export function atHome(event: TrainingEvent, runFolder: string): TrainingEvent {
  if (event.kind === 'checkpoint') return { ...event, path: join(runFolder, 'checkpoints', lastPart(event.path)) }
  if (event.kind === 'train-end' && event.outputPath !== null) return { ...event, outputPath: join(runFolder, lastPart(event.outputPath)) }
  return event
}

function lastPart(path: string): string {
  const name = path.split('/').at(-1) ?? ''
  return /^(?:checkpoint-\d+|adapter|model)$/.test(name) ? name : 'adapter'
}
