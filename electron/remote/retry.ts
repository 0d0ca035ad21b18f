/** How often and how long one call is tried. */
export interface RetryLimits {
  readonly attempts: number
  /** From the first attempt to the start of the last one. */
  readonly totalMs: number
  /** Upper bound of the first wait; it doubles with each failure, up to `capMs`. */
  readonly baseMs: number
  readonly capMs: number
}

export const standardLimits: RetryLimits = { attempts: 5, totalMs: 120_000, baseMs: 500, capMs: 20_000 }

/** Where a call stands after a failed attempt. */
export interface RetryState {
  /** Attempts that failed so far, 1 or more. */
  readonly failures: number
  readonly elapsedMs: number
  /** What the place asked for with the last failure. */
  readonly retryAfterMs: number | null
}

/**
 * The wait before the next attempt, or null when there is none. Full jitter: uniform in [0, min(cap, base x 2^(n-1))), as in AWS's
 * "Exponential Backoff And Jitter"; never shorter than the place asked for.
 */
export function retryDelayMs({ failures, elapsedMs, retryAfterMs }: RetryState, limits: RetryLimits, random: () => number): number | null {
  if (failures >= limits.attempts) return null
  const jittered = Math.floor(random() * Math.min(limits.capMs, limits.baseMs * 2 ** (failures - 1)))
  const delay = Math.max(jittered, retryAfterMs ?? 0)
  return elapsedMs + delay > limits.totalMs ? null : delay
}
