import { openDatabase } from '../../../electron/storage/database'
import { createStores } from '../../../electron/storage/stores'
import { JobId } from '../../../electron/shared/ids'
import type { TrainingEvent } from '../../../electron/shared/training-event'

/** Ingests batches of uneven size without end, going on from the stored cursor, until it is killed. Line n of the run has seq n and step n. */
const [path = '', id = ''] = process.argv.slice(2)
const { jobs, ingestor } = createStores(openDatabase(path).connection)
const record = jobs.record(JobId.parse(id))
let cursor = record.eventCursor
let next = Number(cursor ?? 0)

for (let round = 0; ; round += 1) {
  const events: TrainingEvent[] = []
  for (const end = next + 1 + ((round * 37) % 300); next < end; next += 1) {
    events.push(
      next % 50 === 49
        ? { kind: 'checkpoint', seq: next, tMs: next, step: next, path: `checkpoint-${next}`, evalLoss: null, best: false }
        : { kind: 'metrics', seq: next, tMs: next, step: next, epoch: 0, values: { loss: next / 7, gradNorm: next }, nonfinite: [], gpuMemoryBytes: null },
    )
  }
  const answer = ingestor.ingest(record.row, { events, nextCursor: String(next) }, cursor)
  if (answer.kind === 'stale') throw new Error('somebody else writes')
  cursor = String(next)
  if (round === 0) process.stdout.write('writing\n')
}
