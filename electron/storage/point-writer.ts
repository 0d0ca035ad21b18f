import { metricNames } from '../shared/metric-names'
import type { TrainingEvent } from '../shared/training-event'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { metricColumnList } from './metric-columns'

/** Rows that one statement inserts. A call and its statement cost as much as the row itself; beyond this many nothing is won. */
const rowsPerInsert = 16

/** Collects the points of one transaction, so that many go into `metric_points` by one statement. */
export interface PointWriter {
  /** `tMs` as it can be stored; `nonfinite` as bits, see `nonfiniteBits`. */
  add(job: JobRow, event: TrainingEvent & { kind: 'metrics' }, tMs: number, nonfinite: number): void
  /** Writes what is collected; to be called before the transaction ends. */
  flush(): void
  /** Drops what is collected, after a rolled-back transaction. */
  forget(): void
}

export function createPointWriter(connection: Connection): PointWriter {
  const columns = ['job', 'seq', 'step', 'epoch', 't_ms', metricColumnList, 'nonfinite', 'gpu_memory_bytes'].join(', ')
  const width = 7 + metricNames.length
  const row = `(${Array(width).fill('?').join(',')})`
  const insertOne = connection.prepare(`INSERT INTO metric_points (${columns}) VALUES ${row}`)
  const insertMany = connection.prepare(`INSERT INTO metric_points (${columns}) VALUES ${Array(rowsPerInsert).fill(row).join(',')}`)
  let values: (number | null | undefined)[] = []

  return {
    add(job, event, tMs, nonfinite) {
      const v = event.values
      values.push(
        job, event.seq, event.step, event.epoch, tMs, v.loss, v.evalLoss, v.learningRate, v.gradNorm, v.tokensPerSecond, v.samplesPerSecond, v.numTokens, v.meanTokenAccuracy,
        nonfinite, event.gpuMemoryBytes,
      )
      if (values.length < rowsPerInsert * width) return
      insertMany.run(values)
      values = []
    },
    flush() {
      for (let at = 0; at < values.length; at += width) insertOne.run(values.slice(at, at + width))
      values = []
    },
    forget() {
      values = []
    },
  }
}
