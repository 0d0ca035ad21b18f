import { systemClock } from './clock'
import type { Clock } from './clock'

/** How often a place is asked whether something is new. */
export interface Pace {
  /** Resolves when the next look is due; the first one is due at once. Rejects when the signal aborts. */
  next(signal?: AbortSignal): Promise<void>
  /** The last look found something new: the next one comes soon. */
  changed(): void
  /** A look is due now, and the following ones come soon: the user acted, or the line is back. */
  wake(): void
}

const soonMs = 2_000
const longestMs = 30_000
const growth = 3

/**
 * The wait before the next look after `quiet` looks in a row that found nothing new: 2, 6, 18, then 30 s, shortened by up to a tenth so
 * that many jobs don't ask at the same moment. With two requests a look that is at most one per 10 s over any two minutes without change.
 */
export function lookDelayMs(quiet: number, random: () => number): number {
  return Math.round(Math.min(longestMs, soonMs * growth ** Math.min(quiet, 10)) * (1 - 0.1 * random()))
}

/** A pace for one job. One caller at a time waits in `next`. */
export function createPace({ wait, random }: { readonly wait: Clock['wait']; readonly random: () => number } = { wait: systemClock.wait, random: Math.random }): Pace {
  let quiet = 0
  let due = true
  let waiting: AbortController | null = null

  /** True when it was cut short by `wake`. */
  async function pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const controller = new AbortController()
    waiting = controller
    try {
      await wait(ms, signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]))
      return false
    } catch (error) {
      if (signal?.aborted === true || !controller.signal.aborted) throw error
      return true
    } finally {
      waiting = null
    }
  }

  return {
    async next(signal) {
      signal?.throwIfAborted()
      if (!due && !(await pause(lookDelayMs(quiet, random), signal))) quiet += 1
      due = false
    },
    changed: () => void (quiet = 0),
    wake() {
      quiet = 0
      due = waiting === null
      waiting?.abort()
    },
  }
}
