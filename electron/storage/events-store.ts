import type { TrainingEvent } from '../shared/training-event'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { fromJson } from './json-column'

/** Reads what a run said besides its metric points; writing is part of ingestion. */
export interface EventsStore {
  /** Events after `afterSeq` (-1: from the first), oldest first. */
  list(job: JobRow, afterSeq: number, limit: number): TrainingEvent[]
  /** Events of one kind, oldest first. */
  ofKind<K extends TrainingEvent['kind']>(job: JobRow, kind: K, limit: number): (TrainingEvent & { readonly kind: K })[]
}

export function createEventsStore(connection: Connection): EventsStore {
  const list = connection.prepare<[number, number, number], string>('SELECT event FROM job_events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?').pluck()
  const ofKind = connection.prepare<[number, string, number], string>('SELECT event FROM job_events WHERE job = ? AND kind = ? ORDER BY seq LIMIT ?').pluck()
  return {
    list: (job, afterSeq, limit) => list.all(job, afterSeq, limit).map((text) => fromJson<TrainingEvent>(text)),
    ofKind: <K extends TrainingEvent['kind']>(job: JobRow, kind: K, limit: number) =>
      ofKind.all(job, kind, limit).map((text) => fromJson<TrainingEvent & { readonly kind: K }>(text)),
  }
}
