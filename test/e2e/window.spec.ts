import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, test } from 'playwright/test'
import { electronPath, launchApp, repository, sandboxArguments } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { createJob, longRun, untilStep } from './pages/jobs'
import { enginePid, isAlive } from './pages/processes'
import { ask, closeForGood, goTo, keepPictureOfFailure, openReady, pythonMs } from './pages/tunesmith'

let launched: LaunchedApp
keepPictureOfFailure(() => launched.page)

/** Starts the app once more over the same folder, as a second click on its icon does; resolves with its exit code. */
function startAgain(home: string): Promise<number | null> {
  const child = spawn(electronPath(), [...sandboxArguments(), repository], { env: { ...process.env, TUNESMITH_HOME: home, TUNESMITH_TEST: '1' }, stdio: 'ignore' })
  return new Promise((resolve, reject) => child.on('exit', resolve).on('error', reject))
}

test.describe('one window', () => {
  test.describe.configure({ mode: 'serial' })
  test.beforeAll(async () => {
    launched = await launchApp()
  })
  test.afterAll(() => closeForGood(launched))

  test('a second start ends at once and brings the window to the front (catches two engines on one database)', async () => {
    const { app } = launched
    const enginesSeen = () => launched.logLines().filter((line) => line.includes('"engine ready"')).length
    // The window shows before the engine answers; only then can a second one be told from the first.
    await expect.poll(enginesSeen).toBe(1)
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize())
    expect(await startAgain(launched.home)).toBe(0)
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
    await expect.poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized())).toBe(false)
    expect(enginesSeen()).toBe(1)
  })

  test('place and size are remembered (catches a window that jumps back)', async () => {
    const wanted = { x: 60, y: 50, width: 1140, height: 720 }
    await launched.app.evaluate(({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds), wanted)
    await expect.poll(() => launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())).toEqual(wanted)
    await launched.quit()
    launched = await launchApp({ home: launched.home })
    expect(await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())).toEqual(wanted)
  })

  test('the theme follows the settings, also at the next start (catches a flash of the other theme)', async () => {
    const ground = () => launched.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await goTo(launched.page, 'Settings')
    await launched.page.getByRole('radio', { name: 'Light' }).click()
    await expect.poll(() => launched.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('light')
    const light = await ground()
    await launched.page.getByRole('radio', { name: 'Dark' }).click()
    await expect.poll(ground).not.toBe(light)
    const dark = await ground()
    await expect.poll(() => launched.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')
    await launched.quit()
    launched = await launchApp({ home: launched.home })
    expect(await ground()).toBe(dark)
    expect(await launched.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')
  })

  test('the menu has every page, and the window goes there (catches a shortcut that the menu shows and nobody hears)', async () => {
    const { app, page } = launched
    for (const place of ['Datasets', 'Train', 'Queue', 'Models', 'Compare', 'Settings', 'Home']) {
      await app.evaluate(({ Menu }, id) => { Menu.getApplicationMenu()?.getMenuItemById(id)?.click() }, `go.${place.toLowerCase()}`)
      await expect(page).toHaveTitle(`${place} · Tunesmith`)
    }
  })
})

test.describe('about', () => {
  test('versions and the licences of what ships are listed (catches a package without its licences)', async () => {
    launched = await launchApp()
    const { page } = launched
    await page.evaluate(() => { location.hash = '#/settings/about' })
    await expect(page.getByRole('region', { name: /^Tunesmith / })).toContainText(/Electron\s*\d+\.\d+\.\d+, Chromium \d+/)
    const licenses = page.getByRole('grid', { name: 'Licences' })
    for (const library of ['react', 'better-sqlite3', 'electron']) await expect(licenses.getByRole('row', { name: library, exact: true })).toContainText('MIT')
    await closeForGood(launched)
  })
})

test.describe('without a window', () => {
  test('closing the window while a run goes on keeps the engine, and a second start shows the run again (catches an app that ends with its window)', async () => {
    test.setTimeout(2 * pythonMs)
    launched = await openReady()
    const { app, home } = launched
    try {
      const jobId = await createJob(launched.page, { name: 'Goes on', settings: longRun })
      await untilStep(launched.page, jobId, 1)
      const engine = await enginePid(app)
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
      await expect.poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(0)
      expect(launched.logLines().some((line) => line.includes('works on in the background'))).toBe(true)
      expect(isAlive(engine)).toBe(true)
      const opened = app.waitForEvent('window')
      expect(await startAgain(home)).toBe(0)
      launched = { ...launched, page: await opened }
      expect(await enginePid(app)).toBe(engine)
      await goTo(launched.page, 'Queue')
      await expect(launched.page.getByRole('row', { name: /^Goes on, Running/ })).toBeVisible()
      await ask(launched.page, 'jobs.cancel', { jobId, mode: 'force' })
    } finally {
      await closeForGood(launched)
    }
  })

  test('a database of a newer version is left untouched, and the user is asked (catches a downgrade that loses data)', async () => {
    const home = mkdtempSync(join(tmpdir(), 'tunesmith-newer-'))
    launched = await launchApp({ home })
    await ask(launched.page, 'jobs.list')
    await launched.quit()
    const file = join(home, 'tunesmith.db')
    const database = new Sqlite(file)
    database.pragma(`user_version = ${Number(database.pragma('user_version', { simple: true })) + 1000}`)
    database.close()
    const sum = () => createHash('sha256').update(readFileSync(file)).digest('hex')
    const before = sum()
    // Main asks before a test could listen, so its question is caught from the first line on, and never answered.
    const hook = join(home, 'catch-questions.cjs')
    writeFileSync(hook, "const { dialog } = require('electron')\nglobalThis.questions = []\ndialog.showMessageBox = (options) => {\n  globalThis.questions.push(options)\n  return new Promise(() => undefined)\n}\n")
    launched = await launchApp({ home, args: ['-r', hook] })
    const { app } = launched
    const question = () => app.evaluate(() => (globalThis as unknown as { questions: { message: string; buttons: string[] }[] }).questions[0] ?? null)
    await expect.poll(question, { timeout: 30_000 }).toMatchObject({ message: 'The database was written by a newer Tunesmith' })
    expect((await question())?.buttons.at(-1)).toBe('Quit')
    expect(sum()).toBe(before)
    const closed = app.waitForEvent('close')
    await app.evaluate(({ app: electronApp }) => electronApp.exit(0))
    await closed
    rmSync(home, { recursive: true, force: true })
  })
})
