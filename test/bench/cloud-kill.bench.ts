import type { Page } from 'playwright'
import { expect, it } from 'vitest'
import { killApp } from '../e2e/pages/processes'
import { ask } from '../e2e/pages/tunesmith'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { runUnderFaults } from '../support/fault-runs'
import type { Victim } from '../support/fault-runs'
import type { EngineProcessOptions } from '../support/engine-process'
import { option, report, rowOf } from './rows'

/** The same as `faults`, with the whole app killed and, on SageMaker's side, AWS's own toolkit really training. `--rounds` is the number of jobs. */
const jobs = option('rounds', 20)
const seed = Number(process.env['BENCH_SEED'] ?? Date.now() % 100_000)

/** The app as something to be killed. Without a keyring a key lives as long as the app, so it is typed again after each start, as a user would. */
function app({ home, env, secrets = {} }: EngineProcessOptions): Victim {
  let launched: LaunchedApp | null = null
  const page = () => {
    if (launched === null) throw new Error('the app is gone')
    return launched.page
  }
  return {
    request: (route, input) => (ask as unknown as (asked: Page, name: string, value: unknown) => Promise<never>)(page(), route, input),
    async start() {
      launched = await launchApp({ home, env })
      for (const [name, value] of Object.entries(secrets)) await ask(page(), 'secrets.set', { name: name as never, value })
    },
    async kill() {
      if (launched !== null) await killApp(launched.app)
      launched = null
    },
    async close() {
      await launched?.quit()
      launched = null
    },
  }
}

it('survives faults and kill -9 of the whole app while jobs really train', async () => {
  const { faults, kills, jobs: made, ...wrong } = await runUnderFaults({ victim: app, seed, jobs: Math.ceil(jobs / 2), atOnce: 6, rate: 0.06, killWithinMs: 40_000, timeoutMs: 1_500_000 })
  process.stdout.write(`\n  seed ${seed}: ${made} jobs, ${faults.length} faults, ${kills} kills\n${JSON.stringify(wrong)}\n`)
  const bad = new Set([...wrong.doubled, ...wrong.lost, ...wrong.gaps.map((text) => text.split(':')[0]), ...wrong.stuck, ...wrong.failed.map((text) => text.split(':')[0])])
  report(
    rowOf({ figure: 'Real app, real training: jobs made twice, lost, stuck, failed, or with an event lost or doubled', bound: `0 of ${made}`, unit: 'jobs' }, [bad.size], (count) => count === 0),
    rowOf({ figure: 'Real app, real training: kills of the app', bound: null, unit: 'kills' }, [kills], null),
  )
  expect([...bad]).toEqual([])
}, 1_800_000)
