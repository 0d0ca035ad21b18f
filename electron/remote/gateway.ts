import { AppError } from '../shared/app-error'
import { createCircuitBreaker } from './circuit-breaker'
import { systemClock } from './clock'
import { retryDelayMs, standardLimits } from './retry'
import type { BreakerState } from '../shared/connection'
import type { FailureCause } from '../shared/job-state'
import type { BreakerLimits, Pass } from './circuit-breaker'
import type { Clock } from './clock'
import type { RetryLimits } from './retry'

/** What a failed call means: `retry` may go well the same way later, `login` after the user acted, `final` never. */
export type CallFault =
  | { readonly kind: 'retry'; readonly throttled: boolean; readonly retryAfterMs: number | null; readonly cause: FailureCause }
  | { readonly kind: 'login'; readonly command: string | null; readonly cause: FailureCause }
  | { readonly kind: 'final'; readonly cause: FailureCause }

/** A call that failed for good, with its named cause. `ambiguous`: nobody knows whether it took effect (a cut line, a time-out, a 5xx). */
export class CloudError extends AppError {
  constructor(
    readonly fault: CallFault,
    readonly ambiguous: boolean,
    what: string,
    cause?: unknown,
  ) {
    const code = fault.kind === 'login' ? 'LOGIN_EXPIRED' : fault.kind === 'retry' ? 'CLOUD_UNREACHABLE' : 'CLOUD_FAILED'
    super(code, `${what}: ${fault.cause.evidence}`, { cause, data: { ...fault.cause.details, cause: fault.cause.kind, command: fault.kind === 'login' ? fault.command : null } })
    this.name = 'CloudError'
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Of one attempt. */
  readonly timeoutMs?: number
  /** False for a call that must not be repeated blindly, such as creating a job: it is tried once, and may throw an ambiguous CloudError. */
  readonly repeatable?: boolean
}

/** One connection's way out: every call to a place goes through its retries and its circuit breaker. */
export interface Gateway {
  /** `attempt` is called once or more; its signal ends with the time-out or the caller's. Throws CloudError, or AppError CANCELLED after an abort. */
  call<T>(what: string, attempt: (signal: AbortSignal) => Promise<T>, options?: CallOptions): Promise<T>
  state(): BreakerState
  /** Lets the next call through although the breaker is open. */
  retryNow(): void
}

/** True for a fault that the place gave this name to, such as `NoSuchUpload` or `ResourceNotFoundException`. */
export function hasFaultCode(error: unknown, code: string): error is CloudError {
  return error instanceof CloudError && error.fault.cause.details['code'] === code
}

export interface GatewayOptions {
  /** Names what an attempt threw. Never asked about an AppError: that passes as it is. */
  readonly classify: (error: unknown) => CallFault
  readonly onState: (state: BreakerState) => void
  readonly now?: Clock['now']
  readonly wait?: Clock['wait']
  readonly random?: () => number
  readonly limits?: RetryLimits
  readonly breaker?: BreakerLimits
}

const attemptTimeoutMs = 30_000

/** How one attempt ended, but for one that went well. */
type Bad = { readonly kind: 'cancelled' } | { readonly kind: 'own'; readonly error: AppError } | { readonly kind: 'fault'; readonly fault: CallFault }
type Outcome<T> = { readonly kind: 'done'; readonly value: T } | Bad

/** The one layer that retries: the SDKs' own retries are off. */
export function createGateway(options: GatewayOptions): Gateway {
  const { classify, onState, now = systemClock.now, wait = systemClock.wait, random = Math.random, limits = standardLimits } = options
  const breaker = createCircuitBreaker({ now, random, onState, ...(options.breaker === undefined ? {} : { limits: options.breaker }) })

  async function tryOnce<T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined, timeoutMs: number): Promise<Outcome<T>> {
    const own = new AbortController()
    const timer = new AbortController()
    const cancel = (): void => own.abort(signal?.reason)
    const ended = new Promise<never>((_resolve, reject) => own.signal.addEventListener('abort', () => reject(own.signal.reason as Error), { once: true }))
    let timedOut = false
    signal?.addEventListener('abort', cancel, { once: true })
    wait(timeoutMs, timer.signal).then(
      () => {
        timedOut = true
        own.abort(new DOMException('the attempt took too long', 'TimeoutError'))
      },
      () => undefined,
    )
    try {
      return { kind: 'done', value: await Promise.race([attempt(own.signal), ended]) }
    } catch (error) {
      if (signal?.aborted === true) return { kind: 'cancelled' }
      if (timedOut) return { kind: 'fault', fault: noAnswer(timeoutMs) }
      return error instanceof AppError ? { kind: 'own', error } : { kind: 'fault', fault: classify(error) }
    } finally {
      signal?.removeEventListener('abort', cancel)
      timer.abort()
    }
  }

