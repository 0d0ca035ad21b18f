import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TrainingEvent } from '../shared/training-event'
import { readMarkedLines } from '../parsing/marked-lines'
import { readLogPage } from '../remote/aws/job-logs'
import type { JobStream, LogPage } from '../remote/aws/job-logs'

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

async function* readStream(way: Parameters<typeof readLogPage>[0], runFolder: string, source: Source, from: Position): AsyncGenerator<LogBatch, Position, undefined> {
  const known = from.hosts[source.host]
  let at = known?.stream === source.stream ? known : { stream: source.stream, token: null, skip: 0 }
  let position = from
  let coming = readLogPage(way, source.stream, at.token)
  for (;;) {
    const page: LogPage = await coming
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
      const batch = await takeLines(runFolder, source.host, lines, { ...position, hosts: { ...position.hosts, [source.host]: at } })
      position = batch.position
      yield batch
      await nextTurn()
    }
    if (isEnd) return position
    at = { ...at, token: page.token, skip: 0 }
    position = { ...position, hosts: { ...position.hosts, [source.host]: at } }
  }
}

/** Events of the first host, numbered; every other line goes to console.log. */
async function takeLines(runFolder: string, host: number, lines: readonly string[], position: Position): Promise<LogBatch> {
  if (host !== 1) {
    const consoleBytes = await writeConsole(runFolder, position.consoleBytes, lines.map((line) => `[host ${host}] ${line}`))
    return { events: [], position: { ...position, consoleBytes }, unknown: 0, malformed: 0 }
  }
  const { events, console, state, unknown, malformed } = readMarkedLines(lines, position.marked)
  const consoleBytes = await writeConsole(runFolder, position.consoleBytes, console)
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
