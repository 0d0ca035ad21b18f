import type { BreakerState } from '../shared/connection'

/** An attempt's leave to ask the place. Exactly one of the three is called when it ends. */
export interface Pass {
  /** The place lives: it did what it was asked, or refused it for good. */
  answered(): void
  /** It failed in a way that may pass. */
  failed(reason: string, retryAfterMs: number | null): void
  /** It says nothing about the place: cancelled, or never asked for want of a login. */
  released(): void
}

export interface CircuitBreaker {
  /** Null while nothing may be asked. Of an open breaker that has waited long enough, one call gets a pass: the trial. */
  enter(): Pass | null
  state(): BreakerState
  /** Makes the next call the trial although the breaker is open. */
  retryNow(): void
}

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number
  /** Doubles with each failed trial, up to `capMs`. */
  readonly openMs: number
  readonly capMs: number
  /** A place may ask for longer than `capMs`, but not for longer than this. */
  readonly longestMs: number
}

export const standardBreaker: BreakerLimits = { failures: 5, openMs: 5_000, capMs: 60_000, longestMs: 600_000 }

interface Options {
  readonly now: () => number
  readonly random: () => number
  readonly onState: (state: BreakerState) => void
  readonly limits?: BreakerLimits
}

const closed: BreakerState = { state: 'closed', retryAtMs: null, reason: null }

/** One connection's breaker; `onState` hears every change and nothing else. */
export function createCircuitBreaker({ now, random, onState, limits = standardBreaker }: Options): CircuitBreaker {
  let state = closed
  let failures = 0
  /** Times it opened since it was last closed. */
  let opened = 0
  /** Rises with each opening: what began before it says nothing about the time after it. */
  let era = 0

  function change(next: BreakerState): void {
    state = next
    onState(next)
  }
  function open(reason: string, retryAfterMs: number | null): void {
    opened += 1
    era += 1
    const waitMs = Math.min(limits.capMs, limits.openMs * 2 ** (opened - 1)) * (0.8 + 0.4 * random())
    change({ state: 'open', retryAtMs: now() + Math.round(Math.min(limits.longestMs, Math.max(waitMs, retryAfterMs ?? 0))), reason })
  }
  function close(): void {
    failures = 0
    opened = 0
    if (state.state !== 'closed') change(closed)
  }

  function ordinaryPass(): Pass {
    const began = era
    return {
      answered: close,
      failed(reason, retryAfterMs) {
        if (state.state !== 'closed' || began !== era) return
        failures += 1
        if (failures >= limits.failures) open(reason, retryAfterMs)
      },
      released: () => undefined,
    }
  }
  function trialPass(): Pass {
    const began = era
    const isTrial = (): boolean => state.state === 'half-open' && began === era
    return {
      answered: close,
      failed(reason, retryAfterMs) {
        if (isTrial()) open(reason, retryAfterMs)
      },
      released() {
        if (isTrial()) change({ state: 'open', retryAtMs: now(), reason: state.reason })
      },
    }
  }

  return {
    enter() {
      if (state.state === 'closed') return ordinaryPass()
      if (state.state === 'half-open' || now() < (state.retryAtMs ?? 0)) return null
      change({ state: 'half-open', retryAtMs: null, reason: state.reason })
      return trialPass()
    },
    state: () => state,
    retryNow() {
      if (state.state === 'open' && (state.retryAtMs ?? 0) > now()) change({ ...state, retryAtMs: now() })
    },
  }
}
