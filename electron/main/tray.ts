import { Menu, Tray, nativeImage } from 'electron'
import { iconFile } from './program-files'

export interface TrayOptions {
  openWindow(): void
  quit(): void
}

/** The sign that the app works on without a window. Where the desktop has no tray, a second start opens the window. */
export interface BackgroundTray {
  show(status: string): void
  hide(): void
}

export function createTray({ openWindow, quit }: TrayOptions): BackgroundTray {
  let tray: Tray | null = null

  return {
    show(status) {
      if (tray === null) {
        tray = new Tray(nativeImage.createFromPath(iconFile(process.platform === 'darwin' ? 'trayTemplate' : 'tray')))
        tray.on('click', openWindow)
      }
      tray.setToolTip(`Tunesmith: ${status}`)
      tray.setContextMenu(
        Menu.buildFromTemplate([
          { label: status, enabled: false },
          { type: 'separator' },
          { label: 'Open Tunesmith', click: openWindow },
          { label: 'Quit', click: quit },
        ]),
      )
    },
    hide() {
      tray?.destroy()
      tray = null
    },
  }
}
