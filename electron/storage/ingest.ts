import { AppError } from '../shared/app-error'
import type { TrainingEvent } from '../shared/training-event'
import { metricNames } from '../shared/metric-names'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { nonfiniteBits } from './metric-columns'
import { applyToProgress, progressColumns, type ProgressRow } from './job-progress'
import { createPointWriter } from './point-writer'
import { createRollupWriter } from './rollup-writer'

/** Events of a piece of a run's stream and the cursor behind the piece, as its backend gives it (for local runs it holds the byte offset). */
export interface IngestBatch {
  readonly events: readonly TrainingEvent[]
  readonly nextCursor: string
}

/**
 * `stale`: the batch does not start where the stored cursor stands, so it was delivered before, or out of order; nothing was
 * written, and reading goes on at `cursor`. `skipped` counts events whose seq was stored already (a script that was run
 * again by hand in the same folder starts to count anew).
 */
export type IngestResult =
  | { readonly kind: 'stored'; readonly lastSeq: number; readonly points: number; readonly skipped: number }
  | { readonly kind: 'stale'; readonly cursor: string | null }

export interface Ingestor {
  /** Points, roll-ups, events, checkpoints, derived progress and the cursor, in one transaction. `expectedCursor` is null before the first batch. Throws JOB_NOT_FOUND. */
  ingest(job: JobRow, batch: IngestBatch, expectedCursor: string | null): IngestResult
  /** Frees what is kept in memory for a job that ended. */
  forget(job: JobRow): void
}

interface CursorRow extends ProgressRow {
  event_cursor: string | null
  last_seq: number
}

export function createIngestor(connection: Connection): Ingestor {
  const points = createPointWriter(connection)
  const rollups = createRollupWriter(connection)
  const read = connection.prepare<[number], CursorRow>(`SELECT event_cursor, last_seq, ${progressColumns.join(', ')} FROM training_jobs WHERE row_id = ?`)
  const update = connection.prepare(
    `UPDATE training_jobs SET event_cursor = @event_cursor, last_seq = @last_seq, ${progressColumns.map((column) => `${column} = @${column}`).join(', ')} WHERE row_id = @row_id`,
  )
  const insertEvent = connection.prepare('INSERT INTO job_events (job, seq, t_ms, kind, event) VALUES (?,?,?,?,?)')
  const putCheckpoint = connection.prepare(
    `INSERT INTO checkpoints (job, step, path, validation_loss, best, t_ms) VALUES (?,?,?,?,?,?)
     ON CONFLICT (job, step) DO UPDATE SET path = excluded.path, validation_loss = excluded.validation_loss, best = excluded.best, t_ms = excluded.t_ms, present = 1`,
  )
  const clearBest = connection.prepare('UPDATE checkpoints SET best = 0 WHERE job = ? AND step <> ?')

  const storePoint = (job: JobRow, event: TrainingEvent & { kind: 'metrics' }): void => {
    const tMs = storableTime(event.tMs)
    const notFinite = nonfiniteBits(event.nonfinite)
    points.add(job, event, tMs, notFinite)
    for (let metric = 0; metric < metricNames.length; metric += 1) {
      const name = metricNames[metric]
      const value = name === undefined ? undefined : event.values[name]
      if (value !== undefined) rollups.add(job, metric, event.step, event.epoch, tMs, value)
      else if ((notFinite & (1 << metric)) !== 0) rollups.add(job, metric, event.step, event.epoch, tMs, NaN)
    }
  }
  const storeOther = (job: JobRow, event: TrainingEvent): void => {
    if (event.kind === 'checkpoint') {
      putCheckpoint.run(job, event.step, event.path, event.evalLoss, event.best ? 1 : 0, storableTime(event.tMs))
      if (event.best) clearBest.run(job, event.step)
    }
    insertEvent.run(job, event.seq, storableTime(event.tMs), event.kind, JSON.stringify(event))
  }

  const store = connection.transaction((job: JobRow, batch: IngestBatch, expectedCursor: string | null): IngestResult => {
    const row = read.get(job)
    if (row === undefined) throw new AppError('JOB_NOT_FOUND', `No job has row ${job}.`)
    if (row.event_cursor !== expectedCursor) return { kind: 'stale', cursor: row.event_cursor }
    let stored = 0
    let skipped = 0
    for (const event of batch.events) {
      if (event.seq <= row.last_seq) {
        skipped += 1
        continue
      }
      row.last_seq = event.seq
      applyToProgress(row, event)
      if (event.kind === 'metrics') {
        storePoint(job, event)
        stored += 1
      } else if (event.kind !== 'progress') storeOther(job, event)
    }
    points.flush()
    rollups.flush(job)
    update.run({ ...row, event_cursor: batch.nextCursor, row_id: job })
    return { kind: 'stored', lastSeq: row.last_seq, points: stored, skipped }
  })

  return {
    ingest(job, batch, expectedCursor) {
      try {
        return store.immediate(job, batch, expectedCursor)
      } catch (error) {
        points.forget()
        rollups.forget(job)
        throw error
      }
    },
    forget: (job) => rollups.forget(job),
  }
}

/** A time that a broken clock or a hand-written line can't make unstorable. 8.64e15 is the largest time that a Date holds. */
function storableTime(tMs: number): number {
  return Number.isFinite(tMs) ? Math.min(Math.max(Math.round(tMs), 0), 8.64e15) : 0
}
