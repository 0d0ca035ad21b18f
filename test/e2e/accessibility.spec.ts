import { mkdirSync, renameSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from 'playwright/test'
import { launchApp, repository } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { createJob, untilEnded } from './pages/jobs'
import { answerDialogs, ask, closeForGood, keepPictureOfFailure, openReady, pythonMs } from './pages/tunesmith'

// Every page with real content, light and dark: no violation of axe-core, and a picture of each in test-results/screens.
test.describe.configure({ mode: 'serial' })

const screens = join(repository, 'test-results', 'screens')
const themes = ['light', 'dark'] as const
let launched: LaunchedApp
const hashes = new Map<string, string>()

async function makeContent(): Promise<void> {
  const { page, app, home } = launched
  const model = join(home, 'a-model')
  cpSync(join(repository, 'resources', 'demo-model'), model, { recursive: true })
  await answerDialogs(app, model)
  const picked = await ask(page, 'files.pick', { purpose: 'model-folder' })
  if (picked === null) throw new Error('the dialog was cancelled')
  const added = await ask(page, 'models.addFolder', { token: picked.token })
  if ('problem' in added) throw new Error(added.problem)
  const finished = await createJob(page, { name: 'Finished run', settings: { length: { kind: 'steps', steps: 60 }, evaluateEverySteps: 10, checkpointEverySteps: 20 } })
  const failed = await createJob(page, { name: 'Failed run', settings: { length: { kind: 'steps', steps: 4 } }, modelId: added.modelId })
  await expect.poll(async () => (await ask(page, 'jobs.get', { jobId: finished })).job.state, { timeout: pythonMs }).toBe('running')
  renameSync(model, `${model}-away`)
  const { outputModelId, job } = await untilEnded(page, finished, 'succeeded')
  await untilEnded(page, failed, 'failed')
  renameSync(`${model}-away`, model)
  if (outputModelId === null) throw new Error('the run left no model')
  const { comparisonId } = await ask(page, 'comparisons.create', {
    name: null, modelIds: [job.modelId, outputModelId], prompts: { kind: 'dataset', datasetId: job.datasetId, part: 'held-out', limit: 12 },
    sampling: { temperature: 0, topP: 1, maxNewTokens: 24, seed: 7 }, precision: 'float32',
  })
  await expect.poll(async () => (await ask(page, 'comparisons.get', { comparisonId })).state, { timeout: pythonMs }).toBe('done')
  const pages: readonly (readonly [string, string])[] = [
    ['home', '#/home'], ['datasets', '#/datasets'], ['train', '#/train'], ['queue', '#/queue'], ['run', `#/run/${finished}`], ['run-failed', `#/run/${failed}`],
    ['models', `#/models/${outputModelId}`], ['models-add', '#/models/add'], ['chat', `#/chat/${outputModelId}`], ['compare', '#/compare'], ['compare-open', `#/compare/${comparisonId}`],
    ['compare-new', `#/compare?models=${job.modelId},${outputModelId}`],
    ...['general', 'environments', 'hardware', 'storage', 'hubs', 'places', 'costs', 'shortcuts', 'about'].map((section) => [`settings-${section}`, `#/settings/${section}`] as const),
  ]
  for (const [name, hash] of pages) hashes.set(name, hash)
}

test.afterAll(() => closeForGood(launched))
keepPictureOfFailure(() => launched.page)

const setTheme = async (theme: (typeof themes)[number]) => {
  await ask(launched.page, 'settings.set', { theme })
  await expect(launched.page.locator('html')).toHaveAttribute('data-theme', theme)
}
const open = async (hash: string) => {
  // The window hears of another address in a later task, and a page's code may still have to be read from the disk.
  await launched.page.evaluate((next) => location.hash === next ? undefined : new Promise<void>((changed) => {
    window.addEventListener('hashchange', () => requestAnimationFrame(() => { changed() }), { once: true })
    location.hash = next
  }), hash)
  await expect(launched.page.getByRole('heading', { level: 1 })).toBeVisible({ timeout: 60_000 })
  // Skeletons, spinners and figures that are still on their way are not what one looks at.
  await expect(launched.page.locator('.skeleton, .spinner')).toHaveCount(0, { timeout: 60_000 })
  await launched.page.evaluate(async () => {
    await document.fonts.ready
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  })
}
const keep = (name: string, theme: string) => launched.page.screenshot({ path: join(screens, `${name}-${theme}.png`), animations: 'disabled' })

/** What axe finds, as text that names the page's fault. */
async function violations(): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page: launched.page }).setLegacyMode().analyze()
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${String(target)} (${failureSummary ?? ''})`).join(' | ')}`)
}

