import type { Locator, Page } from 'playwright'
import { expect } from 'playwright/test'
import type { JobBudget } from '../../../electron/shared/cloud'
import type { AwsConnection } from '../../../electron/shared/connection'
import type { ConnectionId, JobId, ModelId } from '../../../electron/shared/ids'
import type { JobSummary } from '../../../electron/shared/job'
import type { BackendId, JobRequest, TrainingSettings } from '../../../electron/shared/job-spec'
import type { SettingsSection } from '../../../renderer/src/router'
import { detailOf } from './jobs'
import { ask, goTo, pythonMs } from './tunesmith'

const settingsNames: Readonly<Partial<Record<SettingsSection, string>>> = { places: 'Places', costs: 'Costs' }

export async function openSettings(page: Page, section: 'places' | 'costs'): Promise<void> {
  await goTo(page, 'Settings')
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: settingsNames[section] ?? section }).click()
  await expect(page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: settingsNames[section] ?? section })).toHaveAttribute('aria-current', 'page')
}

/** The card of a place in Settings. */
export const placeCard = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true })
/** How a place stands, in the head of its card. */
export const placeBadge = (page: Page, name: string): Locator => placeCard(page, name).locator('.panel-head .badge')

/** Adds a service through the dialog of Settings; the key is typed there. */
export async function addService(page: Page, { name, baseUrl, key }: { readonly name: string; readonly baseUrl: string; readonly key: string }): Promise<void> {
  await openSettings(page, 'places')
  await page.getByRole('button', { name: 'Add an OpenAI-protocol service' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add an OpenAI-protocol service' })
  await dialog.getByRole('radio', { name: 'Another address' }).click()
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name)
  await dialog.getByRole('textbox', { name: 'Address' }).fill(baseUrl)
  await dialog.getByLabel('Key', { exact: true }).fill(key)
  await expect(dialog.getByLabel('Key', { exact: true })).toHaveAttribute('type', 'password')
  await dialog.getByRole('button', { name: 'Add place' }).click()
  await expect(dialog).toHaveCount(0)
}

/** Adds an AWS account through the dialog of Settings. */
export async function addAws(page: Page, account: AwsConnection): Promise<void> {
  await openSettings(page, 'places')
  await page.getByRole('button', { name: 'Add AWS' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add an AWS account' })
  const fields = [['Name', account.name], ['Region', account.region], ['Role of the jobs', account.roleArn], ['Bucket', account.bucket], ['Folder in the bucket', account.prefix]] as const
  for (const [label, value] of fields) await dialog.getByRole('textbox', { name: label, exact: true }).fill(value)
  await dialog.getByRole('button', { name: 'Add place' }).click()
  await expect(dialog).toHaveCount(0)
}

/** Types the key of a service again where the system has no keyring that kept it over a restart. */
export async function typeKeyAgain(page: Page, name: string, key: string): Promise<void> {
  await openSettings(page, 'places')
  const line = placeCard(page, name).getByText(/^(A key is set|No key is set)/)
  await expect(line).toBeVisible()
  if ((await line.innerText()).startsWith('A key')) return
  await placeCard(page, name).getByRole('button', { name: 'Set key' }).click()
  await page.getByRole('dialog').getByLabel('Key', { exact: true }).fill(key)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
}

/** Presses Check and waits until the place has answered. */
export async function checkPlace(page: Page, name: string): Promise<void> {
  const card = placeCard(page, name)
  const stamp = async () => (await connectionNamed(page, name)).check?.atMs ?? 0
  const before = await stamp()
  await card.getByRole('button', { name: /^Check/ }).click()
  await expect.poll(stamp, { timeout: 30_000 }).toBeGreaterThan(before)
  await expect(card.getByRole('list', { name: 'What the check found' })).toBeVisible()
}

export async function connectionNamed(page: Page, name: string) {
  const found = (await ask(page, 'connections.list')).find(({ config }) => config.name === name)
  if (found === undefined) throw new Error(`there is no place ${name}`)
  return found
}

/** Opens a list that drops down, and chooses in it. */
export async function chooseFrom(page: Page, label: string, option: string | RegExp): Promise<void> {
  await openList(page, label)
  await page.getByRole('option', { name: option }).click()
  await expect(page.getByRole('listbox')).toHaveCount(0)
}
export const openList = (page: Page, label: string): Promise<void> => page.getByRole('button', { name: new RegExp(`${label}$`) }).click()

interface ElsewhereJob {
  readonly name: string
  readonly backend: Extract<BackendId, 'openai' | 'sagemaker'>
  readonly modelId: ModelId
  readonly cloud: NonNullable<JobRequest['cloud']>
  readonly settings?: Partial<TrainingSettings>
  readonly budget?: JobBudget
}

/** A job at a place, made behind the window. */
export async function createElsewhere(page: Page, { name, backend, modelId, cloud, settings = {}, budget }: ElsewhereJob): Promise<JobId> {
  const dataset = (await ask(page, 'datasets.list')).find(({ kind }) => kind === 'sample')
  if (dataset === undefined) throw new Error('the sample is missing')
  const defaults = await ask(page, 'jobs.defaults', { modelId, datasetId: dataset.id, backend, method: backend === 'sagemaker' ? 'lora' : null })
  const created = await ask(page, 'jobs.create', { name, backend, modelId, datasetId: dataset.id, device: { kind: 'auto' }, settings: { ...defaults.settings, ...settings }, cloud, budget: budget ?? null })
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}

export const serviceOptions = (connectionId: ConnectionId): NonNullable<JobRequest['cloud']> =>
  ({ kind: 'openai', connectionId, epochs: 1, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null })

export const sagemakerOptions = (connectionId: ConnectionId, spot = false): NonNullable<JobRequest['cloud']> => ({
  kind: 'sagemaker', connectionId, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot, maxRunSeconds: 3600, maxWaitSeconds: spot ? 7200 : null, imageUri: null, hubTokenSecret: null,
})

export const jobNamed = async (page: Page, name: string): Promise<JobSummary> => {
  const found = (await ask(page, 'jobs.list')).find((job) => job.name === name)
  if (found === undefined) throw new Error(`there is no run ${name}`)
  return found
}

/** What the run page says that goes on at the place. */
export const placeStrip = (page: Page): Locator => page.getByRole('group', { name: 'Place' })

/** Waits until the run says this of what it does elsewhere. */
export async function untilPhase(page: Page, jobId: JobId, words: RegExp, timeout = pythonMs): Promise<void> {
  await expect.poll(async () => {
    const { job, end } = await detailOf(page, jobId)
    if (job.finishedAtMs !== null) throw new Error(`${job.state}: ${end?.lastLines.join('\n') ?? ''}`)
    return job.phase?.text ?? ''
  }, { timeout }).toMatch(words)
}

/** Steps with a training loss, in the order in which they are stored. */
export async function stepsOf(page: Page, jobId: JobId): Promise<readonly number[]> {
  const curve = await ask(page, 'metrics.tail', { jobId, afterSeq: -1, limit: 50_000 })
  expect(curve.more).toBe(false)
  return Array.from(curve.step).filter((_, row) => !Number.isNaN(curve.values.loss?.[row] ?? Number.NaN))
}

/** Every step from 1 to the last is there once, in order. */
export async function expectEveryStep(page: Page, jobId: JobId, steps: number): Promise<void> {
  expect(await stepsOf(page, jobId)).toEqual(Array.from({ length: steps }, (_, index) => index + 1))
}
