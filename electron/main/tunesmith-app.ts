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
import { createSecrets } from './secrets'
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
    main: createMainPort({ dataFolder, log, store, background, notify }),
    log,
    mayHold: showsOurPage,
    onState: (state) => window.engineState(state),
    onDatabaseProblem: (problem) => {
      recover(problem).catch((error: unknown) => lifecycle.fail(error))
    },
  })
  const lifecycle = watchLifecycle({ log, dataFolder, activity: () => background.activity, openWindow: () => window.open(), stopEngine: () => engine.shutdown() })
  const recover = async (problem: DatabaseProblem) => {
    await engine.shutdown()
    if (await recoverDatabase(problem)) engine.restart()
    else await lifecycle.end()
  }

  const opened = window.open()
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({ platform: process.platform, developer: !app.isPackaged, command: (command) => window.command(command), quit: () => app.quit() })))
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
  window.once('ready-to-show', once)
}

interface MainPortParts {
  readonly dataFolder: string
  readonly log: Log
  readonly store: WindowStore
  readonly background: Background
  readonly notify: MainPort['notify']
}

function createMainPort({ dataFolder, log, store, background, notify }: MainPortParts): MainPort {
  const secrets = createSecrets({
    file: join(dataFolder, 'secrets.json'),
    sealer: safeStorage,
    hasKeyring: () => process.platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend()),
    log,
  })
  return {
    ...createDialogs(),
    showFolder,
    openLink,
    notify,
    secretGet: secrets.get,
    secretSet: secrets.set,
    secretClear: secrets.clear,
    secretState: secrets.state,
    setActivity: async (activity) => background.setActivity(activity),
    setTheme: async (theme) => {
      nativeTheme.themeSource = theme
      if (theme !== store.state.theme) store.change({ theme })
    },
    setDataFolder: async (path) => pointDataFolder(path),
    versions: async () => ({ app: app.getVersion(), electron: process.versions['electron'] ?? '', chromium: process.versions['chrome'] ?? '', node: process.versions.node }),
  }
}
