import { expect, it } from 'vitest'
import { runUnderFaults } from '../../support/fault-runs'

it('ten jobs at two places under faults and kills of the engine: none twice, none lost, each event once, none stuck', { timeout: 300_000 }, async () => {
  const { faults, kills, jobs, ...wrong } = await runUnderFaults({ victim: 'engine', seed: 7, jobs: 5, atOnce: 10, rate: 0.08, killWithinMs: 6_000, timeoutMs: 240_000 })
  expect(wrong).toEqual({ doubled: [], lost: [], failed: [], gaps: [], stuck: [] })
  expect(jobs).toBe(10)
  // A run without a fault proves nothing.
  expect(faults.length).toBeGreaterThan(5)
  expect(kills).toBeGreaterThan(0)
})
