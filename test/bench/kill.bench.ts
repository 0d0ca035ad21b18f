import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededRandom } from '../../electron/domain/random'
import { readRunStatus } from '../../electron/process/run-folder'
import type { JobId } from '../../electron/shared/ids'
import { terminalStates } from '../../electron/shared/job-state-groups'
import { createJob, detailOf, expectWholeCurve } from '../e2e/pages/jobs'
import { killApp } from '../e2e/pages/processes'
import { answerDialogs, ask, closeForGood, pythonMs } from '../e2e/pages/tunesmith'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { until } from '../support/run-folders'
import { testPython } from '../support/test-python'
import { option, report, rowOf } from './rows'

/**
 * kill -9 of the whole app at random moments of real training runs, several times in each, from the moment when the job is made. A kill
 * counts when the run had not ended by then. In the end every run must have all its steps, and the database what events.jsonl holds.
 */
const kills = option('rounds', 20)
const steps = 300
/** When in a run each kill comes: while it is being prepared, while Python starts or soon after, and twice while it trains. */
const moments = [{ fromStep: 0, withinMs: 1_500 }, { fromStep: 0, withinMs: 8_000 }, { fromStep: 1, withinMs: 2_500 }, { fromStep: 1, withinMs: 2_500 }] as const
const seed = Number(process.env['BENCH_SEED'] ?? Date.now() % 100_000)
const random = seededRandom(seed)
const home = mkdtempSync(join(tmpdir(), 'tunesmith-bench-kill-'))
let launched: LaunchedApp

beforeAll(async () => {
  launched = await launchApp({ home })
  const { app, page } = launched
  await answerDialogs(app, testPython())
  const python = await ask(page, 'files.pick', { purpose: 'python' })
  if (python === null) throw new Error('the dialog was cancelled')
  await ask(page, 'environments.useExisting', { token: python.token })
  await ask(page, 'datasets.addSample')
  await until('the environment is ready', async () => (await ask(page, 'environments.list')).some(({ state }) => state === 'ready'), pythonMs)
}, 300_000)
afterAll(async () => {
  await closeForGood(launched)
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}, 60_000)

interface Kill {
  readonly run: number
  /** Where the run stood. */
  readonly at: string
  readonly afterMs: number
}

const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms))

/** Kills the app after a random time and starts it again; null when the run was over before. */
async function killOnce(run: number, jobId: JobId, { fromStep, withinMs }: (typeof moments)[number]): Promise<Kill | null> {
  await until('the run gets there', async () => {
    const { job } = await detailOf(launched.page, jobId)
    return job.step >= fromStep || terminalStates.includes(job.state)
  }, 2 * pythonMs)
  const afterMs = Math.round(random() * withinMs)
  await pause(afterMs)
  const { job, runFolder } = await detailOf(launched.page, jobId)
  const ended = terminalStates.includes(job.state) || (runFolder !== null && (await readRunStatus(runFolder))?.state === 'exited')
  if (ended) return null
  await killApp(launched.app)
  launched = await launchApp({ home })
  return { run, at: job.step > 0 ? `step ${job.step}` : (job.stage ?? job.state), afterMs }
}

async function endOf(jobId: JobId): Promise<string> {
  await until('the run ends', async () => terminalStates.includes((await detailOf(launched.page, jobId)).job.state), 2 * pythonMs)
  const { job, end } = await detailOf(launched.page, jobId)
  return job.state === 'succeeded' ? job.state : `${job.state} at step ${job.step}: ${end?.lastLines.slice(-3).join(' | ') ?? 'no last lines'}`
}

it('survives kill -9 at random moments', async () => {
  const done: Kill[] = []
  const ends: { readonly run: number; readonly end: string; readonly points: number }[] = []
  for (let run = 1; done.length < kills; run += 1) {
    const jobId = await createJob(launched.page, { name: `Killed ${run}`, settings: { length: { kind: 'steps', steps }, evaluateEverySteps: 20, checkpointEverySteps: 50 } })
    for (const moment of moments.slice(0, kills - done.length)) {
      const kill = await killOnce(run, jobId, moment)
      if (kill === null) break
      done.push(kill)
    }
    const end = await endOf(jobId)
    // A training line each step, an evaluation every 20 steps and one before the first.
    ends.push({ run, end, points: end === 'succeeded' ? await expectWholeCurve(launched.page, jobId) : 0 })
  }
  process.stdout.write(`\nseed ${seed}\n${[['run', 'killed at', 'after'].join('\t'), ...done.map(({ run, at, afterMs }) => [run, at, `${afterMs} ms`].join('\t'))].join('\n')}\n${ends.map(({ run, end, points }) => `run ${run}: ${end}, ${points} points, each once and as written`).join('\n')}\n`)
  const whole = new Set(ends.filter(({ end, points }) => end === 'succeeded' && points >= steps).map(({ run }) => run))
  const survived = done.filter(({ run }) => whole.has(run)).length
  report(rowOf({ figure: 'Kill test: kill -9 of the app in a training run, after which the run ends and every point is stored once', bound: `all of ${kills}`, unit: 'kills' }, [survived], (value) => value === kills))
  expect(ends.map(({ end }) => end)).toEqual(ends.map(() => 'succeeded'))
  expect(survived).toBe(kills)
}, 1_800_000)