  async function call<T>(what: string, attempt: (signal: AbortSignal) => Promise<T>, { signal, timeoutMs = attemptTimeoutMs, repeatable = true }: CallOptions = {}): Promise<T> {
    // A transfer's attempt may take longer than all attempts of a short call.
    const bounds = { ...limits, totalMs: Math.max(limits.totalMs, 3 * timeoutMs) }
    const beganMs = now()
    let ambiguous = false
    let last: CallFault | null = null
    for (let failures = 0; ; ) {
      if (signal?.aborted === true) throw cancelled(what)
      const pass = breaker.enter()
      if (pass === null) throw new CloudError(last ?? heldBack(breaker.state(), now()), ambiguous, what)
      const outcome = await tryOnce(attempt, signal, timeoutMs)
      settle(pass, outcome)
      if (outcome.kind === 'done') return outcome.value
      if (outcome.kind === 'cancelled') throw cancelled(what)
      if (outcome.kind === 'own') throw outcome.error
      last = outcome.fault
      ambiguous ||= mayHaveTakenEffect(last)
      failures += 1
      const delayMs = last.kind === 'retry' && repeatable ? retryDelayMs({ failures, elapsedMs: now() - beganMs, retryAfterMs: last.retryAfterMs }, bounds, random) : null
      if (delayMs === null) throw new CloudError(last, ambiguous, what)
      await wait(delayMs, signal).catch((error: unknown) => {
        throw signal?.aborted === true ? cancelled(what) : error
      })
    }
  }

  return { call, state: breaker.state, retryNow: breaker.retryNow }
}

function settle(pass: Pass, outcome: Outcome<unknown>): void {
  if (outcome.kind === 'done') pass.answered()
  else if (outcome.kind !== 'fault' || outcome.fault.kind === 'login') pass.released()
  else if (outcome.fault.kind === 'final') pass.answered()
  else pass.failed(outcome.fault.cause.evidence, outcome.fault.retryAfterMs)
}

/** A refusal (throttling) and a request that never left this machine took no effect; of every other failure that may pass, nobody knows. */
function mayHaveTakenEffect(fault: CallFault): boolean {
  return fault.kind === 'retry' && !fault.throttled && fault.cause.details['sent'] !== 'no'
}

function noAnswer(timeoutMs: number): CallFault {
  return { kind: 'retry', throttled: false, retryAfterMs: null, cause: { kind: 'unreachable', evidence: `no answer within ${Math.round(timeoutMs / 1000)} s`, details: { code: 'TimeoutError' } } }
}

/** What a call meets while the breaker is open: it is not sent. */
function heldBack({ retryAtMs, reason }: BreakerState, nowMs: number): CallFault {
  const retryAfterMs = retryAtMs === null ? null : Math.max(0, retryAtMs - nowMs)
  return { kind: 'retry', throttled: false, retryAfterMs, cause: { kind: 'unreachable', evidence: `not asked, because the last calls failed: ${reason ?? ''}`.slice(0, 2000), details: { code: 'CircuitOpen', sent: 'no' } } }
}

function cancelled(what: string): AppError {
  return new AppError('CANCELLED', `${what} was cancelled`)
}
