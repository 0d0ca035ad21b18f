import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../electron/domain/random'
import { createPace, lookDelayMs } from '../../../electron/remote/pace'
import { fakeClock } from './fake-clock'

/** Looks for as long as it is let, and notes when. */
function watcher(random: () => number, changes: (look: number) => boolean = () => false) {
  const clock = fakeClock()
  const pace = createPace({ wait: clock.wait, random })
  const startMs = clock.now()
  const looks: number[] = []
  const stop = new AbortController()
  const ended = (async () => {
    for (;;) {
      await pace.next(stop.signal)
      looks.push(clock.now() - startMs)
      if (changes(looks.length)) pace.changed()
    }
  })()
  return { clock, pace, looks, stop, ended }
}

describe('createPace', () => {
  it('looks at once, then after 2, 6, 18 and every 30 s while nothing changes (catches a place that is asked every second)', async () => {
    const { clock, looks } = watcher(() => 0)
    await clock.pass(120_000)
    expect(looks).toEqual([0, 2_000, 8_000, 26_000, 56_000, 86_000, 116_000])
  })

  it('50 jobs of two requests a look stay under one request per job and 10 s (catches the figure of the issue slipping)', async () => {
    const random = seededRandom(7)
    for (let job = 0; job < 50; job += 1) {
      const { clock, looks } = watcher(random)
      await clock.pass(600_000)
      for (const fromMs of [1, 60_000, 300_000, 480_000]) {
        const within = looks.filter((at) => at >= fromMs && at < fromMs + 120_000).length
        expect((within * 2) / 120).toBeLessThanOrEqual(0.1)
      }
      expect(Math.max(...looks.slice(1).map((at, index) => at - (looks[index] ?? 0)))).toBeLessThanOrEqual(30_000)
    }
  })

  it('jobs that began together drift apart (catches fifty requests in the same second)', () => {
    const random = seededRandom(3)
    const delays = new Set(Array.from({ length: 50 }, () => lookDelayMs(9, random)))
    expect(delays.size).toBeGreaterThan(45)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(27_000)
  })

  it('comes back to 2 s after a change (catches a live curve that is half a minute old)', async () => {
    const { clock, looks } = watcher(() => 0, (look) => look >= 5)
    await clock.pass(64_000)
    expect(looks).toEqual([0, 2_000, 8_000, 26_000, 56_000, 58_000, 60_000, 62_000, 64_000])
  })

  it('wake brings the look at once, waiting or not (catches a Stop whose effect shows half a minute later)', async () => {
    const { clock, pace, looks } = watcher(() => 0)
    await clock.pass(60_000)
    pace.wake()
    await clock.pass(1_999)
    expect(looks.at(-1)).toBe(60_000)
    await clock.pass(1)
    expect(looks.at(-1)).toBe(62_000)

    const idle = createPace({ wait: clock.wait, random: () => 0 })
    await idle.next()
    idle.wake()
    await idle.next()
    expect(clock.timers).toBe(1)
  })

  it('ends with its signal and leaves no timer (catches a job that is asked for after it ended)', async () => {
    const { clock, stop, ended } = watcher(() => 0)
    await clock.pass(5_000)
    stop.abort(new Error('over'))
    await expect(ended).rejects.toThrow('over')
    expect(clock.timers).toBe(0)
  })
})
