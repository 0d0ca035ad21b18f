import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'playwright/test'
import { launchApp, repository } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { createJob, detailOf } from './pages/jobs'
import { answerDialogs, ask, closeForGood, goTo, keepPictureOfFailure } from './pages/tunesmith'

// What is missing, broken or refused is a state with a sentence, never an error page.
let launched: LaunchedApp
keepPictureOfFailure(() => launched.page)

test.describe('without an environment and with odd files', () => {
  test.beforeAll(async () => {
    launched = await launchApp()
    await expect(launched.page.getByRole('heading', { name: 'Welcome to Tunesmith' })).toBeVisible()
  })
  test.afterAll(() => closeForGood(launched))

  const importFile = async (name: string, rows: readonly unknown[]) => {
    const path = join(launched.home, name)
    writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
    await answerDialogs(launched.app, path)
    await goTo(launched.page, 'Datasets')
    await launched.page.getByRole('button', { name: 'Import a file', exact: true }).first().click()
  }
  const turn = (question: string) => ({ messages: [{ role: 'user', content: question }, { role: 'assistant', content: `Answer to ${question}` }] })

  test('a missing environment is said on Home, on Train and by the waiting job (catches a start that ends in a stack trace)', async () => {
    const { page } = launched
    await page.getByRole('button', { name: 'Skip' }).click()
    await expect(page.getByText('No Python environment is ready.')).toBeVisible()
    await expect(page.getByRole('link', { name: 'Set up', exact: true })).toBeVisible()
    await ask(page, 'datasets.addSample')
    await goTo(page, 'Train')
    await expect(page.getByRole('region', { name: 'Checked' })).toContainText('No environment is ready')
    const jobId = await createJob(page, { name: 'Waits' })
    expect((await detailOf(page, jobId)).job.state).toBe('queued')
    await goTo(page, 'Queue')
    await expect(page.getByRole('row', { name: /^Waits,/ })).toContainText('Waits for a Python environment that is ready.')
    await ask(page, 'jobs.cancel', { jobId, mode: 'save' })
  })

  test('broken lines are named by their number and left out, the rest is imported (catches one bad line that costs the file, or passes silently)', async () => {
    const { page } = launched
    await importFile('mixed.jsonl', [turn('one'), '{"messages": [', turn('two'), { messages: [{ role: 'user', content: 'no answer' }] }, turn('three'), turn('four')])
    const validation = page.getByRole('region', { name: 'Validation' })
    await expect(validation).toContainText('2 left out')
    await expect(validation.getByRole('listitem').filter({ hasText: 'is not JSON' })).toContainText('line 2')
    await expect(validation.getByRole('listitem').filter({ hasText: 'not an answer of the assistant' })).toContainText('line 4')
    expect((await ask(page, 'datasets.list')).find(({ name }) => name.startsWith('mixed'))).toMatchObject({ rows: 4 })
  })

  test('a file without one usable row is refused with its lines (catches an empty dataset in the list)', async () => {
    const { page } = launched
    const before = (await ask(page, 'datasets.list')).length
    await importFile('broken.jsonl', ['not json at all', '{"text": "no known keys"}'])
    await expect(page.getByText('broken.jsonl was not imported.')).toBeVisible()
    const found = page.getByRole('region', { name: 'What was found' })
    await expect(found.getByRole('listitem').filter({ hasText: 'is not JSON' })).toContainText('line 1')
    await expect(found.getByRole('listitem').filter({ hasText: 'no known format' })).toContainText('line 2')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    expect(await ask(page, 'datasets.list')).toHaveLength(before)
  })

  test('an empty file is refused in words (catches a refusal that speaks of keys and lines that are not there)', async () => {
    const { page } = launched
    await importFile('empty.jsonl', [])
    await expect(page.getByText('empty.jsonl was not imported.')).toBeVisible()
    await expect(page.getByText('It holds no rows.')).toBeVisible()
    await expect(page.getByText('NaN')).toHaveCount(0)
    await page.getByRole('button', { name: 'Dismiss' }).click()
  })

  test('preference data is recognised and refused, not trained as answers (catches a chosen answer that is taken for a message)', async () => {
    const { page } = launched
    await importFile('preferences.jsonl', [{ prompt: 'a', chosen: 'good', rejected: 'bad' }, { prompt: 'b', chosen: 'good', rejected: 'bad' }])
    await expect(page.getByText('preferences.jsonl was not imported.')).toBeVisible()
    await expect(page.getByRole('region', { name: 'What was found' })).toContainText('This is preference data')
    await page.getByRole('button', { name: 'Dismiss' }).click()
  })

  test('a cancelled dialog changes nothing (catches an import of nothing)', async () => {
    const { page, app } = launched
    await answerDialogs(app, null)
    await goTo(page, 'Datasets')
    const before = await page.getByRole('main').innerText()
    await page.getByRole('button', { name: 'Import a file', exact: true }).first().click()
    await expect(page.getByRole('main')).toHaveText(before, { useInnerText: true })
    await expect(page.getByRole('alert')).toHaveCount(0)
  })

  test('offline is a word in the status bar and in the dialog that needs the hub (catches a request that hangs, and a banner over everything)', async () => {
    const { page } = launched
    await goTo(page, 'Settings')
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Model hubs' }).click()
    await page.getByRole('switch', { name: 'Offline' }).press('Space')
    await expect(page.getByRole('contentinfo', { name: 'Status' }).getByRole('link', { name: 'Offline' })).toBeVisible()
    await goTo(page, 'Models')
    await page.getByRole('button', { name: 'Add a base model' }).click()
    await expect(page.getByRole('dialog')).toContainText('Local models work as always.')
    await expect(page.getByRole('textbox', { name: 'Hugging Face id' })).toBeDisabled()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })
})

