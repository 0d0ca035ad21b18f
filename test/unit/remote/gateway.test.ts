import { describe, expect, it } from 'vitest'
import { createGateway, CloudError, hasFaultCode } from '../../../electron/remote/gateway'
import { AppError } from '../../../electron/shared/app-error'
import { fakeClock } from './fake-clock'
import type { CallFault } from '../../../electron/remote/gateway'
import type { BreakerState } from '../../../electron/shared/connection'

const retry = (more: Partial<CallFault & { kind: 'retry' }> = {}): CallFault => ({ kind: 'retry', throttled: false, retryAfterMs: null, cause: { kind: 'unreachable', evidence: 'HTTP 503', details: { code: 'ServiceUnavailable' } }, ...more })
const login: CallFault = { kind: 'login', command: 'aws sso login', cause: { kind: 'login-expired', evidence: 'expired', details: {} } }
const final: CallFault = { kind: 'final', cause: { kind: 'quota', evidence: 'is 0 Instances', details: { code: 'ResourceLimitExceeded' } } }
const refused = retry({ cause: { kind: 'unreachable', evidence: 'ECONNREFUSED', details: { sent: 'no' } } })

/** What an attempt throws; the gateway's `classify` reads it. */
class Thrown extends Error {
  constructor(readonly fault: CallFault) {
    super('thrown')
  }
}

type End = CallFault | 'hang' | 'good'

function setUp() {
  const clock = fakeClock()
  const heard: BreakerState[] = []
  const gateway = createGateway({ classify: (error) => (error as Thrown).fault, onState: (state) => heard.push(state), now: clock.now, wait: clock.wait, random: () => 0.5 })
  const starts: number[] = []
  const startMs = clock.now()
  /** An attempt that ends as the list says, one entry a time; 'hang' never answers, and ignores its signal. */
  const attempts = (...ends: readonly End[]) => {
    let at = 0
    return (): Promise<string> => {
      starts.push(clock.now() - startMs)
      const end = ends[Math.min(at++, ends.length - 1)] ?? 'good'
      return end === 'good' ? Promise.resolve('good') : end === 'hang' ? new Promise<never>(() => undefined) : Promise.reject(new Thrown(end))
    }
  }
  const failure = async (promise: Promise<unknown>): Promise<CloudError> => {
    const error: unknown = await clock.until(promise).catch((thrown: unknown) => thrown)
    return error instanceof CloudError ? error : expect.fail(`not a CloudError: ${String(error)}`)
  }
  return { clock, gateway, heard, starts, attempts, failure }
}

