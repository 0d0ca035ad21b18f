import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../electron/domain/random'
import { retryDelayMs, standardLimits } from '../../../electron/remote/retry'

const first = { failures: 1, elapsedMs: 0, retryAfterMs: null }

describe('retryDelayMs', () => {
  it('spreads the waits over the whole range, which doubles up to the cap (catches jobs that all come back at the same moment)', () => {
    const random = seededRandom(1)
    const bounds = [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]
    for (const [index, bound] of bounds.entries()) {
      const delays = Array.from({ length: 400 }, () => retryDelayMs({ ...first, failures: index + 1 }, { ...standardLimits, attempts: 20 }, random) ?? NaN)
      expect(Math.min(...delays)).toBeLessThan(bound * 0.05)
      expect(Math.max(...delays)).toBeGreaterThan(bound * 0.95)
      expect(Math.max(...delays)).toBeLessThan(bound)
    }
  })

  it('never waits shorter than the place asked for (catches a client that is throttled for longer because it hurries)', () => {
    expect(retryDelayMs({ ...first, retryAfterMs: 7_000 }, standardLimits, () => 0.99)).toBe(7_000)
    expect(retryDelayMs({ ...first, retryAfterMs: 100 }, standardLimits, () => 0.99)).toBe(495)
  })

  it('gives up after the last attempt, and where the wait would lead beyond the time (catches a call that never comes back)', () => {
    expect(retryDelayMs({ ...first, failures: standardLimits.attempts }, standardLimits, () => 0)).toBeNull()
    expect(retryDelayMs({ ...first, elapsedMs: standardLimits.totalMs }, standardLimits, () => 0)).toBe(0)
    expect(retryDelayMs({ ...first, elapsedMs: standardLimits.totalMs, retryAfterMs: 1 }, standardLimits, () => 0)).toBeNull()
    expect(retryDelayMs({ ...first, retryAfterMs: 3_600_000 }, standardLimits, () => 0)).toBeNull()
  })
})