test.describe('with a driver that answers, or does not', () => {
  // The fake is a script with a shebang line, which Windows does not start.
  test.skip(process.platform === 'win32', 'the fake nvidia-smi is a script')
  const fixtures = join(repository, 'test', 'fixtures', 'nvidia-smi')
  const openWith = (plan: Record<string, unknown>) => launchApp({ env: { TUNESMITH_NVIDIA_SMI: join(fixtures, 'fake-nvidia-smi.mjs'), FAKE_NVIDIA_SMI: JSON.stringify(plan) } })
  test.afterEach(() => closeForGood(launched))

  test('a GPU is shown with its name, memory and what uses it (catches readings that stay in the engine)', async () => {
    launched = await openWith({ xml: join(fixtures, 'tesla-t4.xml'), identity: [[0, 'GPU-d37e67a5-91dd-3774-a5cb-99096249601a', '7.5']], rows: [] })
    const { page } = launched
    await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText('T4', { timeout: 30_000 })
    await expect(page.getByText('For this machine that is cuda')).toBeVisible()
    await page.evaluate(() => { location.hash = '#/settings/hardware' })
    const gpu = page.getByRole('region', { name: 'Tesla T4' })
    await expect(gpu.getByRole('meter', { name: 'Memory of Tesla T4 in use' })).toBeVisible()
    await expect(gpu).toContainText('515.105.01')
    await expect(gpu).toContainText('python')
    await expect(gpu).toContainText('7.5')
  })

  test('a driver that hangs is a sentence with a next step, and the window stays usable (catches a start that waits for the driver)', async () => {
    test.setTimeout(120_000)
    launched = await openWith({ hang: 'all' })
    const { page } = launched
    await goTo(page, 'Models')
    await expect(page.getByRole('grid', { name: 'Models' })).toBeVisible()
    await page.evaluate(() => { location.hash = '#/settings/hardware' })
    await expect(page.getByText('The NVIDIA driver does not answer.')).toBeVisible({ timeout: 60_000 })
    await expect(page.getByText('Restart the computer; if it happens again, reinstall the driver.')).toBeVisible()
    await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText('The NVIDIA driver does not answer')
  })

  test('an answer that is no answer is shown as what it is (catches an error page of the XML reader)', async () => {
    launched = await openWith({ say: { out: 'Segmentation fault', code: 139 } })
    const { page } = launched
    await page.evaluate(() => { location.hash = '#/settings/hardware' })
    await expect(page.getByText('The NVIDIA driver gave an answer that cannot be read.')).toBeVisible({ timeout: 30_000 })
    await expect(page.getByLabel('What the driver printed')).toContainText('Segmentation fault')
  })
})
