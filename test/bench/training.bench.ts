import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readRunStatus } from '../../electron/process/run-folder'
import { JobId } from '../../electron/shared/ids'
import { terminalStates } from '../../electron/shared/job-state-groups'
import { median } from '../../electron/domain/statistics'
import { answerDialogs, ask, pythonMs } from '../e2e/pages/tunesmith'
import { launchApp } from '../support/launch-app'
import { until } from '../support/run-folders'
import { testPython } from '../support/test-python'
import { curve, curveDistance, eventsOf, readEvents, runPython, startTraining, testPythonFolder } from '../support/training-run'
import { benchSettings, demoModel, writeSingleTurns } from './training-data'
import { option, ratioRow, report, rowOf } from './rows'

/**
 * The same training three ways, one after the other in changing order: through the app with its window open on the run, by hand with the
 * same train.py, and by the plain TRL script. All on one thread; the loss curves must be the same, so that the same work is timed.
 */
const pairs = option('pairs', 10)
const seconds = option('seconds', 60)
const calibrationSteps = 40
const folder = mkdtempSync(join(tmpdir(), 'tunesmith-bench-training-'))
const home = join(folder, 'home')
const limitMs = (seconds * 10 + 600) * 1000

/** One training: `trainMs` from its first step to the end of its last, `wholeMs` from the start of the process to its end. */
interface Timing {
  readonly trainMs: number
  readonly wholeMs: number
  readonly tokens: number
  /** The median time from step to step; null where nothing wrote it. */
  readonly stepMs: number | null
  readonly loss: readonly (readonly [number, number])[]
}
type Arm = 'app' | 'hand' | 'plain'
let request: { readonly modelId: string; readonly datasetId: string }
/** The run folder that the app made last; by hand its copy is run. */
let newestRun = ''

