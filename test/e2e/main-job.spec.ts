import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'playwright/test'
import type { JobId } from '../../electron/shared/ids'
import { JobId as JobIdSchema } from '../../electron/shared/ids'
import { launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { detailOf, expectWholeCurve, untilEnded, untilStep } from './pages/jobs'
import { lossCanvas, openRun, pixelsOfRun, stateBadge } from './pages/run-page'
import { answerDialogs, ask, closeForGood, goTo, keepPictureOfFailure, pythonMs, useTestPythonInSettings } from './pages/tunesmith'

// What a person does on the first evening, in the order in which they do it; each test goes on where the last one ended.
test.describe.configure({ mode: 'serial' })

const steps = 60
let launched: LaunchedApp
let jobId: JobId
test.beforeAll(async () => {
  launched = await launchApp()
})
test.afterAll(() => closeForGood(launched))
keepPictureOfFailure(() => launched.page)

test('a first start leads to an environment and names it in the status bar (catches a first start that ends nowhere)', async () => {
  const { page } = launched
  await expect(page.getByRole('heading', { name: 'Welcome to Tunesmith' })).toBeVisible()
  await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText('No environment')
  await page.getByRole('link', { name: 'Use a folder of wheels or an existing Python' }).click()
  await useTestPythonInSettings(launched)
  await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText('ready')
})

test('Home leads from the toy and the sample to a plan (catches steps that do not hand over their choice)', async () => {
  const { page } = launched
  await goTo(page, 'Home')
  await expect(page.getByRole('radio', { name: /^Demo model/ })).toBeChecked()
  await page.getByRole('radiogroup', { name: 'Data' }).getByText(/^(The bundled sample|Sample: )/).click()
  await expect(page.getByRole('radio', { name: /^Sample/ })).toBeChecked()
  await expect(page.getByText('a toy for learning the tool').first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'Start a run' })).toContainText('not known yet')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
})

