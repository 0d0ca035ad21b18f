import { basename, dirname, join } from 'node:path'
import { BrowserWindow, app, dialog } from 'electron'
import type { OpenDialogOptions, SaveDialogOptions } from 'electron'
import type { MainPort } from '../shared/main-port'

export type Dialogs = Pick<MainPort, 'openDialog' | 'saveDialog'>

/** The system's file dialogs. They start where the last one ended; since Electron 43 they would always start in Downloads. */
export function createDialogs(): Dialogs {
  let folder = app.getPath('home')
  const parent = () => BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]

  return {
    async openDialog({ title, kind, extensions }) {
      const options: OpenDialogOptions = {
        title,
        defaultPath: folder,
        properties: kind === 'folder' ? ['openDirectory', 'createDirectory'] : ['openFile'],
        filters: extensions.length === 0 ? [] : [{ name: title, extensions: [...extensions] }],
      }
      const window = parent()
      const { canceled, filePaths } = await (window === undefined ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options))
      const picked = filePaths[0]
      if (canceled || picked === undefined) return null
      folder = dirname(picked)
      return picked
    },
    async saveDialog({ title, defaultName, extension }) {
      const options: SaveDialogOptions = {
        title,
        defaultPath: join(folder, basename(defaultName)),
        filters: extension === '' ? [] : [{ name: extension.toUpperCase(), extensions: [extension] }],
      }
      const window = parent()
      const { canceled, filePath } = await (window === undefined ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options))
      if (canceled || filePath === '') return null
      folder = dirname(filePath)
      return filePath
    },
  }
}
