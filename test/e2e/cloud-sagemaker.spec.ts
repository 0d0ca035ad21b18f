import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect, test } from 'playwright/test'
import type { ConnectionId, JobId, ModelId } from '../../electron/shared/ids'
import { prepareAccount } from '../peers/aws-account'
import type { PreparedAccount } from '../peers/aws-account'
import { startMoto } from '../peers/moto-server'
import type { MotoServer } from '../peers/moto-server'
import { peerS3 } from '../peers/s3-folder'
import { startSagemakerPeer } from '../peers/sagemaker-peer'
import type { SagemakerPeer } from '../peers/sagemaker-peer'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { detailOf, runFolderOf, untilEnded, untilStep } from './pages/jobs'
import { addAws, checkPlace, chooseFrom, connectionNamed, createElsewhere, expectEveryStep, jobNamed, openSettings, placeBadge, placeCard, placeStrip, sagemakerOptions, stepsOf, untilPhase } from './pages/places'
import { killApp } from './pages/processes'
import { lossCanvas, openRun, pixelsOfRun, stateBadge } from './pages/run-page'
import { keepScreens, sizeWindow } from './pages/screens'
import { ask, closeForGood, goTo, keepPictureOfFailure, openReady, pythonMs } from './pages/tunesmith'

// SageMaker, with AWS's own training toolkit behind it: every run is really trained. Each test goes on where the last one ended.
test.describe.configure({ mode: 'serial', timeout: 2 * pythonMs })

const steps = 120
let moto: MotoServer
let peer: SagemakerPeer
let account: PreparedAccount
let launched: LaunchedApp
let connectionId: ConnectionId
let demo: ModelId
let jobId: JobId
const environment = () => ({ ...peer.env(), ...account.env })
test.beforeAll(async () => {
  test.setTimeout(2 * pythonMs)
  moto = await startMoto()
  peer = await startSagemakerPeer({ moto: moto.endpoint, graceMs: 10_000 })
  account = await prepareAccount(moto.endpoint)
  launched = await openReady({ env: environment() })
  await sizeWindow(launched)
})
test.afterAll(async () => {
  await closeForGood(launched)
  await peer.stop()
  await moto.stop()
})
keepPictureOfFailure(() => launched.page)

const place = 'Our account'
const jobAt = (id: JobId) => peer.jobs().filter(({ tags }) => tags.some(({ Value }) => Value === id))
const often = (count: number, every: number) => ({ length: { kind: 'steps', steps: count } as const, evaluateEverySteps: 0, checkpointEverySteps: every })

/** Everything that lies in the account's bucket. */
async function keysInBucket(): Promise<readonly string[]> {
  const s3 = peerS3(moto.endpoint)
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: account.connection.bucket }))
  s3.destroy()
  return Contents.map(({ Key }) => Key ?? '')
}

test('an AWS account is added, and Train leads to its check of the chosen machine (catches a place that is used unseen)', async () => {
  const { page } = launched
  await addAws(page, account.connection)
  await goTo(page, 'Train')
  await chooseFrom(page, 'Where', place)
  connectionId = (await connectionNamed(page, place)).id
  await expect(page.getByRole('region', { name: 'Machine to rent' }).getByRole('radio', { checked: true })).toHaveCount(1)
  await page.getByRole('link', { name: 'Check it first' }).click()
  await expect(placeCard(page, place)).toContainText('Not checked yet')
})

test('a quota of 0 is named by the check and refuses the start; with a quota all is in order (catches a job that AWS refuses an hour later)', async () => {
  const { page } = launched
  const quotas = Object.fromEntries(['ml.g4dn.xlarge', 'ml.g5.xlarge', 'ml.g5.2xlarge', 'ml.g6.xlarge', 'ml.g6e.xlarge'].map((type) => [`${type} for training job usage`, 0]))
  peer.control({ quotas })
  await checkPlace(page, place)
  await expect(placeCard(page, place).getByRole('list', { name: 'What the check found' })).toContainText(/ml\.g\w+\.\w+ for training job usage/)
  await expect(placeBadge(page, place)).toHaveText(/^1 (thing missing|warning)$/)
  await keepScreens(launched, 'places-aws-quota')
  await goTo(page, 'Train')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
  await expect(page.getByRole('contentinfo').or(page.locator('.page-foot')).first()).toContainText(/quota/i)
  peer.control({ quotas: {} })
  await openSettings(page, 'places')
  await checkPlace(page, place)
  await expect(placeBadge(page, place)).not.toContainText('missing')
  await keepScreens(launched, 'places-aws')
})

