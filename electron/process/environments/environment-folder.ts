import { appendFile, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrno } from '../../shared/app-error'
import { folderSize } from '../folder-size'
import { installEnvironment, verifyEnvironment } from './environment-installer'
import { environmentPython, probePython } from './python-finder'

const LOG_CHUNK_BYTES = 256 * 1024
const NEWLINE = 10

/** What the environments service needs of the disk and of Python; the engine hands it over as one port. */
export const environmentFolders = {
  install: installEnvironment,
  verify: verifyEnvironment,
  probe: (python: string) => probePython([python]),
  pythonOf: environmentPython,
  remove: (folder: string) => rm(folder, { recursive: true, force: true }),
  size: folderSize,
  /** Appends and returns the length of the log in bytes. */
  async appendLog(path: string, text: string): Promise<number> {
    await mkdir(dirname(path), { recursive: true })
    await appendFile(path, text)
    return (await stat(path)).size
  },
  /** At most 256 KiB from `offset` on, to the last line end of them where there is more. */
  async readLog(path: string, offset: number): Promise<{ text: string; nextOffset: number }> {
    try {
      const file = await open(path, 'r')
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(LOG_CHUNK_BYTES), 0, LOG_CHUNK_BYTES, offset)
        // Cut anywhere else, a character of several bytes would be torn.
        const end = (bytesRead === LOG_CHUNK_BYTES ? buffer.lastIndexOf(NEWLINE) + 1 : 0) || bytesRead
        return { text: buffer.toString('utf8', 0, end), nextOffset: offset + end }
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return { text: '', nextOffset: offset }
      throw error
    }
  },
}
export type EnvironmentFolders = typeof environmentFolders
