import type { Locator, Page } from 'playwright'
import { expect, test } from 'playwright/test'
import type { LaunchedApp } from '../support/launch-app'
import { createJob, detailOf, longRun, untilEnded } from './pages/jobs'
import { stateBadge } from './pages/run-page'
import { ask, closeForGood, keepPictureOfFailure, openReady, pythonMs } from './pages/tunesmith'

// Nothing here touches the mouse; locators only look.
test.describe.configure({ mode: 'serial' })

let launched: LaunchedApp
test.beforeAll(async () => {
  launched = await openReady()
  await launched.page.evaluate(() => {
    for (const kind of ['mousedown', 'pointerdown']) window.addEventListener(kind, () => { document.documentElement.dataset['mouse'] = 'used' }, true)
  })
})
test.afterAll(() => closeForGood(launched))
keepPictureOfFailure(() => launched.page)

const isFocused = (target: Locator): Promise<boolean> => target.evaluate((element) => element === document.activeElement || element.contains(document.activeElement))

/** Presses Tab, or Shift+Tab, until the target has the focus, which must come within a page's worth of stops. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect(target).toBeVisible()
  for (let stops = 0; stops < 60; stops += 1) {
    if (await isFocused(target)) return
    await page.keyboard.press(key)
  }
  throw new Error(`60 times ${key} did not reach ${target}`)
}

/** Replaces the text of the field that has the focus. */
async function type(page: Page, text: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(text)
}

test('Ctrl+1 to 7 open the pages (catches a shortcut that only the menu has)', async () => {
  const { page } = launched
  for (const [index, place] of ['Home', 'Datasets', 'Train', 'Queue', 'Models', 'Compare', 'Settings'].entries()) {
    await page.keyboard.press(`ControlOrMeta+${index + 1}`)
    await expect(page).toHaveTitle(`${place} · Tunesmith`)
  }
})

test('the palette finds a page and gives the focus back on Esc (catches a dialog that swallows the focus)', async () => {
  const { page } = launched
  await page.keyboard.press('ControlOrMeta+1')
  const opener = page.getByRole('button', { name: 'Open a run folder' })
  await tabTo(page, opener)
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  expect(await isFocused(opener)).toBe(true)
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.type('models')
  await page.keyboard.press('Enter')
  await expect(page).toHaveTitle('Models · Tunesmith')
})

test('a command of the menu leaves the page under a dialog alone (catches an accelerator that acts on what nobody can reach)', async () => {
  const { app, page } = launched
  const press = (id: string) => app.evaluate(({ Menu }, item) => { Menu.getApplicationMenu()?.getMenuItemById(item)?.click() }, id)
  const heard = page.evaluate(() => new Promise((resolve) => {
    const { tunesmith } = globalThis as unknown as { tunesmith: { on(push: string, listener: (data: { command: unknown }) => void): () => void } }
    tunesmith.on('app.command', ({ command }) => { if (command === 'go.queue') resolve(command) })
  }))
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await press('go.queue')
  await heard
  await expect(page).toHaveTitle('Models · Tunesmith')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await press('go.queue')
  await expect(page).toHaveTitle('Queue · Tunesmith')
})

test('Ctrl+B folds the sidebar, and its links keep their names (catches icons without a name)', async () => {
  const { page } = launched
  await page.keyboard.press('ControlOrMeta+b')
  await expect(page.locator('.app-folded')).toHaveCount(1)
  await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Queue' })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+b')
  await expect(page.locator('.app-folded')).toHaveCount(0)
})

