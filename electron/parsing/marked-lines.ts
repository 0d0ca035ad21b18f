import type { TrainingEvent } from '../shared/training-event'
import { parseEventLines } from './event-line'

/** What is known of one life of the script: the numbers of its events from `next` on have not come, and of those before the `missing` ranges, both ends included. */
export interface AttemptSeen {
  readonly id: number
  readonly next: number
  readonly missing: readonly (readonly [number, number])[]
}

/** Where reading a log stands; JSON-safe. `seq` is the number of the next event as the app counts, over all attempts. */
export interface MarkedState {
  readonly seq: number
  readonly attempts: readonly AttemptSeen[]
  /** The beginning of a marked line that was cut in two; empty: none. */
  readonly partial: string
}
export const noLinesYet: MarkedState = { seq: 0, attempts: [], partial: '' }

export interface MarkedLines {
  readonly events: readonly TrainingEvent[]
  /** Every other line, as it came. */
  readonly console: readonly string[]
  readonly state: MarkedState
  readonly unknown: number
  readonly malformed: number
}

const mark = /@tunesmith (\d{13}) (?=\{)/
/** A line that begins with the mark; the number of the attempt stands between its two places. */
const bareMark = /^@tunesmith \d{13} \{/
const [markStart, markEnd] = ['@tunesmith '.length, '@tunesmith '.length + 13]
/** No event that the script prints is longer. */
const longestLine = 131_072

/**
 * Takes events out of log lines that python-templates/sagemaker_entry.py printed, and numbers them anew without a gap. An event that came
 * before is left out; one that comes late is taken. A marked line that was cut in two is put together again. Never throws.
 */
export function readMarkedLines(lines: readonly string[], before: MarkedState): MarkedLines {
  const numbering = createNumbering(before)
  const console: string[] = []
  let { partial } = before
  let unknown = 0
  let malformed = 0

  /** False where the text is no whole event. */
  function take(text: string): boolean {
    const found = mark.exec(text)
    if (found === null) return false
    const parsed = parseEventLines(text.slice(found.index + found[0].length).replaceAll('\n', ' '))
    if (parsed.malformed > 0) return false
    unknown += parsed.unknown
    for (const event of parsed.events) numbering.add(Number(found[1]), event)
    return true
  }

  const many = partial === '' ? parseTogether(lines) : null
  if (many !== null) {
    for (const { attempt, event } of many) numbering.add(attempt, event)
    return { events: numbering.events, console, state: { seq: numbering.seq(), attempts: numbering.attempts(), partial }, unknown, malformed }
  }
  for (const line of lines) {
    const found = mark.exec(line)
    if (found !== null) {
      if (partial !== '') malformed += 1
      partial = ''
      if (found.index > 0) console.push(line.slice(0, found.index))
      if (!take(line)) partial = line.slice(found.index)
    } else if (partial === '') console.push(line)
    else if (take(partial + line)) partial = ''
    // Lines of another stream may stand between the two parts, and a line may be cut more than once.
    else if (couldGoOn(partial, line)) partial += line
    else console.push(line)
  }
  if (partial.length > longestLine) {
    malformed += 1
    partial = ''
  }
  return { events: numbering.events, console, state: { seq: numbering.seq(), attempts: numbering.attempts(), partial }, unknown, malformed }
}

/** Catching up meets thousands of lines of which each is one whole event: one parse for all of them. Null where one is anything else. */
function parseTogether(lines: readonly string[]): readonly KeptEvent[] | null {
  const attempts: number[] = []
  let text = ''
  for (const line of lines) {
    if (!bareMark.test(line) || line.includes('\n')) return null
    attempts.push(Number(line.slice(markStart, markEnd)))
    text += `${line.slice(markEnd + 1)}\n`
  }
  const { events, unknown, malformed } = parseEventLines(text)
  if (events.length !== lines.length || unknown + malformed > 0) return null
  return events.map((event, index) => ({ attempt: attempts[index] ?? 0, event }))
}

/** The second part of an event has no blank (they are escaped) and continues JSON; what people print mostly has one. */
function couldGoOn(partial: string, line: string): boolean {
  return line !== '' && !line.includes(' ') && partial.length + line.length <= longestLine
}

/** One line of the `events.jsonl` that the job keeps beside its result: an event with the attempt that it belongs to. */
export interface KeptEvent {
  readonly attempt: number
  readonly event: TrainingEvent
}

/** Reads kept events; lines that are none are left out. */
export function parseKeptEvents(text: string): readonly KeptEvent[] {
  return text.split('\n').flatMap((line) => {
    const attempt = Number(/^\{"attempt":(\d{13}),/.exec(line)?.[1] ?? Number.NaN)
    return Number.isNaN(attempt) ? [] : parseEventLines(line).events.map((event) => ({ attempt, event }))
  })
}

/**
 * The step from which a later attempt learned again, by attempt: what an interrupted one did beyond it has no part in the result. Infinity
 * for the last attempt.
 */
export function supersededFrom(kept: readonly KeptEvent[]): (attempt: number) => number {
  const begun = kept.flatMap(({ attempt, event }) => (event.kind === 'train-begin' ? [{ attempt, step: event.resumedFromStep }] : []))
  return (attempt) => begun.reduce((least, later) => (later.attempt > attempt ? Math.min(least, later.step) : least), Infinity)
}

/**
 * The kept events that the log lost, numbered after those that came. Left out is the progress of an attempt that was interrupted, as far as
 * a later one learned those steps again: behind the later one's events it would turn the curve back.
 */
export function reconcile(kept: readonly KeptEvent[], before: MarkedState, until: (attempt: number) => number = supersededFrom(kept)): { readonly events: readonly TrainingEvent[]; readonly state: MarkedState } {
  const numbering = createNumbering(before)
  for (const { attempt, event } of kept.toSorted((a, b) => a.attempt - b.attempt || a.event.seq - b.event.seq)) {
    const isOld = until(attempt) < Infinity && (event.kind === 'progress' || (event.kind === 'metrics' && event.step > until(attempt)))
    if (isOld) numbering.leaveOut(attempt, event)
    else numbering.add(attempt, event)
  }
  return { events: numbering.events, state: { seq: numbering.seq(), attempts: numbering.attempts(), partial: '' } }
}

function createNumbering({ seq: first, attempts: before }: MarkedState) {
  const attempts = new Map(before.map((attempt) => [attempt.id, attempt]))
  const events: TrainingEvent[] = []
  return {
    events,
    seq: () => first + events.length,
    attempts: () => [...attempts.values()],
    add(id: number, event: TrainingEvent): void {
      const attempt = attempts.get(id) ?? { id, next: 0, missing: [] }
      const after = afterEvent(attempt, event.seq)
      if (after === null) return
      attempts.set(id, after)
      events.push({ ...event, seq: first + events.length })
    },
    /** As if it had come before. */
    leaveOut(id: number, event: TrainingEvent): void {
      const after = afterEvent(attempts.get(id) ?? { id, next: 0, missing: [] }, event.seq)
      if (after !== null) attempts.set(id, after)
    },
  }
}

/** Null for an event that came before. */
function afterEvent(attempt: AttemptSeen, seq: number): AttemptSeen | null {
  const { next, missing } = attempt
  if (seq >= next) return { ...attempt, next: seq + 1, missing: seq === next ? missing : [...missing, [next, seq - 1]] }
  if (!missing.some(([from, to]) => seq >= from && seq <= to)) return null
  const rest = missing.flatMap(([from, to]): [number, number][] => (seq < from || seq > to ? [[from, to]] : ([[from, seq - 1], [seq + 1, to]] as [number, number][]).filter(([low, high]) => low <= high)))
  return { ...attempt, missing: rest }
}
