import { z } from 'zod'
import { noLinesYet } from '../parsing/marked-lines'

const count = z.int().min(0)

/** Where following a job stands: what a cursor holds. Everything before it is stored, and comes once. */
const Position = z.object({
  v: z.literal(1),
  /** By number of the host: the stream that is read, the page of it, and the lines of that page that were taken. */
  hosts: z.record(z.string(), z.object({ stream: z.string(), token: z.string().nullable(), skip: count })),
  marked: z.object({ seq: count, attempts: z.array(z.object({ id: count, next: count, missing: z.array(z.tuple([count, count])) })), partial: z.string() }),
  /** Bytes of console.log. */
  consoleBytes: count,
  /** What the log lost was added from the kept events: nothing comes any more. */
  settled: z.boolean(),
})
export type Position = z.infer<typeof Position>

const beginning: Position = { v: 1, hosts: {}, marked: { ...noLinesYet, attempts: [] }, consoleBytes: 0, settled: false }

/** A cursor that is not ours starts over: an event that is stored again under its own number is harmless, a lost one is not. */
export function readPosition(cursor: string | null): Position {
  if (cursor === null) return beginning
  try {
    const parsed = Position.safeParse(JSON.parse(cursor))
    return parsed.success ? parsed.data : beginning
  } catch {
    return beginning // no JSON at all
  }
}

/** The same position is the same text. */
export function writePosition({ hosts, marked: { seq, attempts, partial }, consoleBytes, settled }: Position): string {
  return JSON.stringify({ v: 1, hosts, marked: { seq, attempts, partial }, consoleBytes, settled } satisfies Position)
}
