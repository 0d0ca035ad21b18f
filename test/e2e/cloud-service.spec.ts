import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'playwright/test'
import type { JobId } from '../../electron/shared/ids'
import { startFaultProxy } from '../peers/fault-proxy'
import type { FaultProxy } from '../peers/fault-proxy'
import { startOpenaiPeer } from '../peers/openai-peer'
import type { OpenaiPeer } from '../peers/openai-peer'
import { sampleKnowledge } from '../peers/sample-knowledge'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { detailOf, untilEnded, untilStep } from './pages/jobs'
import { addService, checkPlace, chooseFrom, connectionNamed, createElsewhere, expectEveryStep, jobNamed, openList, openSettings, placeBadge, placeCard, placeStrip, serviceOptions, stepsOf, typeKeyAgain, untilPhase } from './pages/places'
import { killApp } from './pages/processes'
import { lossCanvas, openRun, pixelsOfRun, stateBadge } from './pages/run-page'
import { keepScreens, sizeWindow } from './pages/screens'
import { ask, closeForGood, goTo, keepPictureOfFailure, openReady } from './pages/tunesmith'

// A service that speaks OpenAI's fine-tuning protocol, from its address to its bill; each test goes on where the last one ended.
test.describe.configure({ mode: 'serial' })

const place = 'Peer service'
const base = 'gpt-4.1-mini-2025-04-14'
const dead = 'gpt-4o-mini-2024-07-18'
const down = { seed: 1, rate: 1, kinds: ['drop-before'] } as const
let peer: OpenaiPeer
/** The line to the peer, which can be cut. */
let line: FaultProxy
let launched: LaunchedApp
let jobId: JobId
test.beforeAll(async () => {
  // Dates of its own, so that the test does not end with OpenAI's bases.
  peer = await startOpenaiPeer({ stepMs: 250, knows: sampleKnowledge(), shutdownDates: { [base]: '2099-01-14', [dead]: '2020-01-14' } })
  line = await startFaultProxy(new URL(peer.baseUrl).origin)
  launched = await openReady()
  await sizeWindow(launched)
})
test.afterAll(async () => {
  await closeForGood(launched)
  await line.stop()
  await peer.close()
})
keepPictureOfFailure(() => launched.page)

const baseModel = async () => {
  const found = (await ask(launched.page, 'models.list')).find((model) => model.kind === 'remote' && model.remote?.name === base)
  if (found === undefined) throw new Error('the base is not in the list')
  return found.id
}
const remoteJobs = () => peer.jobsOf(jobId)

test('a service is added with its key, which is never shown again, and its check lists bases with their dates (catches a key that can be read back)', async () => {
  const { page } = launched
  await addService(page, { name: place, baseUrl: `${line.endpoint}/v1`, key: peer.key })
  const card = placeCard(page, place)
  await expect(card).toContainText('Not checked yet')
  await expect(card).toContainText('A key is set')
  await checkPlace(page, place)
  const bases = card.getByRole('list', { name: `Bases of ${place}` })
  await expect(bases.getByRole('listitem').filter({ hasText: base })).toContainText('until 14 Jan 2099')
  await expect(bases.getByRole('listitem').filter({ hasText: dead })).toContainText('gone since 14 Jan 2020')
  expect(await page.content()).not.toContain(peer.key)
  await card.getByRole('button', { name: 'Replace key' }).click()
  await expect(page.getByRole('dialog').getByLabel('Key', { exact: true })).toHaveValue('')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await keepScreens(launched, 'places-service')
})

test('Train offers the place and its bases: a dead one cannot be chosen, and the quote stands before the start (catches a start into nothing)', async () => {
  const { page } = launched
  await goTo(page, 'Train')
  await chooseFrom(page, 'Where', place)
  await openList(page, 'Base at the service')
  await expect(page.getByRole('option', { name: dead })).toBeDisabled()
  await page.getByRole('option', { name: base }).click()
  const quote = page.getByRole('region', { name: 'What it costs' })
  await expect(quote.locator('.quote-range')).toContainText(/\$/)
  await page.getByRole('radiogroup', { name: 'Epochs: chosen by' }).getByRole('radio', { name: 'own' }).click()
  await page.getByRole('textbox', { name: 'Epochs', exact: true }).fill('2')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('region', { name: 'The plan' })).toContainText('2 times')
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('At a service')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
  await keepScreens(launched, 'train-service')
})

test('a budget below the quote refuses the start and says so (catches a job that costs more than was allowed)', async () => {
  const { page } = launched
  const quote = page.getByRole('region', { name: 'What it costs' })
  await quote.getByText('Budget for this job', { exact: true }).click()
  await quote.getByRole('textbox', { name: 'Budget for this job in dollars' }).fill('0.01')
  await page.keyboard.press('Tab')
  await expect(quote.getByRole('alert')).toContainText('$')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
  await quote.getByText('Budget for this job', { exact: true }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
  expect(peer.files()).toEqual([])
})

test('the started run has a live curve and says what goes on at the service (catches a page that waits for the end)', async () => {
  const { page } = launched
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByRole('heading', { name: 'At a service', level: 1 })).toBeVisible()
  jobId = (await jobNamed(page, 'At a service')).id
  await expect(placeStrip(page)).toContainText('quoted $')
  await expect(stateBadge(page)).toHaveText('Running', { timeout: 30_000 })
  await untilStep(page, jobId, 4)
  const { colour } = (await detailOf(page, jobId)).job
  await expect.poll(() => pixelsOfRun(lossCanvas(page), colour), { message: 'the loss chart is blank' }).toBeGreaterThan(20)
  await keepScreens(launched, 'run-service')
})

