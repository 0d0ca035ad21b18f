import type { Clock } from '../../../electron/remote/clock'

export interface FakeClock extends Clock {
  /** Lets time pass until the promise settles: whenever nothing else is left to do, the clock jumps to the next timer. */
  until<T>(promise: Promise<T>): Promise<T>
  /** Lets this much time pass, timer by timer. */
  pass(ms: number): Promise<void>
  /** Timers that are running. */
  readonly timers: number
}

interface Timer {
  readonly atMs: number
  readonly ring: () => void
}

/** Time that passes only when a test says so. */
export function fakeClock(startMs = 1_700_000_000_000): FakeClock {
  let nowMs = startMs
  const timers = new Set<Timer>()
  const next = (): Timer | undefined => [...timers].sort((a, b) => a.atMs - b.atMs)[0]
  /** All that can happen without time passing has happened. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  async function pass(ms: number): Promise<void> {
    const endMs = nowMs + ms
    await settled()
    for (let timer = next(); timer !== undefined && timer.atMs <= endMs; timer = next()) {
      nowMs = timer.atMs
      timer.ring()
      await settled()
    }
    nowMs = endMs
  }

  return {
    now: () => nowMs,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error)
        const stop = (): void => {
          timers.delete(timer)
          reject(signal?.reason as Error)
        }
        const timer: Timer = {
          atMs: nowMs + ms,
          ring() {
            timers.delete(timer)
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        timers.add(timer)
        signal?.addEventListener('abort', stop, { once: true })
      }),
    async until(promise) {
      let open = true
      const close = (): void => void (open = false)
      promise.then(close, close)
      for (await settled(); open; await settled()) {
        const timer = next()
        if (timer === undefined) throw new Error('nothing is left that could settle the promise')
        nowMs = Math.max(nowMs, timer.atMs)
        timer.ring()
      }
      return await promise
    },
    pass,
    get timers() {
      return timers.size
    },
  }
}
