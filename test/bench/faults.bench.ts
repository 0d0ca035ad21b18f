import { expect, it } from 'vitest'
import { runUnderFaults } from '../support/fault-runs'
import { option, report, rowOf } from './rows'

/**
 * Jobs at both kinds of place while one request in eight fails (429, 500, cut, spoilt, late or lost answers) and the engine is killed with -9
 * at random. Their script has no torch; everything else is real. `--rounds` is the number of jobs.
 */
const jobs = option('rounds', 280)
const seed = Number(process.env['BENCH_SEED'] ?? Date.now() % 100_000)

it('makes each job once and loses nothing under faults', async () => {
  const { faults, kills, jobs: made, ...wrong } = await runUnderFaults({ victim: 'engine', seed, jobs: Math.ceil(jobs / 2), atOnce: 24, rate: 0.12, killWithinMs: 6_000, timeoutMs: 1_500_000 })
  process.stdout.write(`\n  seed ${seed}: ${made} jobs, ${faults.length} faults, ${kills} kills\n${JSON.stringify(wrong)}\n`)
  const none = (count: number): boolean => count === 0
  const row = (figure: string, names: readonly string[]) => rowOf({ figure, bound: `0 of ${made}`, unit: 'jobs' }, [names.length], none)
  report(
    row('faults: jobs made twice at their place', wrong.doubled), row('faults: jobs lost', wrong.lost), row('faults: jobs with an event lost or doubled', wrong.gaps),
    row('faults: jobs that stuck', wrong.stuck), row('faults: jobs that failed', wrong.failed),
    rowOf({ figure: 'faults: kills of the engine', bound: null, unit: 'kills' }, [kills], null), rowOf({ figure: 'faults: requests that met a fault', bound: null, unit: 'requests' }, [faults.length], null),
  )
  expect(Object.values(wrong).flat()).toEqual([])
}, 1_800_000)
