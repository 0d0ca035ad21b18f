import { setTimeout as sleep } from 'node:timers/promises'

/** Time as the remote layer sees it, so that tests can bring their own. */
export interface Clock {
  now(): number
  /** Rejects when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
}
