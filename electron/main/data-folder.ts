import { existsSync, mkdirSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { app } from 'electron'
import { z } from 'zod'
import { readJsonFile, writeJsonFile } from './json-file'

const Pointer = z.object({ path: z.string().refine((path) => isAbsolute(path)) })

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
  const pointer = Pointer.safeParse(readJsonFile(pointerFile()))
  if (pointer.success) return { path: pointer.data.path, missing: !existsSync(pointer.data.path) }
  const path = standardDataFolder(home)
  mkdirSync(path, { recursive: true })
  return { path, missing: false }
}

/** From the next start on the data folder is `path`. */
export function pointDataFolder(path: string): void {
  if (!isAbsolute(path)) throw new Error(`not an absolute path: ${path}`)
  writeJsonFile(pointerFile(), { path })
}
