import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { median } from '../../electron/domain/statistics'
import { cancelLocalRun, startLocalRun } from '../../electron/process/local-run'
import { openDatabase } from '../../electron/storage/database'
import { createStores } from '../../electron/storage/stores'
import type { JobDetail } from '../../electron/shared/job'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { supervisorPath, systemPython, until } from '../support/run-folders'
import { testSpec } from '../support/training-run'
import { jobId, newJob } from '../unit/storage/storage-fixtures'
import { clickThroughRun, noteClicks, notedClicks } from './clicks'
import { option, report, rowOf } from './rows'

/**
 * The real app while a fake trainer floods the run that it shows. The app finds the run as it finds one after a restart. The database
 * of the window holds the points in the end, so what was measured is also checked.
 */
const linesPerSecond = 50_000
const lines = Math.max(12, option('seconds', 42)) * linesPerSecond
const home = mkdtempSync(join(tmpdir(), 'tunesmith-bench-live-'))
const runFolder = join(home, 'runs', 'flood')
const id = jobId(1)
let launched: LaunchedApp

beforeAll(async () => {
  mkdirSync(runFolder, { recursive: true })
  copyFileSync(join(import.meta.dirname, 'fake-flood-trainer', 'train.py'), join(runFolder, 'train.py'))
  writeFileSync(join(runFolder, 'fake.json'), JSON.stringify({ lines, linesPerSecond }))
  const spec = testSpec({ jobId: id })
  writeFileSync(join(runFolder, 'job.json'), JSON.stringify(spec))
  const handle = await startLocalRun({ runFolder, python: systemPython(), supervisorPath, device: { kind: 'cpu', threads: 1 } })
  const database = openDatabase(join(home, 'tunesmith.db'))
  const { jobs } = createStores(database.connection)
  jobs.create(newJob(1))
  jobs.transition(id, { kind: 'prepare' }, Date.now(), { device: spec.device })
  jobs.transition(id, { kind: 'started' }, Date.now(), { handle, spec, runFolder })
  database.close()
  launched = await launchApp({ home })
  await launched.page.evaluate((job) => { location.hash = `#/run/${job}` }, id as string)
  await launched.page.getByRole('region', { name: 'Loss', exact: true }).locator('canvas').waitFor()
}, 120_000)
afterAll(async () => {
  await cancelLocalRun(runFolder, 'force')
  await launched.quit()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}, 60_000)

interface PageApi {
  readonly tunesmith: { request(route: string, input: unknown): Promise<{ readonly ok: boolean; readonly data: { readonly lastSeq: number } }> }
}

/** Asks for series from within the page until the run has `untilSeq`: a summary and the newest points in turn. Returns milliseconds. */
const askForSeries = (page: Page, untilSeq: number): Promise<number[]> =>
  page.evaluate(async ([job, end]) => {
    const { tunesmith } = globalThis as unknown as PageApi
    const took: number[] = []
    for (let lastSeq = -1; lastSeq < end; ) {
      for (const [route, input] of [['metrics.overview', { metric: 'loss', maxBuckets: 1800 }], ['metrics.tail', { afterSeq: Math.max(-1, lastSeq - 500), limit: 500 }]] as const) {
        const began = performance.now()
        const reply = await tunesmith.request(route, { jobId: job, ...input })
        took.push(performance.now() - began)
        if (!reply.ok) throw new Error(`${route} failed`)
        if (route === 'metrics.overview') lastSeq = reply.data.lastSeq
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
    }
    return took
  }, [id as string, untilSeq] as const)

/** Memory of its own that a process holds, in MB. */
const memoryMb = (pid: number): number => Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024

async function processes(): Promise<Readonly<Record<'engine' | 'page', number>>> {
  const pids = await launched.app.evaluate(({ app, BrowserWindow }) => ({
    engine: app.getAppMetrics().find(({ name, serviceName }) => name === 'Tunesmith engine' || serviceName === 'Tunesmith engine')?.pid ?? 0,
    page: BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0,
  }))
  if (pids.engine === 0 || pids.page === 0) throw new Error('the processes of the app were not found')
  return pids
}

/** Processor seconds that each process of the app has used so far. */
const processorSeconds = (): Promise<readonly (readonly [name: string, seconds: number])[]> =>
  launched.app.evaluate(({ app }) => app.getAppMetrics().map(({ type, name, cpu }) => [name ?? type, cpu.cumulativeCPUUsage ?? 0] as const))

/** Where `BENCH_PROFILE` names a folder, what the page computed meanwhile is written there, to be opened in the developer tools. */
async function profilePage(page: Page): Promise<() => Promise<void>> {
  const folder = process.env['BENCH_PROFILE']
  if (folder === undefined) return () => Promise.resolve()
  const session = await page.context().newCDPSession(page)
  await session.send('Profiler.enable')
  await session.send('Profiler.start')
  return async () => {
    const { profile } = await session.send('Profiler.stop')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'page.cpuprofile'), JSON.stringify(profile))
  }
}

