// Drives the app's window as a user would; what it waits for it asks through the page's own API.
import { join } from 'node:path'
import { Stop, at } from './project.mjs'

const minutes = (count) => count * 60_000
const ended = new Set(['succeeded', 'failed', 'cancelled', 'interrupted'])

export class DemoWindow {
  constructor(app, page, screens) {
    this.app = app
    this.page = page
    this.screens = screens
  }

  static async open({ electron, args, home, env, screens }) {
    const { _electron } = await import(at('node_modules', 'playwright', 'index.mjs'))
    const app = await _electron.launch({ executablePath: electron.path, args, env: { ...process.env, ...env, TUNESMITH_HOME: home, TUNESMITH_TEST: '1' }, timeout: minutes(2) })
    const page = await app.firstWindow()
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].setContentSize(1280, 800))
    const window = new DemoWindow(app, page, screens)
    await window.ask('settings.get')
    return window
  }

  /** A request of the page; its error ends the demo with a sentence. */
  async ask(route, input) {
    const reply = await this.page.evaluate(([name, value]) => globalThis.tunesmith.request(name, value), [route, input])
    if (!reply.ok) throw new Stop(`${route} failed: ${reply.error.message}`)
    return reply.data
  }

  async until(what, probe, limitMs) {
    const deadline = Date.now() + limitMs
    for (;;) {
      const found = await probe()
      if (found !== null) return found
      if (Date.now() > deadline) throw new Stop(`It took too long until ${what}.`)
      await this.page.waitForTimeout(500)
    }
  }

  shot(name) {
    return this.page.screenshot({ path: join(this.screens, `${name}.png`) })
  }

  /** Clicks a choice as a hand would: its label where the input is hidden, else its button. */
  choose(by) {
    return this.page.getByRole('radio', by).first().locator('xpath=ancestor-or-self::*[self::label or self::button][1]').click()
  }

  async goTo(hash) {
    await this.page.evaluate((wanted) => {
      globalThis.location.hash = wanted
    }, hash)
  }

  /** The next dialogs of the system answer with a path, since nobody sits here. */
  async answerDialogs(path) {
    await this.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: chosen })
    }, path)
  }

  async setUpEnvironment(say) {
    const environments = () => this.ask('environments.list')
    const ready = (await environments()).find(({ state }) => state === 'ready')
    if (ready !== undefined) return ready
    await this.goTo('#/home')
    await this.shot('first-start')
    const button = this.page.getByRole('button', { name: /^(Set up|Go on)$/ }).first()
    await button.click()
    let told = ''
    return this.until('the environment was ready', async () => {
      const environment = (await environments())[0]
      if (environment === undefined) return null
      const step = environment.steps.find(({ state }) => state === 'running')
      const line = step === undefined ? '' : `  ${step.step}${step.doneRatio === null ? '' : ` ${Math.floor(step.doneRatio * 10) * 10}%`}`
      if (line !== told && line !== '') say(line)
      told = line
      if (environment.state === 'failed') throw new Stop(`The environment could not be made: ${environment.problem.message} ${environment.problem.next}`)
      return environment.state === 'ready' ? environment : null
    }, minutes(60))
  }

  async chooseModel(folder) {
    await this.goTo('#/home')
    if (folder === null) {
      await this.choose({ name: /Demo model/ })
      return
    }
    await this.answerDialogs(folder)
    const { token } = await this.ask('files.pick', { purpose: 'model-folder' })
    const added = await this.ask('models.addFolder', { token })
    if (added.problem !== undefined) throw new Stop(`The model can't be used: ${added.problem}`)
    const { name } = (await this.ask('models.list')).find(({ id }) => id === added.modelId)
    await this.choose({ name: new RegExp(escapePattern(name)) })
  }

  async chooseData(file) {
    if (file === null) {
      await this.choose({ name: /sample/i })
      this.datasetId = (await this.until('the sample was imported', async () => (await this.ask('datasets.list')).find(({ kind }) => kind === 'sample') ?? null, minutes(2))).id
      await this.shot('home')
      return
    }
    await this.answerDialogs(file)
    const { token } = await this.ask('files.pick', { purpose: 'dataset' })
    const result = await this.ask('datasets.import', { token, evaluation: null })
    if (result.kind === 'refused') throw new Stop(`The data can't be used: ${result.report.issues[0]?.message ?? 'no usable row'}`)
    this.datasetId = result.dataset.id
    await this.choose({ name: new RegExp(escapePattern(result.dataset.name)) })
    await this.shot('home')
  }

  async train({ backend, method, steps }, say) {
    await this.page.getByRole('button', { name: 'Adjust' }).click()
    await this.choose({ name: backend, exact: true })
    await this.choose({ name: { qlora: 'QLoRA', lora: 'LoRA', full: 'Full' }[method], exact: method !== 'full' })
    if (steps !== null) {
      await this.choose({ name: 'steps', exact: true })
      await this.page.getByRole('textbox', { name: 'Steps', exact: true }).fill(String(steps))
      await this.page.keyboard.press('Tab')
    }
    const start = this.page.getByRole('button', { name: /^(Start training|Add to queue)/ })
    await this.until('the plan was ready', async () => ((await start.isEnabled()) ? true : null), minutes(3))
    await this.shot('train')
    const before = new Set((await this.ask('jobs.list')).map(({ id }) => id))
    await start.click()
    const { id: jobId } = await this.until('the job was made', async () => (await this.ask('jobs.list')).find(({ id }) => !before.has(id)) ?? null, minutes(3))
    await this.goTo(`#/run/${jobId}`)
    return this.watch(jobId, say)
  }

  async watch(jobId, say) {
    let told = -1
    let pictured = false
    const detail = await this.until('the run ended', async () => {
      const found = await this.ask('jobs.get', { jobId })
      const { step, totalSteps, loss, stage, state } = found.job
      const tenth = totalSteps === null ? -1 : Math.floor((step / totalSteps) * 10)
      if (tenth > told && step > 0) say(`  step ${step} of ${totalSteps}, loss ${loss?.toFixed(4) ?? ''}`)
      else if (told === -1 && stage !== null && step === 0 && stage !== this.lastStage) say(`  ${stage.replaceAll('-', ' ')}`)
      this.lastStage = stage
      told = Math.max(told, step > 0 ? tenth : -1)
      if (!pictured && totalSteps !== null && step > totalSteps / 2) {
        pictured = true
        await this.shot('run-live')
      }
      return ended.has(state) ? found : null
    }, minutes(24 * 60))
    await this.page.waitForTimeout(1000)
    await this.shot('run')
    if (detail.job.state !== 'succeeded') throw new Stop(`The run ${detail.job.state}: ${detail.end?.cause?.evidence ?? detail.end?.lastLines.join('\n') ?? ''}`)
    const points = await this.page.evaluate(async (id) => {
      const { data } = await globalThis.tunesmith.request('metrics.tail', { jobId: id, afterSeq: -1, limit: 50_000 })
      return { step: [...data.step], loss: [...(data.values.loss ?? [])], evalLoss: [...(data.values.evalLoss ?? [])] }
    }, jobId)
    return { ...detail, points }
  }

  async compare({ job, outputModelId }, say) {
    const dataset = (await this.ask('datasets.list')).find(({ id }) => id === this.datasetId)
    await this.goTo(`#/compare?models=${job.modelId},${outputModelId}`)
    const start = this.page.getByRole('button', { name: /^Start comparison/ })
    await start.waitFor()
    const tokens = this.page.getByRole('textbox', { name: 'Tokens at most' })
    if (dataset.kind === 'sample') {
      await tokens.fill('48')
      await this.page.keyboard.press('Tab')
    }
    const before = new Set((await this.ask('comparisons.list')).map(({ id }) => id))
    await start.click()
    let told = -1
    const comparison = await this.until('the comparison ended', async () => {
      const found = (await this.ask('comparisons.list')).find(({ id }) => !before.has(id))
      if (found === undefined) return null
      const tenth = Math.floor((found.doneAnswers / found.totalAnswers) * 5)
      if (tenth > told) say(`  ${found.doneAnswers} of ${found.totalAnswers} answers`)
      told = Math.max(told, tenth)
      if (found.state === 'failed') throw new Stop(`The comparison failed: ${found.error}`)
      return found.state === 'done' ? found : null
    }, minutes(24 * 60))
    await this.page.waitForTimeout(1500)
    await this.shot('compare')
    const scoreOf = (id) => comparison.scores.find(({ modelId }) => modelId === id)
    const { prompts, answers } = await this.ask('comparisons.answers', { comparisonId: comparison.id })
    return { comparison, prompts, answers, pair: comparison.pairs[0], base: scoreOf(job.modelId), tuned: scoreOf(outputModelId) }
  }

  /** Pictures of the other pages, for the report. */
  async visitPages() {
    for (const page of ['home', 'queue', 'datasets', 'models', 'settings/environments']) {
      await this.goTo(`#/${page}`)
      await this.page.waitForTimeout(800)
      await this.shot(page.replace('/', '-'))
    }
  }

  async saveComparisonReport(path) {
    await this.answerDialogs(path)
    const [newest] = await this.ask('comparisons.list')
    await this.ask('comparisons.saveReport', { comparisonId: newest.id })
  }

  async close() {
    await this.app.evaluate(({ app, dialog }) => {
      dialog.showMessageBox = () => Promise.resolve({ response: 0, checkboxChecked: false })
      app.quit()
    }).catch(() => undefined) // the window may be gone with what ended the demo
    await this.app.close().catch(() => undefined)
  }
}

const escapePattern = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
