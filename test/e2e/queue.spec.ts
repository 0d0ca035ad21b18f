import { cpSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright'
import { expect, test } from 'playwright/test'
import type { JobId } from '../../electron/shared/ids'
import { launchApp, repository } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { createJob, detailOf, longRun, untilEnded, untilStep } from './pages/jobs'
import { answerDialogs, ask, closeForGood, goTo, keepPictureOfFailure, openReady, pythonMs } from './pages/tunesmith'

test.describe.configure({ mode: 'serial', timeout: 2 * pythonMs })

const short = { length: { kind: 'steps', steps: 4 }, evaluateEverySteps: 0, checkpointEverySteps: 0 } as const
let launched: LaunchedApp
let model: string
let blocker: JobId
let broken: JobId
let last: JobId
test.beforeAll(async () => {
  launched = await openReady()
  // A model whose folder goes away after its job was accepted.
  model = join(launched.home, 'a-model')
  cpSync(join(repository, 'resources', 'demo-model'), model, { recursive: true })
})
test.afterAll(() => closeForGood(launched))
keepPictureOfFailure(() => launched.page)

const row = (name: string): Locator => launched.page.getByRole('grid', { name: 'Runs' }).getByRole('row', { name: new RegExp(`^${name},`) })
async function choose(name: string, action: string): Promise<void> {
  await row(name).getByRole('button', { name: `Actions for ${name}` }).click()
  await launched.page.getByRole('menuitem', { name: action }).click()
}

test('jobs wait their turn and say for what (catches two runs on one device, and a wait without a reason)', async () => {
  const { page, app } = launched
  await answerDialogs(app, model)
  const picked = await ask(page, 'files.pick', { purpose: 'model-folder' })
  if (picked === null) throw new Error('the dialog was cancelled')
  const added = await ask(page, 'models.addFolder', { token: picked.token })
  if ('problem' in added) throw new Error(added.problem)
  blocker = await createJob(page, { name: 'Blocker', settings: longRun })
  broken = await createJob(page, { name: 'Broken', settings: short, modelId: added.modelId })
  last = await createJob(page, { name: 'Last', settings: short })
  await createJob(page, { name: 'Unwanted', settings: short })
  await goTo(page, 'Queue')
  await expect(page.locator('.page-sub')).toHaveText('1 running, 3 waiting')
  await expect(row('Broken')).toContainText('Waits for the CPU, in use by Blocker.')
  expect(await page.getByRole('row').filter({ hasText: 'Waits for' }).count()).toBe(3)
  await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('img', { name: '1 running, 3 waiting' })).toBeVisible()
})

test('a waiting job is taken off the queue (catches a cancel that needs a process)', async () => {
  const { page } = launched
  await choose('Unwanted', 'Take off the queue')
  await expect(row('Unwanted').getByRole('img', { name: 'Stopped' })).toBeVisible()
  await expect(page.locator('.page-sub')).toHaveText('1 running, 2 waiting')
})

test('the queue goes on after a restart, a failing job does not block the next, and each end is told (catches a queue that lives in memory or stops at the first failure)', async () => {
  await untilStep(launched.page, blocker, 1)
  await launched.quit()
  renameSync(model, `${model}-away`)
  launched = await launchApp({ home: launched.home })
  const { page } = launched
  await goTo(page, 'Queue')
  await expect(page.locator('.page-sub')).toHaveText('1 running, 2 waiting')
  await ask(page, 'jobs.cancel', { jobId: blocker, mode: 'force' })
  await untilEnded(page, broken, 'failed')
  await untilEnded(page, last, 'succeeded')
  const ended = (await ask(page, 'jobs.list')).filter(({ id }) => id === broken || id === last).map(({ name, startedAtMs, finishedAtMs }) => ({ name, startedAtMs, finishedAtMs }))
  const at = (name: string) => ended.find((job) => job.name === name)
  expect(at('Last')?.startedAtMs ?? 0).toBeGreaterThanOrEqual(at('Broken')?.finishedAtMs ?? Infinity)
  await expect(row('Broken')).toContainText('Model not found')
  expect(launched.logLines().filter((line) => line.includes('"notification"')).length).toBeGreaterThanOrEqual(2)
})