test('Train shows the machine, its price and the quote, and starts the run (catches a start without a price)', async () => {
  const { page } = launched
  await goTo(page, 'Train')
  await expect(page.getByRole('region', { name: 'What it costs' }).locator('.quote-range')).toContainText('$')
  await page.getByRole('radiogroup', { name: 'Backend' }).getByRole('radio').last().click()
  await page.getByRole('radio', { name: 'LoRA', exact: true }).click()
  await page.getByRole('radio', { name: 'steps', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill(String(steps))
  await page.keyboard.press('Tab')
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('Far away')
  await expect(page.getByRole('region', { name: 'The plan' })).toContainText(`${steps} steps`)
  await keepScreens(launched, 'train-aws')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByRole('heading', { name: 'Far away', level: 1 })).toBeVisible()
  jobId = (await jobNamed(page, 'Far away')).id
})

test('it says what goes on there, and its curve is alive (catches a job that is silent until its end)', async () => {
  const { page } = launched
  await expect(placeStrip(page)).toContainText(/ml\.\w+\.\w+ in us-east-1/)
  await expect(placeStrip(page).getByRole('status')).toContainText(/\S/)
  await untilStep(page, jobId, 2)
  await expect(stateBadge(page)).toHaveText('Running')
  const { colour } = (await detailOf(page, jobId)).job
  await expect.poll(() => pixelsOfRun(lossCanvas(page), colour), { message: 'the loss chart is blank' }).toBeGreaterThan(20)
})

test('kill -9 of the app in the middle: it trains on there and is caught up with, every step once (catches a job that is lost with the app)', async () => {
  expect(jobAt(jobId).map(({ status }) => status), 'it was over before the kill: more steps are needed').toEqual(['InProgress'])
  await killApp(launched.app)
  launched = await launchApp({ home: launched.home, env: environment() })
  await sizeWindow(launched)
  const { page } = launched
  await openRun(page, jobId)
  const { job, bill, end } = await untilEnded(page, jobId, 'succeeded')
  expect(end?.cause ?? null).toBeNull()
  expect(job.step).toBe(steps)
  await expectEveryStep(page, jobId, steps)
  expect(bill).toMatchObject({ final: true })
  expect(jobAt(jobId)).toHaveLength(1)
  await expect(stateBadge(page)).toHaveText('Succeeded')
  await expect(placeStrip(page)).toContainText(/Cost\s*(\$|under)/)
  await keepScreens(launched, 'run-aws')
})

test('the adapter is here: it is compared with its base while the account is out of reach (catches a model that stays at its place)', async () => {
  const { page } = launched
  peer.control({ down: true })
  await page.getByRole('link', { name: 'Compare with its base' }).click()
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(2)
  await page.getByRole('textbox', { name: 'Prompts at most' }).fill('8')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Start comparison' }).click()
  await expect(page.getByRole('region', { name: 'Verdict' }).getByText(/^(Better|Worse|The same|Not enough data to tell)$/)).toBeVisible({ timeout: pythonMs })
  await expect(page.getByRole('region', { name: 'Answers' }).getByRole('article')).toHaveCount(2)
  peer.control({ down: false })
})

test('a spot machine that is taken away: the run goes on from its checkpoint and has a whole curve (catches a curve with a hole, or two beginnings)', async () => {
  const { page } = launched
  demo = (await detailOf(page, jobId)).job.modelId
  const spot = await createElsewhere(page, { name: 'On a spot machine', backend: 'sagemaker', modelId: demo, cloud: sagemakerOptions(connectionId, true), settings: often(steps, 10) })
  await openRun(page, spot)
  await expect.poll(async () => (await keysInBucket()).some((key) => key.includes(jobAt(spot)[0]?.request.TrainingJobName ?? '?') && key.includes('checkpoint-10/')), { timeout: pythonMs }).toBe(true)
  peer.interruptSpot(jobAt(spot)[0]?.request.TrainingJobName ?? '')
  const { job, bill } = await untilEnded(page, spot, 'succeeded')
  expect(job.step).toBe(steps)
  expect(jobAt(spot)[0]?.attempts).toBe(2)
  const seen = await stepsOf(page, spot)
  expect([...new Set(seen)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: steps }, (_, index) => index + 1))
  expect(bill?.savedUsd).toBeGreaterThan(0)
})

