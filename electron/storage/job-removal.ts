import { canDelete } from '../domain/job-machine'
import { AppError } from '../shared/app-error'
import type { JobId } from '../shared/ids'
import type { JobState } from '../shared/job-state'
import type { Connection } from './database'

export interface JobRemoval {
  /** Hides a job until it is restored or purged; a hidden job does not wait in the queue. JOB_STATE while it may have a process. */
  remove(id: JobId, atMs: number): void
  restore(id: JobId): void
  /** Ids of jobs that were removed at or before a time, oldest first. */
  removedBefore(atMs: number): JobId[]
  /** Deletes a removed job for good, in slices that let other work through; safe to start again after a crash. */
  purge(id: JobId): Promise<void>
}

/** One slice takes some 20 ms. */
const rowsPerSlice = 20_000
/** Tables that grow with a run, each with the rest of its key after the job. */
const longTables = { metric_points: 'seq', job_events: 'seq', hardware_samples: 't_ms', metric_rollups: 'metric, bucket_rows, bucket' } as const

export function createJobRemoval(connection: Connection): JobRemoval {
  const find = connection.prepare<[string], { row_id: number; state: JobState; deleted_at_ms: number | null }>('SELECT row_id, state, deleted_at_ms FROM training_jobs WHERE id = ?')
  const setDeleted = connection.prepare('UPDATE training_jobs SET deleted_at_ms = ? WHERE id = ?')
  const removedBefore = connection.prepare<[number], JobId>('SELECT id FROM training_jobs WHERE deleted_at_ms <= ? ORDER BY deleted_at_ms, row_id').pluck()
  const slices = Object.entries(longTables).map(([table, key]) =>
    connection.prepare(`DELETE FROM ${table} WHERE job = @job AND (${key}) IN (SELECT ${key} FROM ${table} WHERE job = @job LIMIT ${rowsPerSlice})`),
  )
  // Short tables go by cascade.
  const deleteJob = connection.prepare('DELETE FROM training_jobs WHERE id = ? AND deleted_at_ms IS NOT NULL')
  const existing = (id: JobId) => {
    const job = find.get(id)
    if (job === undefined) throw new AppError('JOB_NOT_FOUND', `There is no job ${id}.`)
    return job
  }
  return {
    remove(id, atMs) {
      const { state } = existing(id)
      if (!canDelete(state)) throw new AppError('JOB_STATE', `A job that is ${state} can't be deleted.`, { data: { state } })
      setDeleted.run(atMs, id)
    },
    restore(id) {
      existing(id)
      setDeleted.run(null, id)
    },
    removedBefore: (atMs) => removedBefore.all(atMs),
    async purge(id) {
      const job = existing(id)
      if (job.deleted_at_ms === null) throw new AppError('JOB_STATE', 'Only a removed job can be purged.', { data: { state: job.state } })
      for (const slice of slices) {
        while (slice.run({ job: job.row_id }).changes === rowsPerSlice) await new Promise((resolve) => setImmediate(resolve))
      }
      deleteJob.run(id)
    },
  }
}