beforeAll(async () => {
  mkdirSync(home)
  const data = join(folder, 'rows.jsonl')
  writeSingleTurns(data)
  const launched = await launchApp({ home })
  const { page } = launched
  await answerDialogs(launched.app, testPython())
  const python = await ask(page, 'files.pick', { purpose: 'python' })
  await answerDialogs(launched.app, data)
  const rows = await ask(page, 'files.pick', { purpose: 'dataset' })
  if (python === null || rows === null) throw new Error('a dialog was cancelled')
  await ask(page, 'environments.useExisting', { token: python.token })
  const imported = await ask(page, 'datasets.import', { token: rows.token, evaluation: null })
  if (imported.kind !== 'imported') throw new Error(`the rows were not imported: ${JSON.stringify(imported)}`)
  const model = (await ask(page, 'models.list')).find(({ kind }) => kind === 'demo')
  if (model === undefined) throw new Error('the demo model is missing')
  request = { modelId: model.id, datasetId: imported.dataset.id }
  await until('the environment is ready', async () => (await ask(page, 'environments.list')).some(({ state }) => state === 'ready'), pythonMs)
  await launched.quit()
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

/** What a run folder says about its training; our own events hold both ends. */
async function timingOf(run: string, wholeMs: number): Promise<Timing> {
  const events = await readEvents(run)
  const began = eventsOf(events, 'train-begin')[0]
  const ended = eventsOf(events, 'status').find(({ stage }) => stage === 'saving')
  const metrics = eventsOf(events, 'metrics')
  if (began === undefined || ended === undefined) throw new Error('the run did not get to its end')
  const stepMs = median(metrics.slice(1).map(({ tMs }, index) => tMs - (metrics[index]?.tMs ?? NaN)))
  return { trainMs: ended.tMs - began.tMs, wholeMs, stepMs, tokens: metrics.at(-1)?.values.numTokens ?? NaN, loss: curve(events, 'loss') }
}

async function throughTheApp(steps: number): Promise<Timing> {
  const launched = await launchApp({ home })
  const { page } = launched
  const settings = { ...benchSettings, length: { kind: 'steps' as const, steps } }
  const created = await ask(page, 'jobs.create', { ...request, name: 'Benchmark', backend: 'huggingface', device: { kind: 'cpu' }, settings } as Parameters<typeof ask<'jobs.create'>>[2])
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  const jobId = JobId.parse(created.jobId)
  await page.evaluate((id) => { location.hash = `#/run/${id}` }, jobId as string)
  const detail = await until('the run ends', async () => {
    await page.waitForTimeout(1000)
    const found = await ask(page, 'jobs.get', { jobId })
    return terminalStates.includes(found.job.state) ? found : null
  }, limitMs)
  // A window that shows nothing would make this easy.
  expect(await page.evaluate(() => document.visibilityState)).toBe('visible')
  await page.getByRole('region', { name: 'Loss', exact: true }).locator('canvas').waitFor()
  if (detail.job.state !== 'succeeded' || detail.runFolder === null) throw new Error(`${detail.job.state}: ${detail.end?.lastLines.join('\n') ?? ''}`)
  newestRun = detail.runFolder
  const status = await readRunStatus(newestRun)
  const used = await launched.app.evaluate(({ app }) => app.getAppMetrics().map(({ type, name, cpu }) => `${name ?? type} ${(cpu.cumulativeCPUUsage ?? 0).toFixed(1)}`))
  await launched.quit()
  const timing = await timingOf(newestRun, (status?.finishedAtMs ?? NaN) - (status?.startedAtMs ?? NaN))
  console.log(`${(timing.wholeMs / 1000).toFixed(0)} s through the app; its processor seconds: ${used.join(', ')}`)
  return timing
}

async function byHand(): Promise<Timing> {
  const run = mkdtempSync(join(folder, 'hand-'))
  for (const name of readdirSync(newestRun).filter((file) => file.endsWith('.py') || file === 'job.json')) copyFileSync(join(newestRun, name), join(run, name))
  const began = performance.now()
  const { code, output } = await startTraining(run).ended
  const wholeMs = performance.now() - began
  expect(code, output.slice(-4000)).toBe(0)
  return timingOf(run, wholeMs)
}

async function plainTrl(steps: number): Promise<Timing> {
  const { data } = JSON.parse(readFileSync(join(newestRun, 'job.json'), 'utf8')) as { readonly data: { readonly trainPath: string } }
  const out = join(folder, 'plain.json')
  const { microBatch, gradientAccumulation, learningRate, warmupRatio, weightDecay, maxLength, seed, dropout } = benchSettings
  writeFileSync(join(folder, 'options.json'), JSON.stringify({
    model: demoModel, train: data.trainPath, eval: null, steps, batch: microBatch, accumulation: gradientAccumulation, learning_rate: learningRate,
    warmup: warmupRatio, weight_decay: weightDecay, max_length: maxLength, seed, dropout, eval_steps: null, methods: ['lora'], out,
  }))
  const began = performance.now()
  await runPython([join(testPythonFolder, 'plain_trl_reference.py'), join(folder, 'options.json')])
  const wholeMs = performance.now() - began
  const { lora } = JSON.parse(readFileSync(out, 'utf8')) as { readonly lora: { readonly loss: [number, number][]; readonly seconds: number; readonly tokens: number } }
  return { trainMs: lora.seconds * 1000, wholeMs, stepMs: null, tokens: lora.tokens, loss: lora.loss }
}

it('training through the app costs what it costs by hand, and our script what a plain one does', async () => {
  const arms: Readonly<Record<Arm, (steps: number) => Promise<Timing>>> = { app: throughTheApp, hand: byHand, plain: plainTrl }
  const { stepMs } = await throughTheApp(calibrationSteps)
  // A tenth more, since a quieter minute would make them shorter.
  const steps = Math.ceil((1.1 * seconds * 1000) / (stepMs ?? NaN))
  console.log(`${steps} steps of ${stepMs?.toFixed(0)} ms`)
  const seen: Record<Arm, Timing[]> = { app: [], hand: [], plain: [] }
  for (let pair = 0; pair < pairs; pair += 1) {
    // The app makes the folder that is run by hand, so the very first turn is its own; after that each arm has each place equally often.
    const order = (['app', 'hand', 'plain'] as const).map((_, place) => (['app', 'hand', 'plain'] as const)[(place + pair) % 3] ?? 'app')
    if (pair === 0) await throughTheApp(steps).then(({ loss }) => expect(loss).toHaveLength(steps))
    for (const arm of order) seen[arm].push(await arms[arm](steps))
    console.log(`pair ${pair + 1}: ${(['app', 'hand', 'plain'] as const).map((arm) => `${arm} ${((seen[arm].at(-1)?.trainMs ?? NaN) / 1000).toFixed(2)} s`).join(', ')}`)
  }
  const reference = seen.hand[0]?.loss ?? []
  for (const one of [...seen.app, ...seen.hand, ...seen.plain]) expect(curveDistance(one.loss, reference)).toBeLessThan(1e-4)

  const of = (arm: Arm, value: (timing: Timing) => number): number[] => seen[arm].map(value)
  const wall = (one: Timing): number => one.trainMs
  const rate = (one: Timing): number => one.tokens / (one.trainMs / 1000)
  const compared = [['Training through the app', 'app', 'hand', 'the same train.py by hand'], ['Our train.py', 'hand', 'plain', 'a plain TRL script']] as const
  for (const [figure, candidate, base, peer] of compared) {
    report(
      ratioRow({ figure: `${figure}: wall time of the training`, bound: 'at most 1.02', peer }, of(candidate, wall), of(base, wall), ({ low }) => low <= 1.02),
      ratioRow({ figure: `${figure}: tokens/s`, bound: 'at least 0.99', peer }, of(candidate, rate), of(base, rate), ({ high }) => high >= 0.99),
      ratioRow({ figure: `${figure}: wall time of the whole process`, bound: null, peer }, of(candidate, ({ wholeMs }) => wholeMs), of(base, ({ wholeMs }) => wholeMs), null),
    )
  }
  report(rowOf({ figure: `Training by hand, ${steps} steps`, bound: null, unit: 's' }, of('hand', ({ trainMs }) => trainMs / 1000), null))
  expect(median(of('hand', wall))).toBeGreaterThan(0)
}, (pairs * 3 + 3) * limitMs)
