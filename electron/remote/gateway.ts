import { AppError } from '../shared/app-error'
import type { BreakerState } from '../shared/connection'
import type { FailureCause } from '../shared/job-state'

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
    super(code, `${what}: ${fault.cause.evidence}`, { cause, data: { cause: fault.cause.kind, command: fault.kind === 'login' ? fault.command : null } })
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
