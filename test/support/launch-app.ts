import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron } from 'playwright'
import type { ElectronApplication, Page } from 'playwright'
import type { StagedApp } from './staged-app'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export interface LaunchOptions {
  /** A data folder to use again; a fresh temporary one without it. */
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
  /** Switches for Chromium. */
  readonly args?: readonly string[]
  /** Started through this copy, without rights and with the sandbox on. */
  readonly staged?: StagedApp
}

export interface LaunchedApp {
  readonly app: ElectronApplication
  readonly page: Page
  readonly home: string
  /** Lines of the main process's log so far. */
  logLines(): readonly string[]
  /** Quits and answers "Quit" where the app asks; the data folder stays. */
  quit(): Promise<void>
  /** Quits and removes the data folder. */
  dispose(): Promise<void>
}

/** The program that scripts/electron.mjs chose; set by electron-setup.ts or by whoever starts the tests. */
export function electronPath(): string {
  const path = process.env['TUNESMITH_ELECTRON']
  if (path === undefined || path === '') throw new Error('TUNESMITH_ELECTRON is not set: run these tests with npm test, or with playwright test')
  return path
}

export const sandboxArguments = (): readonly string[] => (process.getuid?.() === 0 ? ['--no-sandbox'] : [])

/** A user's own folders, for one who has none. */
const userFolders = (folder: string): Record<string, string> => ({ HOME: folder, XDG_RUNTIME_DIR: folder, XDG_CONFIG_HOME: join(folder, 'config'), XDG_DATA_HOME: join(folder, 'share'), XDG_CACHE_HOME: join(folder, 'cache') })

/** Starts the built app with a data folder of its own and waits for its window. */
export async function launchApp({ staged, home = staged?.makeHome() ?? mkdtempSync(join(tmpdir(), 'tunesmith-test-')), env = {}, args = [] }: LaunchOptions = {}): Promise<LaunchedApp> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
  const app = await _electron.launch({
    // Playwright turns the sandbox off unless told otherwise.
    chromiumSandbox: staged !== undefined || process.getuid?.() !== 0,
    ...(staged === undefined
      ? { executablePath: electronPath(), args: [...sandboxArguments(), ...args, repository] }
      : { executablePath: staged.program, args: [...args, staged.folder], cwd: staged.folder }),
    env: { ...inherited, ...(staged === undefined ? {} : userFolders(dirname(home))), TUNESMITH_HOME: home, TUNESMITH_TEST: '1', ...env },
    // Playwright would show every page in light.
    colorScheme: null,
    timeout: 60_000,
  })
  const page = await app.firstWindow()
  await page.waitForLoadState('domcontentloaded')
  const logFile = join(home, 'logs', 'main.jsonl')
  const quit = async () => {
    const closed = app.waitForEvent('close')
    await app.evaluate(({ app: electronApp, dialog }) => {
      dialog.showMessageBox = () => Promise.resolve({ response: 0, checkboxChecked: false })
      electronApp.quit()
    })
    await closed
  }
  return {
    app,
    page,
    home,
    logLines: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n').filter((line) => line !== '') : []),
    quit,
    dispose: async () => {
      await quit()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
