import type { BrowserWindow } from 'electron'
import type { AppCommand, PushName, Pushes } from '../shared/requests'
import type { EngineState } from './engine-host'
import type { Log } from './log'
import { openMainWindow } from './main-window'
import type { WindowStore } from './window-store'

export interface PageWindowOptions {
  readonly store: WindowStore
  readonly log: Log
  readonly hidden: boolean
  /** Called with each new window before it shows and its page runs. */
  onOpened(window: BrowserWindow): void
  onClosed(): void
}

/** The one window of the app, which can be closed and opened again. */
export interface PageWindow {
  isOpen(): boolean
  /** Opens the window, or brings the open one to the front. */
  open(): BrowserWindow
  /** Sends a command of the menu to the page, as soon as it listens. Opens the window where there is none. */
  command(command: AppCommand): void
  /** The page asked for its port: it listens now. */
  pageListens(): void
  engineState(state: EngineState): void
  progress(ratio: number | null): void
}

export function createPageWindow({ store, log, hidden, onOpened, onClosed }: PageWindowOptions): PageWindow {
  let window: BrowserWindow | null = null
  let listens = false
  let engine: EngineState = { state: 'starting', reason: null }
  const waiting: AppCommand[] = []
  const push = <P extends PushName>(name: P, data: Pushes[P]) => {
    if (listens) window?.webContents.send('tunesmith:push', name, data)
  }

  const create = (): BrowserWindow => {
    const { state } = store
    const opened = openMainWindow(state, {
      remember: (place) => store.change(place),
      onLoadFailed: (error) => log.error('the page did not load', { error: String(error) }),
    })
    opened.on('closed', () => {
      window = null
      listens = false
      waiting.length = 0
      onClosed()
    })
    opened.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) listens = false
    })
    opened.webContents.on('render-process-gone', (_event, details) => {
      log.error('the page ended', { reason: details.reason, code: details.exitCode })
      if (details.reason !== 'clean-exit') opened.reload()
    })
    onOpened(opened)
    const show = () => {
      if (state.maximized) opened.maximize()
      opened.show()
    }
    // At once, in the system's colours: a hidden page is painted later, and its window shows later still. With a theme of its own it waits
    // for the page, because until then the system fills a window with the colour of the system's theme.
    if (!hidden && state.theme === 'system') show()
    else if (!hidden) opened.once('ready-to-show', show)
    return opened
  }

  const page: PageWindow = {
    isOpen: () => window !== null,
    open() {
      if (window === null) return (window = create())
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
      return window
    },
    command(command) {
      if (window === null) page.open()
      if (listens) push('app.command', { command })
      else waiting.push(command)
    },
    pageListens() {
      listens = true
      push('app.engine', engine)
      for (const command of waiting.splice(0)) push('app.command', { command })
    },
    engineState(state) {
      engine = state
      push('app.engine', state)
    },
    progress: (ratio) => window?.setProgressBar(ratio ?? -1),
  }
  return page
}