test('the main job: plan, start, watch, compare, all by keys (catches a step that needs a mouse)', async () => {
  test.setTimeout(4 * pythonMs)
  const { page } = launched
  await page.keyboard.press('ControlOrMeta+1')
  const model = page.getByRole('radiogroup', { name: 'Model' })
  await tabTo(page, model)
  await tabTo(page, page.getByRole('radiogroup', { name: 'Data' }))
  await expect(page.getByRole('radio', { name: /^Sample/ })).toBeChecked()
  await tabTo(page, page.getByRole('button', { name: 'Adjust' }))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'New run', level: 1 })).toBeVisible()
  await tabTo(page, page.getByRole('textbox', { name: 'Name of the run' }))
  await type(page, 'By keys')
  await tabTo(page, page.getByRole('radiogroup', { name: 'Backend' }))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Space')
  await expect(page.getByRole('radio', { name: 'huggingface' })).toBeChecked()
  await tabTo(page, page.getByRole('radiogroup', { name: 'Count in' }))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Space')
  const steps = page.getByRole('textbox', { name: 'Steps', exact: true })
  await tabTo(page, steps, 'Shift+Tab')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
  await type(page, '12')
  // Without leaving the field: the number that is typed must be the one that starts.
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect(page.getByRole('heading', { name: 'By keys', level: 1 })).toBeVisible()
  const job = (await ask(page, 'jobs.list')).find(({ name }) => name === 'By keys')
  if (job === undefined) throw new Error('nothing was started')
  expect((await detailOf(page, job.id)).request).toMatchObject({ backend: 'huggingface', settings: { length: { kind: 'steps', steps: 12 } } })
  await tabTo(page, page.getByRole('tab', { name: 'Terminal' }))
  const terminal = page.getByRole('region', { name: 'Terminal of the run' })
  await tabTo(page, terminal)
  await page.keyboard.press('/')
  const find = page.getByRole('textbox', { name: 'Find in terminal' })
  await expect.poll(() => isFocused(find)).toBe(true)
  await expect(find).toHaveValue('')
  await page.keyboard.press('Escape')
  await tabTo(page, page.getByRole('tab', { name: 'Terminal' }), 'Shift+Tab')
  await page.keyboard.press('End')
  await expect(page.getByRole('tab', { name: 'Facts' })).toHaveAttribute('aria-selected', 'true')
  await untilEnded(page, job.id, 'succeeded')
  await expect(stateBadge(page)).toHaveText('Succeeded')
  const chart = page.getByRole('group', { name: /^Loss: arrow keys/ })
  await tabTo(page, chart, 'Shift+Tab')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('status').filter({ hasText: /step/i }).first()).toBeVisible()
  await page.keyboard.press('Escape')
  await tabTo(page, page.getByRole('link', { name: 'Compare with its base' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('textbox', { name: 'Prompts at most' }))
  await type(page, '6')
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect.poll(async () => (await ask(page, 'comparisons.list')).map(({ promptCount }) => promptCount)).toEqual([6])
  await expect(page.getByRole('region', { name: 'Verdict' }).getByText(/^(Better|Worse|The same|Not enough data to tell)$/)).toBeVisible({ timeout: 2 * pythonMs })
})

test('[ and ] step through the prompts of a comparison (catches a list that only a mouse can walk)', async () => {
  const { page } = launched
  const selected = () => page.getByRole('listbox', { name: 'Prompts' }).getByRole('option', { selected: true }).innerText()
  const first = await selected()
  await page.keyboard.press(']')
  await expect.poll(selected).not.toBe(first)
  await page.keyboard.press('[')
  await expect.poll(selected).toBe(first)
})

test('/ filters the queue, arrows walk it, Enter opens, Delete asks and Esc keeps, with the focus back on the row (catches a lost focus)', async () => {
  const { page } = launched
  await page.keyboard.press('ControlOrMeta+4')
  await expect(page.getByRole('grid', { name: 'Runs' })).toBeVisible()
  await page.keyboard.press('/')
  const filter = page.getByRole('textbox', { name: 'Filter runs' })
  expect(await isFocused(filter)).toBe(true)
  await page.keyboard.type('keys')
  await expect(filter).toHaveValue('keys')
  const row = page.getByRole('row', { name: /^By keys,/ })
  await tabTo(page, row)
  await page.keyboard.press('Delete')
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
  await expect.poll(() => isFocused(row)).toBe(true)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'By keys', level: 1 })).toBeVisible()
})

test('Ctrl+. asks before it stops, and Esc keeps the run going (catches a stop by a slip of the hand)', async () => {
  test.setTimeout(2 * pythonMs)
  const { page } = launched
  const jobId = await createJob(page, { name: 'Stopped by keys', settings: longRun })
  await expect.poll(async () => (await detailOf(page, jobId)).job.state, { timeout: pythonMs }).toBe('running')
  await page.keyboard.press('ControlOrMeta+.')
  await expect(page.getByRole('alertdialog')).toContainText('Stop and save Stopped by keys?')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
  expect((await detailOf(page, jobId)).job.state).toBe('running')
  await page.keyboard.press('ControlOrMeta+.')
  await tabTo(page, page.getByRole('alertdialog').getByRole('button', { name: 'Force stop' }))
  await page.keyboard.press('Enter')
  await untilEnded(page, jobId, 'cancelled')
  await expect(page.locator('html')).not.toHaveAttribute('data-mouse')
})