describe('createGateway', () => {
  it('tries again after a fault that may pass, with growing waits (catches a job that dies of one 503)', async () => {
    const { clock, gateway, starts, attempts } = setUp()
    expect(await clock.until(gateway.call('ask', attempts(retry(), retry(), retry(), 'good')))).toBe('good')
    expect(starts).toEqual([0, 250, 750, 1_750])
    expect(clock.timers).toBe(0)
  })

  it('honours what the place asks for (catches a client that hammers a place that throttles)', async () => {
    const { clock, gateway, starts, attempts } = setUp()
    await clock.until(gateway.call('ask', attempts(retry({ throttled: true, retryAfterMs: 11_000 }), 'good')))
    expect(starts).toEqual([0, 11_000])
  })

  it('gives up with the last fault when its tries are over (catches an endless loop)', async () => {
    const { gateway, starts, attempts, failure } = setUp()
    const error = await failure(gateway.call('list jobs', attempts(retry())))
    expect(starts).toHaveLength(5)
    expect(error).toMatchObject({ code: 'CLOUD_UNREACHABLE', message: 'list jobs: HTTP 503', ambiguous: true, fault: { kind: 'retry' } })
    expect(hasFaultCode(error, 'ServiceUnavailable')).toBe(true)
  })

  it('tries a call that must not be repeated once (catches a job that is created twice)', async () => {
    const { gateway, starts, attempts, failure } = setUp()
    expect((await failure(gateway.call('create', attempts(retry()), { repeatable: false }))).ambiguous).toBe(true)
    expect((await failure(gateway.call('create', attempts('hang'), { repeatable: false, timeoutMs: 20_000 }))).ambiguous).toBe(true)
    expect((await failure(gateway.call('create', attempts(refused), { repeatable: false }))).ambiguous).toBe(false)
    expect((await failure(gateway.call('create', attempts(retry({ throttled: true })), { repeatable: false }))).ambiguous).toBe(false)
    expect((await failure(gateway.call('create', attempts(final), { repeatable: false }))).ambiguous).toBe(false)
    expect(starts).toHaveLength(5)
  })

  it('ends an attempt that takes too long, even one that ignores its signal (catches a call that hangs for ever)', async () => {
    const { clock, gateway, starts, attempts } = setUp()
    expect(await clock.until(gateway.call('ask', attempts('hang', 'good'), { timeoutMs: 3_000 }))).toBe('good')
    expect(starts).toEqual([0, 3_250])
  })

  it('tells the attempt that its time is over (catches a request that goes on beside its successor)', async () => {
    const { clock, gateway } = setUp()
    const reasons: unknown[] = []
    const attempt = (signal: AbortSignal) => new Promise<string>((resolve) => (reasons.length === 0 ? signal.addEventListener('abort', () => reasons.push(signal.reason)) : resolve('good')))
    await clock.until(gateway.call('ask', attempt, { timeoutMs: 1_000 }))
    expect(reasons).toMatchObject([{ name: 'TimeoutError' }])
  })

  it('ends with CANCELLED wherever the abort meets it (catches a Stop that waits for a back-off)', async () => {
    const { clock, gateway, heard, starts, attempts } = setUp()
    const abortAfter = async (ms: number, ...ends: readonly End[]): Promise<unknown> => {
      const stop = new AbortController()
      const call = gateway.call('ask', attempts(...ends), { signal: stop.signal }).catch((error: unknown) => error)
      if (ms > 0) await clock.pass(ms)
      stop.abort()
      return await clock.until(call)
    }
    expect(await abortAfter(10_000, 'hang')).toMatchObject({ code: 'CANCELLED', message: 'ask was cancelled' })
    expect(await abortAfter(100, retry())).toMatchObject({ code: 'CANCELLED' })
    expect(await gateway.call('ask', attempts('good'), { signal: AbortSignal.abort() }).catch((error: unknown) => error)).toMatchObject({ code: 'CANCELLED' })
    expect(starts).toHaveLength(2)
    expect(clock.timers).toBe(0)
    expect(heard).toEqual([])
  })

  it('neither repeats nor counts a login that ran out (catches a breaker that opens because the user slept)', async () => {
    const { gateway, heard, starts, attempts, failure } = setUp()
    for (let call = 0; call < 10; call += 1) expect(await failure(gateway.call('ask', attempts(login)))).toMatchObject({ code: 'LOGIN_EXPIRED', ambiguous: false, data: { command: 'aws sso login' } })
    expect(starts).toHaveLength(10)
    expect(heard).toEqual([])
  })

  it('a refusal for good is an answer: it is not repeated, and the place lives (catches a quota that looks like an outage)', async () => {
    const { clock, gateway, heard, attempts, failure } = setUp()
    for (let call = 0; call < 4; call += 1) await failure(gateway.call('ask', attempts(retry()), { repeatable: false }))
    expect(await failure(gateway.call('ask', attempts(final)))).toMatchObject({ code: 'CLOUD_FAILED', data: { cause: 'quota' } })
    for (let call = 0; call < 4; call += 1) await failure(gateway.call('ask', attempts(retry()), { repeatable: false }))
    expect(heard).toEqual([])
    await failure(gateway.call('ask', attempts(retry()), { repeatable: false }))
    await clock.pass(5_000)
    await failure(gateway.call('ask', attempts(final)))
    expect(heard.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed'])
  })

  it('fails at once while the breaker is open, and says when it asks again (catches fifty jobs that each wait out a dead place)', async () => {
    const { clock, gateway, heard, starts, attempts, failure } = setUp()
    await failure(gateway.call('ask', attempts(retry())))
    expect(heard).toEqual([{ state: 'open', retryAtMs: clock.now() + 5_000, reason: 'HTTP 503' }])
    const before = { asked: starts.length, atMs: clock.now() }
    const error = await failure(gateway.call('create', attempts('good'), { repeatable: false }))
    expect(error).toMatchObject({ code: 'CLOUD_UNREACHABLE', ambiguous: false, fault: { kind: 'retry', retryAfterMs: 5_000, cause: { kind: 'unreachable' } } })
    expect({ asked: starts.length, atMs: clock.now() }).toEqual(before)
    await clock.pass(5_000)
    expect(await clock.until(gateway.call('ask', attempts('good')))).toBe('good')
    expect(gateway.state().state).toBe('closed')
  })

  it('stops a call between its tries when the breaker opens (catches waiting calls that storm a place that just came back)', async () => {
    const { clock, gateway, starts, attempts } = setUp()
    const calls = Array.from({ length: 10 }, () => gateway.call('ask', attempts(retry())).catch((error: unknown) => error))
    const errors = await clock.until(Promise.all(calls))
    expect(starts).toHaveLength(10)
    expect(errors.every((error) => error instanceof CloudError && error.ambiguous && error.fault.cause.evidence === 'HTTP 503')).toBe(true)
  })

  it('a fault of our own passes as it is (catches a full disk that is called an outage)', async () => {
    const { clock, gateway, heard } = setUp()
    const full = new AppError('DISK_FULL', 'the disk is full')
    for (let call = 0; call < 6; call += 1) await expect(clock.until(gateway.call('fetch', () => Promise.reject(full)))).rejects.toBe(full)
    expect(heard).toEqual([])
  })

  it('remembers that an earlier try may have taken effect (catches a job that is taken for not created because the second try was refused)', async () => {
    const { gateway, attempts, failure } = setUp()
    expect((await failure(gateway.call('tag', attempts('hang', refused)))).ambiguous).toBe(true)
    expect((await failure(gateway.call('tag', attempts(refused, final)))).ambiguous).toBe(false)
  })

  it('gives a long transfer the time for its tries (catches an upload of a part that is tried once)', async () => {
    const { clock, gateway, starts, attempts } = setUp()
    await clock.until(gateway.call('send part', attempts('hang', 'hang', 'good'), { timeoutMs: 300_000 }))
    expect(starts).toEqual([0, 300_250, 600_750])
  })
})
