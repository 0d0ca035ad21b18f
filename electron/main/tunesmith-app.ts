import { join } from 'node:path'
import { Menu, app, nativeTheme, safeStorage } from 'electron'
import type { BrowserWindow } from 'electron'
import type { MainPort } from '../shared/main-port'
import { serveApp } from './app-protocol'
import { createBackground } from './background'
import type { Background } from './background'
import { pointDataFolder } from './data-folder'
import { createDialogs } from './dialogs'
import { EngineHost } from './engine-host'
import type { DatabaseProblem } from './engine-host'
import { createKeepAwake } from './keep-awake'
import { watchLifecycle } from './lifecycle'
import { openLog } from './log'
import type { Log } from './log'
import { menuTemplate } from './menu'
import { createNotify } from './notifications'
import { openLink, showFolder } from './open-outside'
import { createPagePorts, showsOurPage } from './page-ports'
import { createPageWindow } from './page-window'
import { programFiles } from './program-files'
import { recoverDatabase } from './recovery-window'
import type { Secrets } from './secrets'
import { createTray } from './tray'
import { denyPermissions, guardWebContents } from './web-guards'
import { openWindowStore } from './window-store'
import type { WindowStore } from './window-store'

export interface AppOptions {
  readonly dataFolder: string
  /** Never shows the window; for the self-test. */
  readonly hidden: boolean
  /** True under `TUNESMITH_TEST`: nothing pops up on the desktop. */
  readonly silent: boolean
}

export interface RunningApp {
  readonly engine: EngineHost
  openWindow(): BrowserWindow
}

/** Puts the app together and opens the window. Must run once, after the app is ready. The window comes before the engine. */
export function runApp({ dataFolder, hidden, silent }: AppOptions): RunningApp {
  const log = openLog(join(dataFolder, 'logs'), 'main')
  const store = openWindowStore(dataFolder)
  guardWebContents(log)
  denyPermissions()
  serveApp(programFiles.page)
  nativeTheme.themeSource = store.state.theme

  const ports = createPagePorts((page) => {
    window.pageListens()
    engine.connect(page)
  }, log)
  const window = createPageWindow({
    store,
    log,
    hidden,
    onOpened: (opened) => {
      ports.admit(opened)
      background.windowOpened()
      // Built while the page's process starts, yet before the window shows: a menu bar that comes later pushes the page down.
      if (Menu.getApplicationMenu() === null) Menu.setApplicationMenu(menu())
    },
    onClosed: () => {
      if (!lifecycle.isEnding()) background.windowClosed()
    },
  })
  const notify = createNotify({ silent, log, openWindow: () => window.open(), openJob: (openJob) => window.command({ openJob }) })
  const background = createBackground({
    platform: process.platform,
    tray: createTray({ openWindow: () => window.open(), quit: () => app.quit() }),
    notify,
    isWindowOpen: () => window.isOpen(),
    keepAwake: createKeepAwake(),
    progress: (ratio) => window.progress(ratio),
    quit: () => app.quit(),
  })
  const engine = new EngineHost({
    entry: programFiles.engine,
    environment: { TUNESMITH_HOME: dataFolder, TUNESMITH_RESOURCES: programFiles.resources },
    main: createMainPort({ dataFolder, log, store, background, notify, restart: () => lifecycle.restart() }),
    log,
    mayHold: showsOurPage,
    onState: (state) => window.engineState(state),
    onDatabaseProblem: (problem) => {
      recover(problem).catch((error: unknown) => lifecycle.fail(error))
    },
  })
  const recover = async (problem: DatabaseProblem) => {
    await engine.shutdown()
    if (await recoverDatabase(problem)) engine.restart()
    else await lifecycle.end()
  }

  const menu = () => Menu.buildFromTemplate(menuTemplate({ platform: process.platform, developer: !app.isPackaged, command: (command) => window.command(command), quit: () => app.quit() }))

  const opened = window.open()
  const lifecycle = watchLifecycle({ log, dataFolder, activity: () => background.activity, openWindow: () => window.open(), stopEngine: () => engine.shutdown() })
  log.info('start', { version: app.getVersion(), electron: process.versions['electron'], platform: process.platform, dataFolder })
  startAfterPaint(opened, () => engine.start())
  return { engine, openWindow: () => window.open() }
}

/** A page that never paints must not keep the engine from running the queue. */
const paintLimitMs = 3_000

/** The engine would take the processor from the page's first paint: on two cores it came 1.2 s later, and even the first answer 0.3 s. */
function startAfterPaint(window: BrowserWindow, start: () => void): void {
  let started = false
  const once = () => {
    clearTimeout(timer)
    if (!started) start()
    started = true
  }
  const timer = setTimeout(once, paintLimitMs)
  window.webContents.once('did-finish-load', once)
}

interface MainPortParts {
  readonly dataFolder: string
  readonly log: Log
  readonly store: WindowStore
  readonly background: Background
  readonly notify: MainPort['notify']
  restart(): void
}

function createMainPort({ dataFolder, log, store, background, notify, restart }: MainPortParts): MainPort {
  // Loaded when first asked: zod, which reads its file, is no part of the start.
  let loaded: Promise<Secrets> | null = null
  const secrets = () => (loaded ??= loadSecrets(dataFolder, log))
  return {
    ...createDialogs(),
    showFolder,
    openLink,
    notify,
    secretGet: async (name) => (await secrets()).get(name),
    secretSet: async (name, value) => (await secrets()).set(name, value),
    secretClear: async (name) => (await secrets()).clear(name),
    secretState: async (name) => (await secrets()).state(name),
    setActivity: async (activity) => background.setActivity(activity),
    setTheme: async (theme) => {
      nativeTheme.themeSource = theme
      if (theme !== store.state.theme) store.change({ theme })
    },
    setDataFolder: async (path) => pointDataFolder(path),
    restart: async () => restart(),
    versions: async () => ({ app: app.getVersion(), electron: process.versions['electron'] ?? '', chromium: process.versions['chrome'] ?? '', node: process.versions.node }),
  }
}

async function loadSecrets(dataFolder: string, log: Log): Promise<Secrets> {
  const { createSecrets } = await import('./secrets')
  return createSecrets({
    file: join(dataFolder, 'secrets.json'),
    sealer: safeStorage,
    hasKeyring: () => process.platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend()),
    log,
  })
}
