import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import { writeFileAtomic } from '../process/run-folder'

export interface DispatchFile<T> {
  /** Null for a run that was not started. Throws RUN_FOLDER for a file that can't be read: without it a job could be made twice. */
  read(runFolder: string): Promise<T | null>
  /** On the disk when this returns. Throws DISK_FULL, RUN_FOLDER. */
  write(runFolder: string, dispatch: T): Promise<T>
}

/** `dispatch.json` of a run folder: what a backend is about to ask of its place, and what it knows that it has asked. */
export function dispatchFile<T>(schema: z.ZodType<T>): DispatchFile<T> {
  const pathOf = (runFolder: string): string => join(runFolder, 'dispatch.json')
  return {
    async read(runFolder) {
      try {
        return schema.parse(JSON.parse(await readFile(pathOf(runFolder), 'utf8')))
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return null
        throw new AppError('RUN_FOLDER', `dispatch.json of ${runFolder} is unreadable: ${messageOf(error)}`, { cause: error })
      }
    },
    async write(runFolder, dispatch) {
      try {
        await writeFileAtomic(pathOf(runFolder), `${JSON.stringify(dispatch, null, 2)}\n`)
        return dispatch
      } catch (error) {
        throw new AppError(isErrno(error, 'ENOSPC') ? 'DISK_FULL' : 'RUN_FOLDER', `dispatch.json can't be written: ${messageOf(error)}`, { cause: error })
      }
    },
  }
}
