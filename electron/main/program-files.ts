import { join } from 'node:path'
import { app } from 'electron'

/** Where the parts of the program lie: beside this bundle, and the resources in the repository or in the package. */
export const programFiles = {
  engine: join(import.meta.dirname, 'engine.js'),
  preload: join(import.meta.dirname, '..', 'preload', 'index.cjs'),
  page: join(import.meta.dirname, '..', 'renderer'),
  /** Holds `python-templates/` and `resources/`. Outside app.asar when packaged, because Python can't read inside it. */
  resources: app.isPackaged ? process.resourcesPath : join(import.meta.dirname, '..', '..'),
} as const

export const iconFile = (name: 'window' | 'tray' | 'trayTemplate'): string => join(programFiles.resources, 'resources', 'icons', `${name}.png`)
