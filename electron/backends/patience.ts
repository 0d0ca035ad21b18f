import type { RunPhase } from '../shared/cloud'
import { CloudError } from '../remote/gateway'
import type { Clock } from '../remote/clock'

/** How long a call that can't go through now is put off. */
export interface PatienceLimits {
  /** After the first failure; it doubles up to `mostMs`. */
  readonly leastMs: number
  readonly mostMs: number
  /** Between two looks whether the user has logged in again. */
  readonly loginMs: number
}
export const standardPatience: PatienceLimits = { leastMs: 2_000, mostMs: 60_000, loginMs: 15_000 }

/** A job that a place does not know any more is lost only when it says so so many looks in a row. */
export const missingLooks = 3

/**
 * A call that waits for its place as long as it takes: an outage, throttling or a login that has run out is a phase, not an end. Gives
 * phases while it waits. Throws what is final, and what comes of an abort.
 */
export async function* patiently<T>(call: () => Promise<T>, { clock, limits, signal }: { readonly clock: Clock; readonly limits: PatienceLimits; readonly signal?: AbortSignal }): AsyncGenerator<RunPhase, T, undefined> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof CloudError) || error.fault.kind === 'final') throw error
      yield waitingPhase(error, clock.now())
      await clock.wait(delayOf(error, failures, limits), signal)
    }
  }
}

/** What a run that waits for its place shows. */
export function waitingPhase({ fault }: CloudError, atMs: number): RunPhase {
  const evidence = fault.cause.evidence.split('\n')[0]?.slice(0, 300) ?? ''
  if (fault.kind === 'login') return { text: `The login or key is no longer accepted: ${evidence}`, ratio: null, atMs, attention: true, command: fault.command }
  return { text: `Waiting for the place to answer: ${evidence}`, ratio: null, atMs, attention: false, command: null }
}

/** How long to wait before the next try, in milliseconds; `failures` counts from 0. */
export function delayOf({ fault }: CloudError, failures: number, { leastMs, mostMs, loginMs }: PatienceLimits): number {
  if (fault.kind === 'login') return loginMs
  const asked = fault.kind === 'retry' ? (fault.retryAfterMs ?? 0) : 0
  return Math.max(asked, Math.min(mostMs, leastMs * 2 ** Math.min(failures, 10)))
}

/** Runs a generator of phases to its result. */
export async function drive<T>(steps: AsyncGenerator<RunPhase, T, undefined>, onPhase: (phase: RunPhase) => void): Promise<T> {
  for (;;) {
    const step = await steps.next()
    if (step.done === true) return step.value
    onPhase(step.value)
  }
}
