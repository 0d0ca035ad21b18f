import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../electron/domain/random'
import { createGateway, CloudError } from '../../../electron/remote/gateway'
import { standardLimits } from '../../../electron/remote/retry'
import { AppError } from '../../../electron/shared/app-error'
import { fakeClock } from './fake-clock'
import type { CallFault } from '../../../electron/remote/gateway'
import type { BreakerState } from '../../../electron/shared/connection'

/** How an attempt may end; the fault it stands for, and whether the place may have done what it was asked. */
const ends = ['good', 'throttled', '500', 'malformed', 'cut', 'hang', 'refused', 'login', 'final'] as const
type End = (typeof ends)[number]
const mayTakeEffect: ReadonlySet<End> = new Set(['500', 'malformed', 'cut', 'hang'])

class Thrown extends Error {
  constructor(readonly end: End, readonly retryAfterMs: number | null) {
    super(end)
  }
}

function classify(error: unknown): CallFault {
  const { end, retryAfterMs } = error as Thrown
  if (end === 'login') return { kind: 'login', command: null, cause: { kind: 'login-expired', evidence: end, details: {} } }
  if (end === 'final') return { kind: 'final', cause: { kind: 'quota', evidence: end, details: {} } }
  return { kind: 'retry', throttled: end === 'throttled', retryAfterMs, cause: { kind: 'unreachable', evidence: end, details: end === 'refused' ? { sent: 'no' } : {} } }
}

interface Attempt {
  readonly startMs: number
  readonly end: End
  readonly retryAfterMs: number | null
  endMs: number | null
}
interface Call {
  readonly repeatable: boolean
  readonly abortAfterMs: number | null
  readonly attempts: Attempt[]
  result: string | Error
}

/** One world: a few callers that ask one place again and again while it fails as the seed says. */
async function world(seed: number) {
  const random = seededRandom(seed)
  const clock = fakeClock()
  const states: BreakerState[] = []
  const breaches: string[] = []
  const gateway = createGateway({ classify, onState: (state) => states.push(state), now: clock.now, wait: clock.wait, random })
  // A place has good and bad times.
  let badness = random()
  const weights = ends.map(() => random())
  let trials = 0

  const drawEnd = (): End => {
    if (random() < 0.05) badness = random()
    if (random() > badness) return 'good'
    let at = random() * weights.reduce((sum, weight) => sum + weight, 0)
    return ends.find((_end, index) => (at -= weights[index] ?? 0) <= 0) ?? 'good'
  }
  const attempt = (call: Call) => async (signal: AbortSignal): Promise<string> => {
    const { state } = gateway.state()
    if (state === 'open') breaches.push('an attempt began while the breaker was open')
    if (state === 'half-open' && ++trials > 1) breaches.push('a second trial began beside the first')
    const made: Attempt = { startMs: clock.now(), end: drawEnd(), retryAfterMs: random() < 0.3 ? Math.floor(random() * 20_000) : null, endMs: null }
    call.attempts.push(made)
    try {
      if (made.end === 'hang') return await new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
      await clock.wait(Math.floor(random() * 4_000), signal)
      if (made.end === 'good') return 'good'
      throw new Thrown(made.end, made.retryAfterMs)
    } finally {
      made.endMs = clock.now()
      if (state === 'half-open') trials -= 1
    }
  }
  async function caller(): Promise<readonly Call[]> {
    const calls: Call[] = []
    for (let left = 1 + Math.floor(random() * 6); left > 0; left -= 1) {
      const call: Call = { repeatable: random() < 0.7, abortAfterMs: random() < 0.15 ? Math.floor(random() * 15_000) : null, attempts: [], result: '' }
      calls.push(call)
      const stop = new AbortController()
      const { abortAfterMs } = call
      const timer = new AbortController()
      if (abortAfterMs !== null) clock.wait(abortAfterMs, timer.signal).then(() => stop.abort(), () => undefined)
      call.result = await gateway.call('ask', attempt(call), { signal: stop.signal, repeatable: call.repeatable, timeoutMs: 5_000 }).catch((error: unknown) => error as Error)
      timer.abort()
      if (random() < 0.05) gateway.retryNow()
      await clock.wait(Math.floor(random() * 3_000))
    }
    return calls
  }
  const calls = (await clock.until(Promise.all(Array.from({ length: 1 + Math.floor(random() * 5) }, caller)))).flat()
  return { calls, states, breaches, timersLeft: clock.timers }
}