/** What is clipped without an ellipsis and without a way to scroll to it. The legend of a chart drops whole words by design; a terminal scrolls by itself, and fits its rows a moment after its place. */
const cutText = () => launched.page.evaluate(() => {
  const faults: string[] = []
  for (const element of document.querySelectorAll<HTMLElement>('body *')) {
    if (element.clientWidth <= 1 || element.clientHeight <= 1 || element.closest('.visually-hidden, .chart-legend, .terminal-host, .cm-editor, svg') !== null) continue
    const style = getComputedStyle(element)
    const clips = (overflow: string) => overflow === 'hidden' || overflow === 'clip'
    const wide = clips(style.overflowX) && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1
    const high = clips(style.overflowY) && element.scrollHeight > element.clientHeight + 2 && style.textOverflow !== 'ellipsis'
    if (wide || high) faults.push(`cut: ${element.tagName} ${element.className}: ${element.scrollWidth} x ${element.scrollHeight} in ${element.clientWidth} x ${element.clientHeight}: "${element.innerText.slice(0, 60)}"`)
  }
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight) faults.push(`the window itself scrolls: ${root.scrollWidth} x ${root.scrollHeight}`)
  return faults
})

test('a first start: no violation, light and dark (catches a welcome that only some can read)', async () => {
  launched = await launchApp()
  await sizeWindow()
  await expect(launched.page.getByRole('heading', { name: 'Welcome to Tunesmith' })).toBeVisible()
  await expect(launched.page.getByRole('contentinfo')).toContainText('CPU')
  const found: string[] = []
  for (const theme of themes) {
    await setTheme(theme)
    await open('#/home')
    found.push(...(await violations()).map((text) => `${theme}: ${text}`), ...(await cutText()))
    await keep('first-start', theme)
  }
  for (const [name, hash] of [['datasets-empty', '#/datasets'], ['queue-empty', '#/queue'], ['compare-empty', '#/compare'], ['train-empty', '#/train'], ['settings-environments-empty', '#/settings/environments']] as const) {
    await open(hash)
    found.push(...(await violations()).map((text) => `${name}: ${text}`), ...(await cutText()).map((text) => `${name}: ${text}`))
    await keep(name, 'dark')
  }
  expect(found).toEqual([])
  await closeForGood(launched)
})

async function sizeWindow(): Promise<void> {
  mkdirSync(screens, { recursive: true })
  await launched.app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    window?.setMenuBarVisibility(false)
    window?.setContentSize(1280, 800)
  })
  await expect.poll(() => launched.page.evaluate(() => [innerWidth, innerHeight])).toEqual([1280, 800])
}

for (const theme of themes) {
  test(`every page in ${theme}: no violation of axe-core and no cut text (catches colours, names and roles that some cannot use)`, async () => {
    test.setTimeout(4 * pythonMs)
    if (hashes.size === 0) {
      launched = await openReady()
      await sizeWindow()
      await makeContent()
    }
    await setTheme(theme)
    const found: string[] = []
    for (const [name, hash] of hashes) {
      await open(hash)
      found.push(...(await violations()).map((text) => `${name}: ${text}`), ...(await cutText()).map((text) => `${name}: ${text}`))
      await keep(name, theme)
      if (name === 'models-add') await launched.page.keyboard.press('Escape')
    }
    expect(found).toEqual([])
  })

  test(`dialogs, menus and the palette in ${theme}: no violation (catches an overlay without a name)`, async () => {
    test.setTimeout(120_000)
    const { page } = launched
    const found: string[] = []
    const look = async (name: string) => {
      found.push(...(await violations()).map((text) => `${name}: ${text}`))
      await keep(name, theme)
      await page.keyboard.press('Escape')
      await expect(page.locator('[role=dialog], [role=alertdialog], [role=menu]')).toHaveCount(0)
    }
    await open(hashes.get('queue') ?? '')
    await page.getByRole('button', { name: 'Actions for Finished run' }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await look('menu')
    await page.getByRole('button', { name: 'Actions for Finished run' }).click()
    await page.getByRole('menuitem', { name: 'Name, tags and note' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await look('dialog-edit')
    await page.getByRole('row', { name: /^Finished run,/ }).press('Delete')
    await expect(page.getByRole('alertdialog')).toBeVisible()
    await look('dialog-delete')
    await page.keyboard.press('ControlOrMeta+k')
    await expect(page.getByRole('dialog')).toBeVisible()
    await look('palette')
    await open(hashes.get('train') ?? '')
    await page.getByRole('button', { name: 'Show script' }).click()
    await expect(page.getByRole('dialog')).toContainText('train.py')
    await look('dialog-script')
    await open(hashes.get('run') ?? '')
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Show chart as table' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await look('dialog-table')
    expect(found).toEqual([])
  })
}
