import { expect, test } from 'playwright/test'
import type { JobId } from '../../electron/shared/ids'
import { eventsOf, readEvents } from '../support/training-run'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { createJob, detailOf, expectWholeCurve, longRun, processesOf, runFolderOf, untilEnded, untilStep } from './pages/jobs'
import { enginePid, isAlive, killApp } from './pages/processes'
import { openRun, stateBadge } from './pages/run-page'
import { ask, closeForGood, keepPictureOfFailure, killNow, openReady, pythonMs } from './pages/tunesmith'

// One app and folder; each run is made for what happens to it.
test.describe.configure({ mode: 'serial', timeout: 2 * pythonMs })

let launched: LaunchedApp
let first: JobId
let second: JobId
test.beforeAll(async () => {
  launched = await openReady()
})
test.afterAll(() => closeForGood(launched))
keepPictureOfFailure(() => launched.page)

/** The question of a dangerous press, answered. */
const confirm = (answer: string) => launched.page.getByRole('alertdialog').getByRole('button', { name: answer }).click()

test('kill -9 of the app leaves the training alive, and the next start follows it (catches a trainer that is a child of the app)', async () => {
  first = await createJob(launched.page, { name: 'Outlives the app', settings: longRun })
  await untilStep(launched.page, first, 2)
  const { trainer, supervisor } = await processesOf(launched.page, first)
  const killed = await killApp(launched.app)
  expect(killed).not.toContain(trainer)
  expect(killed).not.toContain(supervisor)
  expect([isAlive(trainer), isAlive(supervisor)]).toEqual([true, true])
  launched = await launchApp({ home: launched.home })
  const { job } = await detailOf(launched.page, first)
  expect(job.state).toBe('running')
  await untilStep(launched.page, first, job.step + 2)
})

test('Stop and save ends with a checkpoint, and no point is lost or doubled over the kill (catches a stop that throws the work away)', async () => {
  const { page } = launched
  await openRun(page, first)
  await page.getByRole('button', { name: 'Stop and save' }).click()
  await confirm('Stop and save')
  const { job, checkpoints } = await untilEnded(page, first, 'cancelled')
  await expect(stateBadge(page)).toHaveText('Stopped')
  expect(checkpoints.map(({ step, present }) => ({ step, present }))).toEqual([{ step: job.step, present: true }])
  expect(await expectWholeCurve(page, first)).toBe(job.step)
})

test('a stopped run is resumed from its checkpoint as a new run that goes on at the next step (catches a resume that starts over or loses its parent)', async () => {
  const { page } = launched
  const stopped = (await detailOf(page, first)).job.step
  await page.getByRole('button', { name: /^Resume from step/ }).click()
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Outlives the app')
  const made = (await ask(page, 'jobs.list')).find(({ resumedFrom }) => resumedFrom === first)
  if (made === undefined) throw new Error('no run continues the first')
  second = made.id
  await untilStep(page, second, stopped + 2)
  const detail = await detailOf(page, second)
  expect(detail.lineage).toEqual([first])
  const events = await readEvents(runFolderOf(detail))
  expect(eventsOf(events, 'train-begin')[0]?.resumedFromStep).toBe(stopped)
  expect(eventsOf(events, 'metrics')[0]?.step).toBe(stopped + 1)
  await page.getByRole('tab', { name: 'Facts' }).click()
  await expect(page.getByRole('tabpanel').getByRole('link', { name: 'Outlives the app' })).toBeVisible()
})

test('a killed engine comes back, and the window goes on where it was (catches a window that stays dead until a restart)', async () => {
  const { page, app } = launched
  await page.getByRole('tab', { name: 'Terminal' }).click()
  const terminal = page.getByRole('region', { name: 'Terminal of the run' })
  await expect(terminal.locator('.xterm-rows')).toContainText(/\S{3}/)
  // The old terminal keeps its text but will never have more.
  await terminal.locator('.xterm').evaluate((element) => { element.setAttribute('data-old', '') })
  const before = await enginePid(app)
  killNow(before)
  await expect.poll(() => enginePid(app).catch(() => before), { timeout: 30_000 }).not.toBe(before)
  // A request that meets the dying engine is answered with ENGINE_GONE, so this asks until one gets through.
  await expect(async () => expect((await detailOf(page, second)).job.state).toBe('running')).toPass({ timeout: 30_000 })
  const { step } = (await detailOf(page, second)).job
  await untilStep(page, second, step + 2)
  const events = page.getByRole('tab', { name: /^Events/ })
  const shown = await events.innerText()
  await expect(events).not.toHaveText(shown)
  await expect(page.getByText('The engine is restarting.')).toHaveCount(0)
  await expect(terminal.locator('[data-old]')).toHaveCount(0)
  await expect(terminal.locator('.xterm-rows')).toContainText(/\S{3}/)
})

test('Force stop ends at once and says that nothing new was saved (catches a force that waits for the trainer)', async () => {
  const { page } = launched
  const { trainer } = await processesOf(page, second)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Force stop' }).click()
  await confirm('Force stop')
  const { checkpoints } = await untilEnded(page, second, 'cancelled', 30_000)
  expect(isAlive(trainer)).toBe(false)
  expect(checkpoints.filter(({ present }) => present)).toEqual([])
  await expectWholeCurve(page, second)
  await expect(page.getByText('No checkpoint was kept.')).toBeVisible()
})

test('kill -9 of the supervisor: the run goes on and its end is seen (catches a run that is followed by its supervisor only)', async () => {
  const { page } = launched
  const jobId = await createJob(page, { name: 'Loses its supervisor', settings: { length: { kind: 'steps', steps: 150 }, evaluateEverySteps: 0, checkpointEverySteps: 0 } })
  await untilStep(page, jobId, 1)
  const { trainer, supervisor } = await processesOf(page, jobId)
  killNow(supervisor)
  expect(isAlive(trainer)).toBe(true)
  const { job } = await untilEnded(page, jobId, 'succeeded')
  expect(job.step).toBe(150)
  expect(await expectWholeCurve(page, jobId)).toBe(150)
})

test('kill -9 of the trainer: failed, with the named cause, the signal and a next step (catches an end without a reason)', async () => {
  const { page } = launched
  const jobId = await createJob(page, { name: 'Is killed', settings: longRun })
  await untilStep(page, jobId, 1)
  await openRun(page, jobId)
  killNow((await processesOf(page, jobId)).trainer)
  const { end, job } = await untilEnded(page, jobId, 'failed', 30_000)
  expect(end).toMatchObject({ signal: 'SIGKILL', cause: { kind: 'killed' } })
  await expect(stateBadge(page)).toHaveText('Failed')
  await expect(page.getByRole('region', { name: 'Cause' })).toContainText('The run was ended from outside')
  await expect(page.getByRole('complementary')).toContainText('signal SIGKILL')
  await expect(page.getByRole('region', { name: 'Next step' }).getByRole('button').first()).toBeEnabled()
  expect(await expectWholeCurve(page, jobId)).toBe(job.step)
})