test('kill -9 of the app in the middle: it is caught up with after a start, with no step twice and one job there (catches a job made again)', async () => {
  await killApp(launched.app)
  launched = await launchApp({ home: launched.home })
  await sizeWindow(launched)
  const { page } = launched
  expect((await detailOf(page, jobId)).job.state, 'it was over before the app was back: more steps are needed').toBe('running')
  await typeKeyAgain(page, place, peer.key)
  await openRun(page, jobId)
  const { job } = await untilEnded(page, jobId, 'succeeded', 90_000)
  const [remote] = remoteJobs()
  expect(remoteJobs()).toHaveLength(1)
  await expectEveryStep(page, jobId, remote?.steps ?? 0)
  expect(job.step).toBe(remote?.steps)
  await expect(stateBadge(page)).toHaveText('Succeeded')
  await expect.poll(() => pixelsOfRun(lossCanvas(page), job.colour)).toBeGreaterThan(20)
})

test('the bill stands on the run page and in Costs, once (catches a job that is billed twice or never)', async () => {
  const { page } = launched
  const { bill } = await detailOf(page, jobId)
  expect(bill).toMatchObject({ final: true })
  await expect(placeStrip(page)).toContainText(/Cost\s*\$\d/)
  await openSettings(page, 'costs')
  const rows = page.getByRole('grid', { name: 'Entries of the ledger' }).getByRole('row', { name: /^At a service,/ })
  await expect(rows).toHaveCount(1)
  await expect(rows).toContainText(place)
  await expect(page.getByRole('grid', { name: 'Costs by month' }).getByRole('row')).toHaveCount(2)
})

test('the tuned model is better than its base on held-out prompts, and both are marked as remote (catches a comparison that stays on this machine)', async () => {
  const { page } = launched
  await openRun(page, jobId)
  await page.getByRole('link', { name: 'Compare with its base' }).click()
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(2)
  await expect(page.getByText('Some models answer elsewhere.')).toBeVisible()
  await page.getByRole('textbox', { name: 'Prompts at most' }).fill('40')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Start comparison' }).click()
  await expect(page.getByRole('region', { name: 'Verdict' }).getByText('Better', { exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByRole('region', { name: 'Scores' })).toContainText(`remote: ${place}`)
  await expect(page.getByRole('region', { name: 'Answers' }).getByRole('article')).toHaveCount(2)
  await keepScreens(launched, 'compare-service')
  await openSettings(page, 'costs')
  await expect(page.getByRole('grid', { name: 'Entries of the ledger' }).getByRole('row').filter({ hasText: 'Answers: ' })).toHaveCount(2)
  await keepScreens(launched, 'costs')
})

test('a service that is down is waited for with words, shown as not answering, and gone on with (catches an outage that ends a job)', async () => {
  test.setTimeout(240_000)
  const { page } = launched
  const { id } = await connectionNamed(page, place)
  const waiting = await createElsewhere(page, { name: 'Waits out an outage', backend: 'openai', modelId: await baseModel(), cloud: serviceOptions(id) })
  await untilStep(page, waiting, 1)
  await openRun(page, waiting)
  line.setPlan(down)
  await untilPhase(page, waiting, /Waiting for the place to answer/, 60_000)
  await expect(placeStrip(page)).toContainText('Waiting for the place to answer')
  await expect(stateBadge(page)).toHaveText('Running')
  await keepScreens(launched, 'run-service-down')
  await openSettings(page, 'places')
  await expect(placeBadge(page, place)).toHaveText('Not answering', { timeout: 30_000 })
  await keepScreens(launched, 'places-down')
  line.setPlan(null)
  await placeCard(page, place).getByRole('button', { name: 'Ask again now' }).click()
  const { job } = await untilEnded(page, waiting, 'succeeded')
  await expect(placeBadge(page, place)).not.toHaveText('Not answering')
  await expectEveryStep(page, waiting, job.step)
  expect(peer.jobsOf(waiting)).toHaveLength(1)
})

test('Cancel job ends it at the service too (catches a job that costs on after its stop)', async () => {
  const { page } = launched
  const { id } = await connectionNamed(page, place)
  const stopped = await createElsewhere(page, { name: 'Is cancelled', backend: 'openai', modelId: await baseModel(), cloud: serviceOptions(id) })
  await untilStep(page, stopped, 1)
  await openRun(page, stopped)
  await page.getByRole('button', { name: 'Cancel job' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel job' }).click()
  await untilEnded(page, stopped, 'cancelled')
  await expect(stateBadge(page)).toHaveText('Stopped')
  expect(peer.jobsOf(stopped).map(({ status }) => status)).toEqual(['cancelled'])
  const steps = await stepsOf(page, stopped)
  expect(steps).toEqual(steps.map((_, index) => index + 1))
})

test('a budget of the month that is used up refuses the next start (catches a limit that nobody keeps)', async () => {
  const { page } = launched
  await openSettings(page, 'costs')
  await page.getByRole('switch', { name: 'Limit the month' }).press(' ')
  await page.getByRole('textbox', { name: 'Budget of the month in dollars' }).fill('0.01')
  await page.keyboard.press('Tab')
  await expect(page.getByText('Over it by')).toBeVisible()
  await goTo(page, 'Train')
  await chooseFrom(page, 'Where', place)
  await chooseFrom(page, 'Base at the service', base)
  await expect(page.getByRole('region', { name: 'What it costs' }).getByRole('alert')).toContainText('month')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
})

test('the key is in no file of the app (catches a key in the database, a log or a run folder)', () => {
  const files = readdirSync(launched.home, { recursive: true, encoding: 'utf8' }).map((name) => join(launched.home, name)).filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
  expect(files.length).toBeGreaterThan(10)
  expect(files.filter((path) => readFileSync(path).includes(peer.key))).toEqual([])
  expect(peer.violations).toEqual([])
})