test('Adjust changes method and steps, the plan follows, and Start opens the run (catches settings that do not reach the job)', async () => {
  const { page } = launched
  await page.getByRole('button', { name: 'Adjust' }).click()
  await page.getByRole('radio', { name: 'QLoRA', exact: true }).click()
  await page.getByRole('radio', { name: 'steps', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill(String(steps))
  await page.keyboard.press('Tab')
  await expect(page.getByRole('region', { name: 'The plan' })).toContainText(`${steps} steps`)
  await expect(page.getByRole('region', { name: 'The plan' })).toContainText('4-bit (QLoRA)')
  await expect(page.getByRole('radio', { name: 'unsloth' })).toBeChecked()
  await expect(page.getByRole('region', { name: 'Checked' })).toContainText('Trained tokens', { timeout: pythonMs })
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('First evening')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByRole('heading', { name: 'First evening', level: 1 })).toBeVisible()
  jobId = JobIdSchema.parse(decodeURIComponent(new URL(page.url()).hash.replace('#/run/', '')))
  const { request } = await detailOf(page, jobId)
  expect(request).toMatchObject({ backend: 'unsloth', settings: { method: 'qlora', length: { kind: 'steps', steps } } })
})

test('the run page is alive: curve, terminal, hardware (catches a page that shows the first answer only)', async () => {
  test.setTimeout(pythonMs + 60_000)
  const { page } = launched
  await expect(stateBadge(page)).toHaveText('Running', { timeout: pythonMs })
  await untilStep(page, jobId, 3)
  const { colour } = (await detailOf(page, jobId)).job
  await expect.poll(() => pixelsOfRun(lossCanvas(page), colour), { message: 'the loss chart is blank' }).toBeGreaterThan(20)
  const events = page.getByRole('tab', { name: /^Events/ })
  const before = await events.innerText()
  await expect(events).not.toHaveText(before)
  await expect(page.getByRole('region', { name: 'Terminal of the run' }).locator('.xterm-rows')).toContainText(/\S{3}/)
  await expect(page.locator('.hardware-strip')).toContainText(/Processor\s*\d+%/)
})

test('closing and opening the app during training loses nothing (catches points that are read twice or never after a restart)', async () => {
  test.setTimeout(2 * pythonMs)
  await launched.quit()
  launched = await launchApp({ home: launched.home })
  const { page } = launched
  const { job } = await detailOf(page, jobId)
  expect(job.state, 'it was over before the app was back: more steps are needed').toBe('running')
  await openRun(page, jobId)
  const before = (await expectLess(jobId)).step
  await untilStep(page, jobId, before + 1)
  const { colour } = job
  await expect.poll(() => pixelsOfRun(lossCanvas(page), colour)).toBeGreaterThan(20)
  const detail = await untilEnded(page, jobId, 'succeeded', pythonMs)
  expect(detail.job.step).toBe(steps)
  expect(await expectWholeCurve(page, jobId)).toBeGreaterThanOrEqual(steps)
  await expect(stateBadge(page)).toHaveText('Succeeded')
  expect(launched.logLines().some((line) => line.includes('"notification"'))).toBe(true)
})

const expectLess = async (id: JobId) => {
  const { job } = await detailOf(launched.page, id)
  expect(job.step).toBeLessThan(steps)
  return job
}

test('the ended run still has its terminal, script, spec, checkpoints and facts (catches a page that forgets with the process)', async () => {
  const { page } = launched
  await openRun(page, jobId)
  await expect(page.getByRole('region', { name: 'Terminal of the run' }).locator('.xterm-rows')).toContainText(/\S{3}/)
  await page.getByRole('tab', { name: 'Script' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('unsloth')
  await page.getByRole('tab', { name: 'Spec' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('"qlora"')
  await page.getByRole('tab', { name: /^Checkpoints/ }).click()
  await expect(page.getByRole('tabpanel').getByText('best', { exact: true })).toBeVisible()
  await page.getByRole('tab', { name: 'Facts' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('2026.10.9')
  await expect(page.getByRole('tabpanel')).toContainText('code 0')
  const csv = join(launched.home, 'curves.csv')
  await answerDialogs(launched.app, csv)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Save curves as CSV' }).click()
  await expect.poll(() => existsSync(csv)).toBe(true)
})

test('the result is compared with its base, with a verdict and intervals (catches a comparison that ends without an answer)', async () => {
  test.setTimeout(2 * pythonMs)
  const { page } = launched
  await page.getByRole('link', { name: 'Compare with its base' }).click()
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(2)
  await page.getByRole('textbox', { name: 'Prompts at most' }).fill('20')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Start comparison' }).click()
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await expect(verdict.getByText(/^(Better|Worse|The same|Not enough data to tell)$/)).toBeVisible({ timeout: pythonMs })
  await expect(page.getByRole('region', { name: 'Scores' }).getByRole('row')).toHaveCount(3)
  await expect(page.getByRole('region', { name: 'Scores' })).toContainText(/\d\/20/)
  await expect(page.getByRole('region', { name: 'Answers' }).getByRole('article')).toHaveCount(2)
})

test('a stored comparison is the same when it is opened again (catches one that lives in the window only)', async () => {
  const { page } = launched
  const words = await page.getByRole('region', { name: 'Verdict' }).innerText()
  await goTo(page, 'Compare')
  await page.getByRole('grid', { name: 'Comparisons' }).getByRole('row').nth(1).click()
  await expect(page.getByRole('region', { name: 'Verdict' })).toHaveText(words, { useInnerText: true })
  const [stored] = await ask(page, 'comparisons.list')
  expect(stored).toMatchObject({ state: 'done', doneAnswers: 40, totalAnswers: 40 })
})

test('the tuned model answers in a chat (catches tokens that do not reach the page)', async () => {
  test.setTimeout(2 * pythonMs)
  const { page } = launched
  await goTo(page, 'Models')
  await page.getByRole('button', { name: 'Chat', exact: true }).click()
  await page.getByRole('textbox', { name: 'Message' }).fill('What colour is the sky?')
  await page.keyboard.press('Enter')
  const answer = page.getByRole('article', { name: 'Model' })
  await expect(answer).toContainText(/tokens\/s|tokens ·/, { timeout: pythonMs })
  expect((await answer.locator('.turn-text').innerText()).trim()).not.toBe('')
})

test('the model is used elsewhere: a snippet and merged weights (catches a result that is locked in)', async () => {
  test.setTimeout(2 * pythonMs)
  const { page, app } = launched
  const target = mkdtempSync(join(launched.home, 'exports-'))
  await goTo(page, 'Models')
  await page.getByRole('button', { name: /^Actions for First evening/ }).last().click()
  await page.getByRole('menuitem', { name: 'Copy a snippet that loads it' }).click()
  await expect(page.getByRole('dialog')).toContainText('PeftModel')
  await page.getByRole('dialog').getByRole('button', { name: 'Copy' }).click()
  await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toContain('PeftModel')
  await page.keyboard.press('Escape')
  await answerDialogs(app, target)
  await page.getByRole('button', { name: /^Actions for First evening/ }).last().click()
  await page.getByRole('menuitem', { name: 'Save merged safetensors' }).click()
  await expect(page.getByRole('group', { name: 'Saved as a whole model' })).toBeVisible({ timeout: pythonMs })
  const [folder = ''] = readdirSync(target)
  expect(readdirSync(join(target, folder))).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']))
})
