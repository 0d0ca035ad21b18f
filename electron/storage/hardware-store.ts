import type { GpuSample, HardwareSample } from '../shared/hardware'
import type { Connection } from './database'
import type { JobRow } from './job-row'
import { fromJson } from './json-column'

export interface HardwareStore {
  /** Keeps samples with a run; a second sample of the same millisecond replaces the first. */
  append(job: JobRow, samples: readonly HardwareSample[]): void
  /** At most `maxSamples`, evenly spread over the run's time, always with the last one; every sample is a real one. */
  read(job: JobRow, maxSamples: number): HardwareSample[]
}

interface SampleRow {
  readonly t_ms: number
  readonly cpu_percent: number | null
  readonly memory_used_bytes: number
  readonly memory_total_bytes: number
  readonly gpus: string
}

export function createHardwareStore(connection: Connection): HardwareStore {
  const put = connection.prepare('INSERT OR REPLACE INTO hardware_samples (job, t_ms, cpu_percent, memory_used_bytes, memory_total_bytes, gpus) VALUES (?,?,?,?,?,?)')
  const bounds = connection.prepare<[number], { first: number | null; last: number | null }>('SELECT MIN(t_ms) AS first, MAX(t_ms) AS last FROM hardware_samples WHERE job = ?')
  // The newest sample of each slice of time: with a bare column beside MAX(), SQLite takes the row that holds the maximum.
  const read = connection.prepare<{ job: number; first: number; width: number }, SampleRow>(
    `SELECT MAX(t_ms) AS t_ms, cpu_percent, memory_used_bytes, memory_total_bytes, gpus FROM hardware_samples
     WHERE job = @job GROUP BY CAST((t_ms - @first) / @width AS INTEGER) ORDER BY 1`,
  )
  const append = connection.transaction((job: JobRow, samples: readonly HardwareSample[]) => {
    for (const sample of samples) {
      put.run(job, Math.round(sample.tMs), sample.cpuPercent, sample.memoryUsedBytes, sample.memoryTotalBytes, JSON.stringify(sample.gpus))
    }
  })
  return {
    append: (job, samples) => append.immediate(job, samples),
    read(job, maxSamples) {
      const { first, last } = bounds.get(job) ?? { first: null, last: null }
      if (first === null || last === null) return []
      const width = (last - first + 1) / maxSamples
      return read.all({ job, first, width }).map((row) => ({
        tMs: row.t_ms,
        gpus: fromJson<readonly GpuSample[]>(row.gpus),
        cpuPercent: row.cpu_percent,
        memoryUsedBytes: row.memory_used_bytes,
        memoryTotalBytes: row.memory_total_bytes,
      }))
    },
  }
}
