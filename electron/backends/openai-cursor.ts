import { z } from 'zod'
import type { TrainingEvent } from '../shared/training-event'
import { stages } from '../shared/training-event'
import { foldEvent, foldStep, noEvents } from '../parsing/openai-events'
import type { EventState, ServiceEvent, StepValues } from '../parsing/openai-events'

/** The newest events that were read: as many as a page holds, so that a look needs one page. */
export const keptIds = 100

const StepSet = z.array(z.tuple([z.number(), z.number(), z.number()]))
const Position = z.object({
  v: z.literal(1),
  /** Number of the next event. */
  seq: z.int().min(0),
  /** Ids of the service's newest events that were read, oldest first. */
  ids: z.array(z.string()).max(keptIds),
  state: z.object({
    stage: z.enum(stages), trainSteps: StepSet, evalSteps: StepSet, lastStep: z.number(), totalSteps: z.number().nullable(),
    origin: z.tuple([z.number(), z.number()]).nullable(), lastMs: z.number(),
  }),
  /** Bytes of console.log that belong to the events read. */
  consoleBytes: z.int().min(0),
  /** Every event was given, with those that the end adds. */
  done: z.boolean(),
})
export type Position = z.infer<typeof Position>

const start: Position = { v: 1, seq: 0, ids: [], state: { ...noEvents, trainSteps: [], evalSteps: [], origin: null }, consoleBytes: 0, done: false }

/** A cursor that is not ours starts over: storing an event again under its own number is harmless, losing one is not. */
export function readPosition(cursor: string | null): Position {
  if (cursor === null) return start
  try {
    return Position.parse(JSON.parse(cursor))
  } catch {
    return start
  }
}

export function writePosition(position: Position): string {
  return JSON.stringify(position)
}

interface Step {
  readonly position: Position
  readonly events: readonly TrainingEvent[]
}

/** Takes events of the service into the run, in order. `text` is what they add to console.log. */
export function takeEvents(before: Position, found: readonly ServiceEvent[], epochs: number | null): Step & { readonly text: string } {
  const taken = taking(before)
  let text = ''
  for (const event of found) {
    taken.add(foldEvent(taken.state(), event, epochs))
    if (event.message !== '') text += `${new Date(event.atMs).toISOString().slice(0, 19).replace('T', ' ')}  ${event.message.replace(/\s*\n\s*/g, ' ')}\n`
  }
  const ids = [...before.ids, ...found.map(({ id }) => id)].slice(-keptIds)
  const { position, events } = taken.end()
  return { position: { ...position, ids, consoleBytes: before.consoleBytes + utf8Bytes(text) }, events, text }
}

/** Adds the steps of a result file that no event brought. */
export function takeSteps(before: Position, steps: readonly StepValues[], tMs: number, epochs: number | null): Step {
  const taken = taking(before)
  for (const step of steps) taken.add(foldStep(taken.state(), step, tMs, epochs))
  return taken.end()
}

/** The last event, and the mark that nothing follows. */
export function takeEnd(before: Position, last: TrainingEvent extends infer E ? (E extends TrainingEvent ? Omit<E, 'seq'> : never) : never): Step {
  return { position: { ...before, seq: before.seq + 1, done: true }, events: [{ ...last, seq: before.seq }] }
}

function taking(before: Position) {
  let state: EventState = before.state
  const events: TrainingEvent[] = []
  return {
    state: () => state,
    add(folded: ReturnType<typeof foldEvent>): void {
      state = folded.state
      for (const body of folded.bodies) events.push({ ...body, seq: before.seq + events.length })
    },
    end: (): Step => ({ position: { ...before, seq: before.seq + events.length, state: Position.shape.state.parse(state) }, events }),
  }
}

const encoder = new TextEncoder()
const utf8Bytes = (text: string): number => encoder.encode(text).length
