import { cpus } from 'node:os'
import type { CpuInfo } from 'node:os'

/** Busy and total milliseconds of all cores since the system started. */
function timesOf(cores: readonly CpuInfo[]): { busyMs: number; totalMs: number } {
  return cores.reduce(
    (sum, { times }) => {
      const totalMs = times.user + times.nice + times.sys + times.irq + times.idle
      return { busyMs: sum.busyMs + totalMs - times.idle, totalMs: sum.totalMs + totalMs }
    },
    { busyMs: 0, totalMs: 0 },
  )
}

/** Load of all cores together between two reads; `readCores` is the system's counters unless a test gives others. */
export class CpuMeter {
  readonly #readCores: () => readonly CpuInfo[]
  #last: { busyMs: number; totalMs: number }

  constructor(readCores: () => readonly CpuInfo[] = cpus) {
    this.#readCores = readCores
    this.#last = timesOf(readCores())
  }

  /** Percent (0..100) since the last read, null when the counters did not move (some containers hide them). */
  read(): number | null {
    const now = timesOf(this.#readCores())
    const totalMs = now.totalMs - this.#last.totalMs
    const busyMs = now.busyMs - this.#last.busyMs
    this.#last = now
    return totalMs > 0 ? Math.min(100, Math.max(0, (100 * busyMs) / totalMs)) : null
  }
}