const follows: Readonly<Record<BreakerState['state'], readonly BreakerState['state'][]>> = { closed: ['open'], open: ['half-open', 'closed', 'open'], 'half-open': ['open', 'closed'] }

/** What must hold of one call, whatever the place did. */
function breachesOf({ repeatable, abortAfterMs, attempts, result }: Call): readonly string[] {
  const found: string[] = []
  const last = attempts.at(-1)
  if (attempts.length > (repeatable ? standardLimits.attempts : 1)) found.push(`${attempts.length} attempts`)
  if ((last?.startMs ?? 0) - (attempts[0]?.startMs ?? 0) > standardLimits.totalMs) found.push('went on for too long')
  attempts.slice(1).forEach((next, index) => {
    const before = attempts[index]
    if (before === undefined || before.endMs === null || before.end === 'good' || before.end === 'login' || before.end === 'final') found.push(`went on after ${before?.end}`)
    else if (before.end !== 'hang' && next.startMs < before.endMs + (before.retryAfterMs ?? 0)) found.push('came back earlier than it was asked to')
  })
  if (result === 'good') return last?.end === 'good' ? found : [...found, `good after ${last?.end}`]
  if (result instanceof CloudError) {
    const possible = attempts.some(({ end }) => mayTakeEffect.has(end))
    if (result.ambiguous !== possible) found.push(`ambiguous ${result.ambiguous} after ${attempts.map(({ end }) => end).join(', ')}`)
    if (last !== undefined && classify(new Thrown(last.end, null)).kind !== result.fault.kind) found.push(`${result.fault.kind} after ${last.end}`)
    return last?.end === 'good' ? [...found, 'failed after a good answer'] : found
  }
  const cancelled = result instanceof AppError && result.code === 'CANCELLED' && abortAfterMs !== null
  return cancelled ? found : [...found, `ended with ${String(result)}`]
}

describe('the gateway under random faults', () => {
  it('2,000 worlds: every call ends, none is repeated that must not be, none breaks the breaker or a wait it was told (catches what no example thought of)', async () => {
    const seen = { calls: 0, attempts: 0, opened: 0, cancelled: 0, ambiguous: 0, good: 0 }
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const { calls, states, breaches, timersLeft } = await world(seed)
      const unlawful = states.filter(({ state }, index) => !follows[states[index - 1]?.state ?? 'closed'].includes(state)).map(({ state }) => `an unlawful change to ${state}`)
      const untold = states.filter(({ state, retryAtMs, reason }) => (state === 'open') !== (retryAtMs !== null) || (state === 'closed') !== (reason === null)).map(({ state }) => `${state} without its facts`)
      expect({ seed, breaches: [...breaches, ...unlawful, ...untold, ...calls.flatMap(breachesOf)], timersLeft }).toEqual({ seed, breaches: [], timersLeft: 0 })
      seen.calls += calls.length
      seen.attempts += calls.reduce((sum, { attempts }) => sum + attempts.length, 0)
      seen.opened += states.filter(({ state }) => state === 'open').length
      seen.cancelled += calls.filter(({ result }) => result instanceof AppError && result.code === 'CANCELLED').length
      seen.ambiguous += calls.filter(({ result }) => result instanceof CloudError && result.ambiguous).length
      seen.good += calls.filter(({ result }) => result === 'good').length
    }
    // The worlds hold enough of everything that the invariants speak of.
    expect(seen.calls).toBeGreaterThan(12_000)
    for (const count of [seen.opened, seen.cancelled, seen.ambiguous, seen.good]) expect(count).toBeGreaterThan(200)
  }, 60_000)
})
