import { metricNames } from '../shared/metric-names'
import type { TrainingEvent } from '../shared/training-event'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { metricColumnList, nonfiniteBits } from './metric-columns'
import { storableTime } from './storable-time'

/** Rows that one statement inserts. A call and its statement cost as much as the row itself; beyond this many nothing is won. */
const rowsPerInsert = 16

/** Collects the points of one transaction, so that many go into `metric_points` by one statement. */
export interface PointWriter {
  add(job: JobRow, event: TrainingEvent & { kind: 'metrics' }): void
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
    add(job, event) {
      const v = event.values
      values.push(
        job, event.seq, event.step, event.epoch, storableTime(event.tMs), v.loss, v.evalLoss, v.learningRate, v.gradNorm, v.tokensPerSecond, v.samplesPerSecond, v.numTokens, v.meanTokenAccuracy,
        nonfiniteBits(event.nonfinite), event.gpuMemoryBytes,
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
