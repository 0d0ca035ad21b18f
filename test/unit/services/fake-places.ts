import type { Gateway } from '../../../electron/remote/gateway'
import type { BreakerState } from '../../../electron/shared/connection'

/** A fake way to a place: calls go straight through; the test moves its breaker. */
export function createFakeGateway(onState: (state: BreakerState) => void) {
  let state: BreakerState = { state: 'closed', retryAtMs: null, reason: null }
  let retries = 0
  const gateway: Gateway = {
    call: (_what, attempt) => attempt(new AbortController().signal),
    state: () => state,
    retryNow() {
      retries += 1
      if (state.state === 'open') state = { ...state, retryAtMs: 0 }
    },
  }
  return {
    gateway,
    retries: () => retries,
    breakTo(next: BreakerState) {
      state = next
      onState(next)
    },
  }
}
export type FakeGateway = ReturnType<typeof createFakeGateway>

/** A promise that the test settles. */
export function deferred<T>() {
  return Promise.withResolvers<T>()
}
