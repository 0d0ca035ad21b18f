import { appendFile, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrno } from '../../shared/app-error'
import { folderSize } from '../folder-size'
import { installEnvironment, verifyEnvironment } from './environment-installer'
import { environmentPython, probePython } from './python-finder'

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
  /** At most 256 KiB from `offset` on. */
  async readLog(path: string, offset: number): Promise<{ text: string; nextOffset: number }> {
    try {
      const file = await open(path, 'r')
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(256 * 1024), 0, 256 * 1024, offset)
        return { text: buffer.subarray(0, bytesRead).toString('utf8'), nextOffset: offset + bytesRead }
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