it('answers, paints and keeps its memory while 50,000 lines a second come in', async () => {
  const { page } = launched
  const pids = await processes()
  await noteClicks(page)
  const summary = async (): Promise<JobDetail['job']> => {
    const reply = await page.evaluate((job) => (globalThis as unknown as { tunesmith: { request(route: string, input: unknown): Promise<unknown> } }).tunesmith.request('jobs.get', { jobId: job }), id as string)
    return (reply as { data: JobDetail }).data.job
  }
  let over = false
  const memory: { readonly lines: number; readonly engine: number; readonly page: number }[] = []
  const rates: number[] = []
  const watching = async (): Promise<void> => {
    for (let before = { lines: 0, atMs: performance.now() }; !over; ) {
      await page.waitForTimeout(500)
      const { lastSeq } = await summary()
      const now = { lines: lastSeq, atMs: performance.now() }
      if (before.lines > linesPerSecond && now.lines < lines - linesPerSecond) rates.push(((now.lines - before.lines) / (now.atMs - before.atMs)) * 1000)
      before = now
      memory.push({ lines: now.lines, engine: memoryMb(pids.engine), page: memoryMb(pids.page) })
    }
  }
  const endProfile = await profilePage(page)
  const usedBefore = new Map(await processorSeconds())
  const beganMs = performance.now()
  writeFileSync(join(runFolder, 'go'), '')
  const clickingAndWatching = Promise.all([clickThroughRun(page, () => over), watching()])
  const answers = await askForSeries(page, lines).finally(() => { over = true })
  await clickingAndWatching
  await endProfile()
  const tookSeconds = (performance.now() - beganMs) / 1000
  const used = (await processorSeconds()).map(([name, now]) => `${name} ${(now - (usedBefore.get(name) ?? 0)).toFixed(1)}`)
  console.log(`${lines.toLocaleString('en')} lines in ${tookSeconds.toFixed(1)} s; processor seconds: ${used.join(', ')}`)
  const clicks = await notedClicks(page)

  const figure = 'While 50,000 lines/s come in'
  report(
    rowOf({ figure: `${figure}: lines stored`, bound: 'keeps up (95% of the rate)', unit: 'lines/s' }, rates, (value) => value >= 0.95 * linesPerSecond),
    rowOf({ figure: `${figure}: a series is answered in the page`, bound: 'at most 50 ms (95th percentile)', unit: 'ms' }, answers, (_, p95) => p95 <= 50, { p95: true }),
    rowOf({ figure: `${figure}: a click is painted`, bound: 'at most 100 ms (95th percentile)', unit: 'ms' }, clicks, (_, p95) => p95 <= 100, { p95: true }),
  )
  for (const name of ['engine', 'page'] as const) {
    // A process fills its heap to a level of its own before it cleans up; what counts is whether that level rises from then on.
    const part = (from: number, to: number): number[] => memory.filter((seen) => seen.lines >= from * lines && seen.lines <= to * lines).map((seen) => seen[name])
    const [early, late] = [median(part(0.4, 0.6)), part(0.8, 1)]
    report(
      rowOf({ figure: `Memory of the ${name}: with 80 to 100% of ${lines.toLocaleString('en')} lines against 40 to 60%`, bound: 'does not grow: at most 1.1', unit: 'ratio' }, late.map((one) => one / early), (value) => value <= 1.1),
      rowOf({ figure: `Memory of the ${name} with 80 to 100% of them`, bound: null, unit: 'MB' }, late, null),
    )
  }
  await until('every line is stored', async () => (await summary()).lastSeq >= lines, 30_000)
  expect(existsSync(join(runFolder, 'go'))).toBe(true)
}, 300_000)
