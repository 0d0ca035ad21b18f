import { existsSync, mkdirSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { app } from 'electron'
import { readJsonFile, writeJsonFile } from './json-file'

export interface DataFolder {
  /** Where everything of the user's lies from this start on. */
  readonly path: string
  /** True when the pointer names a folder that isn't there, for example on a disk that is not attached. */
  readonly missing: boolean
}

/**
 * Puts Electron's own state below `TUNESMITH_HOME` when that is set, so that two installations never share a lock or a
 * window place. Must run before the app is ready.
 */
export function placeUserData(home: string | undefined): void {
  if (home === undefined || home === '') return
  const folder = join(resolve(home), 'electron')
  mkdirSync(folder, { recursive: true })
  app.setPath('userData', folder)
}

const pointerFile = (): string => join(app.getPath('userData'), 'data-folder.json')

/** The folder before it was ever moved. */
export const standardDataFolder = (home: string | undefined): string => (home === undefined || home === '' ? join(app.getPath('userData'), 'data') : resolve(home))

/** The data folder of this start: where the pointer says, else the standard one, which is made. */
export function findDataFolder(home: string | undefined): DataFolder {
  const pointed = pointedPath(readJsonFile(pointerFile()))
  if (pointed !== null) return { path: pointed, missing: !existsSync(pointed) }
  const path = standardDataFolder(home)
  mkdirSync(path, { recursive: true })
  return { path, missing: false }
}

/** The path in `data-folder.json`, or null where the file is none of ours. */
function pointedPath(pointer: unknown): string | null {
  if (typeof pointer !== 'object' || pointer === null || !('path' in pointer)) return null
  return typeof pointer.path === 'string' && isAbsolute(pointer.path) ? pointer.path : null
}

/** From the next start on the data folder is `path`. */
export function pointDataFolder(path: string): void {
  if (!isAbsolute(path)) throw new Error(`not an absolute path: ${path}`)
  writeJsonFile(pointerFile(), { path })
}