test('a failed job is retried as it was, and works once its cause is gone (catches a retry with other settings)', async () => {
  const { page } = launched
  renameSync(`${model}-away`, model)
  await choose('Broken', 'Retry')
  await expect(page.getByRole('navigation', { name: 'Path' })).toBeVisible()
  const retried = (await ask(page, 'jobs.list')).find(({ retryOf }) => retryOf === broken)
  if (retried === undefined) throw new Error('there is no retry')
  const [before, after] = [await detailOf(page, broken), await detailOf(page, retried.id)]
  expect(after.request).toEqual({ ...before.request, name: after.request.name })
  await untilEnded(page, retried.id, 'succeeded')
})

test('a run is duplicated with changes (catches a form that forgets what was set, or changes the old run)', async () => {
  const { page } = launched
  const before = (await detailOf(page, last)).request
  await goTo(page, 'Queue')
  await choose('Last', 'Duplicate with changes')
  await expect(page.getByRole('textbox', { name: 'Name of the run' })).toHaveValue('Last 2')
  await expect(page.getByRole('textbox', { name: 'Steps', exact: true })).toHaveValue('4')
  const start = page.getByRole('button', { name: 'Start training' })
  await expect(start).toBeEnabled()
  // The press itself leaves the field, and must not be lost by the plan that this asks for.
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('5')
  await start.click()
  await expect(page.getByRole('heading', { name: 'Last 2', level: 1 })).toBeVisible()
  const made = (await ask(page, 'jobs.list')).find(({ name }) => name === 'Last 2')
  if (made === undefined) throw new Error('there is no duplicate')
  expect((await detailOf(page, made.id)).request).toEqual({ ...before, name: 'Last 2', settings: { ...before.settings, length: { kind: 'steps', steps: 5 } } })
  expect((await detailOf(page, last)).request).toEqual(before)
  await ask(page, 'jobs.cancel', { jobId: made.id, mode: 'force' })
  await untilEnded(page, made.id, 'cancelled')
})

test('a run is renamed, tagged, noted and found by each (catches an edit that does not reach the filter)', async () => {
  const { page } = launched
  await goTo(page, 'Queue')
  await choose('Last', 'Name, tags and note')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Keeper')
  await dialog.getByRole('textbox', { name: 'Tags' }).fill('pirate, nightly')
  await dialog.getByRole('textbox', { name: 'Note' }).fill('the one for the report')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(row('Keeper')).toContainText('nightly')
  for (const words of ['Keeper', 'nightly', 'the report', 'succeeded keeper']) {
    await page.getByRole('textbox', { name: 'Filter runs' }).fill(words)
    await expect(row('Keeper')).toBeVisible()
    await expect(row('Blocker')).toHaveCount(0)
  }
  await page.getByRole('textbox', { name: 'Filter runs' }).fill('no such run')
  await expect(page.getByText('No run matches')).toBeVisible()
  await page.getByRole('textbox', { name: 'Filter runs' }).fill('')
})

test('a deleted run comes back by Undo, with its curve (catches an undo that brings back the row only)', async () => {
  const { page } = launched
  const points = (await ask(page, 'metrics.tail', { jobId: last, afterSeq: -1, limit: 100 })).seq.length
  await choose('Keeper', 'Delete')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete run' }).click()
  await expect(row('Keeper')).toHaveCount(0)
  await page.getByRole('group', { name: 'Run deleted' }).getByRole('button', { name: 'Undo' }).click()
  await expect(row('Keeper')).toBeVisible()
  expect((await ask(page, 'metrics.tail', { jobId: last, afterSeq: -1, limit: 100 })).seq.length).toBe(points)
  expect(points).toBeGreaterThanOrEqual(4)
})