test('Stop and save ends the job there and keeps what it had saved (catches a stop that throws the work away)', async () => {
  const { page } = launched
  const stopped = await createElsewhere(page, { name: 'Is stopped', backend: 'sagemaker', modelId: demo, cloud: sagemakerOptions(connectionId), settings: often(100_000, 10) })
  await openRun(page, stopped)
  await untilStep(page, stopped, 11)
  await page.getByRole('button', { name: 'Stop and save' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop and save' }).click()
  await expect(stateBadge(page)).toHaveText('Stopping')
  await untilEnded(page, stopped, 'cancelled')
  expect(jobAt(stopped).map(({ status }) => status)).toEqual(['Stopped'])
  await expect(stateBadge(page)).toHaveText('Stopped')
  expect((await ask(page, 'models.list')).some((model) => model.jobId === stopped)).toBe(true)
  await page.getByRole('tab', { name: /^Checkpoints/ }).click()
  await expect(page.getByRole('tabpanel').getByRole('button').first()).toBeVisible()
})

test('a refused action is named, with what to do (catches "access denied" without a name)', async () => {
  const { page } = launched
  peer.control({ deny: ['sagemaker:CreateTrainingJob'] })
  const refused = await createElsewhere(page, { name: 'Is refused', backend: 'sagemaker', modelId: demo, cloud: sagemakerOptions(connectionId), settings: often(8, 0) })
  await openRun(page, refused)
  await untilEnded(page, refused, 'failed')
  peer.control({ deny: [] })
  await expect(page.getByRole('region', { name: 'Cause' })).toContainText('sagemaker:CreateTrainingJob')
  await expect(page.getByRole('region', { name: 'Next step' })).toContainText('Add the permission')
  await keepScreens(launched, 'run-aws-refused')
})

test('an expired login shows the command to type, and the run goes on by itself (catches a failed job where only a login is missing)', async () => {
  const { page } = launched
  peer.control({ loginExpired: true })
  jobId = await createElsewhere(page, { name: 'Waits for a login', backend: 'sagemaker', modelId: demo, cloud: sagemakerOptions(connectionId), settings: often(8, 0) })
  await openRun(page, jobId)
  await untilPhase(page, jobId, /login/i)
  await expect(page.getByText('aws sso login').first()).toBeVisible()
  await keepScreens(launched, 'run-aws-login')
  peer.control({ loginExpired: false, hostileArtifact: 'outside-path' })
  await untilStep(page, jobId, 1)
  await expect(page.getByText('aws sso login')).toHaveCount(0)
})

test('a result with a path outside of its folder is refused and named, and the curve stays (catches a file that an archive puts anywhere)', async () => {
  const { page } = launched
  const detail = await untilEnded(page, jobId, 'failed')
  expect(detail.job.cause).toMatchObject({ kind: 'hostile-artifact' })
  await expect(page.getByRole('region', { name: 'Cause' })).toBeVisible()
  expect(existsSync(join(runFolderOf(detail), 'adapter'))).toBe(false)
  expect(existsSync(join(runFolderOf(detail), '..', '..', 'outside.txt'))).toBe(false)
  await expectEveryStep(page, jobId, 8)
  await keepScreens(launched, 'run-aws-hostile')
})
