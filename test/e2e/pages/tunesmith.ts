import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright'
import { expect, test } from 'playwright/test'
import { RunStatus } from '../../../electron/process/run-folder'
import type { Input, Output } from '../../../electron/shared/requests'
import type { PageRoute, Reply } from '../../../electron/shared/window-api'
import { launchApp, repository } from '../../support/launch-app'
import type { LaunchOptions, LaunchedApp } from '../../support/launch-app'
import { testPython } from '../../support/test-python'

/** Starting Python with torch takes this long on a slow, busy machine. */
export const pythonMs = 120_000

type InputArguments<R extends PageRoute> = undefined extends Input<R> ? [] : [input: Input<R>]

/** Asks the engine as the page does, to look behind the window; throws the engine's error. */
export async function ask<R extends PageRoute>(page: Page, route: R, ...input: InputArguments<R>): Promise<Output<R>> {
  const reply = await page.evaluate(
    ([name, value]) => (globalThis as unknown as { tunesmith: { request(route: string, input: unknown): Promise<Reply<unknown>> } }).tunesmith.request(name, value),
    [route as string, input[0] as unknown] as const,
  )
  if (!reply.ok) throw new Error(`${route}: ${reply.error.code}: ${reply.error.message}`)
  return reply.data as Output<R>
}

/** What every file dialog answers from now on; null cancels. The system's dialogs themselves can't be driven. */
export async function answerDialogs(app: ElectronApplication, path: string | null): Promise<void> {
  await app.evaluate(({ dialog }, picked) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: picked === null, filePaths: picked === null ? [] : [picked] })
    dialog.showSaveDialog = () => Promise.resolve({ canceled: picked === null, filePath: picked ?? '' })
  }, path)
}

/** Makes the tests' own Python the environment, through Settings. */
export async function useTestPythonInSettings({ app, page }: LaunchedApp): Promise<void> {
  await answerDialogs(app, testPython())
  await page.getByRole('button', { name: 'Use an existing Python' }).click()
  await expect(page.getByRole('region', { name: 'existing' }).getByText('Ready', { exact: true })).toBeVisible({ timeout: pythonMs })
}

const seed = join(repository, 'test-results', 'electron', 'home-with-environment')

/** A fresh data folder that has an environment already. The first call of a test run makes it; main-job.spec.ts makes one by hand. */
export async function preparedHome(): Promise<string> {
  if (!existsSync(seed)) {
    const launched = await launchApp()
    await answerDialogs(launched.app, testPython())
    const picked = await ask(launched.page, 'files.pick', { purpose: 'python' })
    if (picked === null) throw new Error('the dialog was cancelled')
    await ask(launched.page, 'environments.useExisting', { token: picked.token })
    await expect.poll(async () => (await ask(launched.page, 'environments.list')).map(({ state }) => state), { timeout: pythonMs }).toEqual(['ready'])
    await launched.quit()
    mkdirSync(join(seed, '..'), { recursive: true })
    cpSync(launched.home, seed, { recursive: true, filter: (path) => !path.startsWith(join(launched.home, 'electron')) })
    rmSync(launched.home, { recursive: true, force: true })
  }
  const home = mkdtempSync(join(tmpdir(), 'tunesmith-e2e-'))
  cpSync(seed, home, { recursive: true })
  return home
}

/** The app with an environment, the demo model and the sample. */
export async function openReady(options: Omit<LaunchOptions, 'home'> = {}): Promise<LaunchedApp> {
  const launched = await launchApp({ ...options, home: await preparedHome() })
  await ask(launched.page, 'datasets.addSample')
  return launched
}

/** Quits, ends what still trains in its folder, since runs outlive the app, and removes the folder. */
export async function closeForGood(launched: LaunchedApp): Promise<void> {
  await launched.quit()
  const runs = join(launched.home, 'runs')
  for (const folder of existsSync(runs) ? readdirSync(runs) : []) {
    const file = join(runs, folder, 'status.json')
    if (!existsSync(file)) continue
    const status = RunStatus.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (!status.success || status.data.state === 'exited') continue
    for (const pid of [status.data.supervisorPid, status.data.trainerPid]) if (pid !== null) killNow(pid)
  }
  rmSync(launched.home, { recursive: true, force: true, maxRetries: 5 })
}

/** kill -9; a process that is gone already is fine. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error
  }
}

/** Goes to a place of the sidebar. */
export async function goTo(page: Page, place: 'Home' | 'Datasets' | 'Train' | 'Queue' | 'Models' | 'Compare' | 'Settings'): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: place }).click()
  await expect(page).toHaveTitle(`${place} · Tunesmith`)
}

/** Keeps a picture of the window of every test that fails. */
export function keepPictureOfFailure(page: () => Page): void {
  test.afterEach(async ({}, info) => {
    if (info.status !== info.expectedStatus) await page().screenshot({ path: info.outputPath('window.png'), timeout: 5000 })
  })
}
