import { join } from 'node:path'
import { readJsonFile, writeJsonFile } from './json-file'
import { readWindowState } from './window-place'
import type { WindowState } from './window-place'

export interface WindowStore {
  readonly state: WindowState
  change(change: Partial<WindowState>): void
}

/** `window.json` in the data folder: place, size and theme for the next start. A file that isn't ours is replaced. */
export function openWindowStore(dataFolder: string): WindowStore {
  const file = join(dataFolder, 'window.json')
  let state = readWindowState(readJsonFile(file))
  return {
    get state() {
      return state
    },
    change(change) {
      state = { ...state, ...change }
      writeJsonFile(file, state)
    },
  }
}
