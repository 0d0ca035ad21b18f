import type { JobId, ModelId } from '../shared/ids'
import type { Checkpoint } from '../shared/job'
import type { Connection } from './database'

/** Checkpoints of runs as their events told of them; ingestion adds them. */
export interface CheckpointsStore {
  /** In order of steps. */
  list(job: JobId): Checkpoint[]
  /** What is on the disk by now: trainers delete old checkpoints. */
  set(job: JobId, step: number, change: { readonly present: boolean; readonly sizeBytes: number | null }): void
}

interface CheckpointColumns {
  readonly step: number
  readonly path: string
  readonly validation_loss: number | null
  readonly best: number
  readonly size_bytes: number | null
  readonly present: number
  readonly model_id: ModelId | null
}

export function createCheckpointsStore(connection: Connection): CheckpointsStore {
  const list = connection.prepare<[string], CheckpointColumns>(
    `SELECT c.step, c.path, c.validation_loss, c.best, c.size_bytes, c.present,
       (SELECT m.id FROM fine_tuned_models m WHERE m.job_id = j.id AND m.checkpoint_step = c.step AND m.deleted_at_ms IS NULL LIMIT 1) AS model_id
     FROM checkpoints c JOIN training_jobs j ON j.row_id = c.job WHERE j.id = ? ORDER BY c.step`,
  )
  const set = connection.prepare('UPDATE checkpoints SET present = ?, size_bytes = ? WHERE step = ? AND job = (SELECT row_id FROM training_jobs WHERE id = ?)')
  return {
    list: (job) =>
      list.all(job).map((c) => ({
        step: c.step, path: c.path, evalLoss: c.validation_loss, best: c.best === 1, sizeBytes: c.size_bytes, present: c.present === 1, modelId: c.model_id,
      })),
    set(job, step, change) {
      set.run(change.present ? 1 : 0, change.sizeBytes, step, job)
    },
  }
}
