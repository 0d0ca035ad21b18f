import { BrowserWindow, app, nativeTheme, screen } from 'electron'
import type { WebPreferences } from 'electron'
import { appPage } from './page-files'
import { iconFile, programFiles } from './program-files'
import { fitToDisplays, smallestWindow } from './window-place'
import type { WindowState } from './window-place'

/** Every setting that keeps the page away from the system, written out even where it is Electron's default. A test asserts them in the running app. */
export const pageSettings = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
  devTools: !app.isPackaged,
  preload: programFiles.preload,
} as const satisfies WebPreferences

/** The shell's colour of styles/tokens.css, so that nothing flashes before the first paint. */
const shellColour = { light: '#eef0ef', dark: '#0e1112' } as const
const backgroundColor = (): string => (nativeTheme.shouldUseDarkColors ? shellColour.dark : shellColour.light)

/** Makes the window, hidden, and starts to load the page. */
export function openMainWindow(state: WindowState, options: { readonly remember: (state: Pick<WindowState, 'bounds' | 'maximized'>) => void; readonly onLoadFailed: (error: unknown) => void }): BrowserWindow {
  const primary = screen.getPrimaryDisplay()
  const displays = [primary, ...screen.getAllDisplays().filter((display) => display.id !== primary.id)].map((display) => display.workArea)
  const window = new BrowserWindow({
    ...fitToDisplays(state.bounds, displays),
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    title: 'Tunesmith',
    icon: iconFile('window'),
    backgroundColor: backgroundColor(),
    show: false,
    webPreferences: pageSettings,
  })
  const onTheme = () => window.setBackgroundColor(backgroundColor())
  nativeTheme.on('updated', onTheme)
  window.on('closed', () => nativeTheme.off('updated', onTheme))
  window.on('close', () => options.remember({ bounds: window.getNormalBounds(), maximized: window.isMaximized() }))
  window.on('page-title-updated', (event) => event.preventDefault())
  const devServer = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
  window.loadURL(devServer ?? appPage).catch(options.onLoadFailed)
  return window
}
