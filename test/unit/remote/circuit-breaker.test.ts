import { describe, expect, it } from 'vitest'
import { createCircuitBreaker, standardBreaker } from '../../../electron/remote/circuit-breaker'
import type { BreakerState } from '../../../electron/shared/connection'

function setUp() {
  const heard: BreakerState[] = []
  const time = { nowMs: 1_000_000 }
  const breaker = createCircuitBreaker({ now: () => time.nowMs, random: () => 0.5, onState: (state) => heard.push(state) })
  const pass = () => breaker.enter() ?? expect.fail('the breaker let nothing through')
  const fail = (times = standardBreaker.failures): void => {
    for (let count = 0; count < times; count += 1) pass().failed('down', null)
  }
  return { breaker, heard, time, pass, fail }
}

describe('createCircuitBreaker', () => {
  it('opens after failures in a row, and one good answer starts the count anew (catches a place that is closed for one bad minute in an hour)', () => {
    const { breaker, heard, pass, fail } = setUp()
    fail(4)
    pass().answered()
    fail(4)
    expect(heard).toEqual([])
    pass().failed('HTTP 503', null)
    expect(heard).toEqual([{ state: 'open', retryAtMs: 1_005_000, reason: 'HTTP 503' }])
    expect(breaker.enter()).toBeNull()
  })

  it('lets one trial through when the time has come, and closes when it goes well (catches a dead place that fifty jobs ask at once)', () => {
    const { breaker, heard, time, pass, fail } = setUp()
    fail()
    time.nowMs += 4_999
    expect(breaker.enter()).toBeNull()
    time.nowMs += 1
    const trial = pass()
    expect(breaker.state()).toEqual({ state: 'half-open', retryAtMs: null, reason: 'down' })
    expect(breaker.enter()).toBeNull()
    trial.answered()
    expect(heard.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed'])
    expect(breaker.state()).toEqual({ state: 'closed', retryAtMs: null, reason: null })
    fail(4)
    expect(breaker.state().state).toBe('closed')
  })

  it('stays open longer with each failed trial, up to a minute, and begins anew once it was closed (catches a place that is asked every five seconds all night)', () => {
    const { breaker, time, pass, fail } = setUp()
    fail()
    const waits: number[] = []
    for (let round = 0; round < 6; round += 1) {
      time.nowMs = breaker.state().retryAtMs ?? NaN
      pass().failed('still down', null)
      waits.push((breaker.state().retryAtMs ?? NaN) - time.nowMs)
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000])
    time.nowMs = breaker.state().retryAtMs ?? NaN
    pass().answered()
    fail()
    expect((breaker.state().retryAtMs ?? NaN) - time.nowMs).toBe(5_000)
  })

  it('keeps to what the place asked for, within reason (catches a trial that comes too early, and a header that shuts a place for a year)', () => {
    const { breaker, time, pass, fail } = setUp()
    fail(4)
    pass().failed('429', 90_000)
    expect((breaker.state().retryAtMs ?? NaN) - time.nowMs).toBe(90_000)
    time.nowMs += 90_000
    pass().failed('429', 31_536_000_000)
    expect((breaker.state().retryAtMs ?? NaN) - time.nowMs).toBe(standardBreaker.longestMs)
  })

  it('a trial that says nothing about the place leaves the next call to be the trial (catches a breaker that stays half-open for ever)', () => {
    const { breaker, time, pass, fail } = setUp()
    fail()
    time.nowMs += 5_000
    pass().released()
    expect(breaker.state()).toEqual({ state: 'open', retryAtMs: time.nowMs, reason: 'down' })
    pass().answered()
    expect(breaker.state().state).toBe('closed')
  })

  it('does not count what began before it opened, but believes its good answer (catches a slow upload that opens the breaker once more)', () => {
    const { breaker, time, pass, fail, heard } = setUp()
    const [slow, slower] = [pass(), pass()]
    fail()
    slow.failed('cut', null)
    expect(heard).toHaveLength(1)
    time.nowMs += 5_000
    const trial = pass()
    slower.answered()
    expect(breaker.state().state).toBe('closed')
    trial.failed('down', null)
    expect(breaker.state().state).toBe('closed')
  })

  it('retryNow makes the next call the trial and does nothing else (catches a button that opens the gate for all jobs)', () => {
    const { breaker, time, pass, fail, heard } = setUp()
    breaker.retryNow()
    fail()
    breaker.retryNow()
    expect(breaker.state()).toEqual({ state: 'open', retryAtMs: time.nowMs, reason: 'down' })
    pass()
    expect(breaker.enter()).toBeNull()
    breaker.retryNow()
    expect(breaker.enter()).toBeNull()
    expect(heard.map(({ state }) => state)).toEqual(['open', 'open', 'half-open'])
  })
})
