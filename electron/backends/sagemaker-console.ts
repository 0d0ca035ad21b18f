import { mkdir, open } from 'node:fs/promises'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import { runPath } from '../process/run-folder'

/**
 * Writes lines of the log into console.log from byte `at` on, and says where they end. The cursor holds that place, so lines that are read
 * again after a crash are written over themselves. Throws DISK_FULL, RUN_FOLDER.
 */
export async function writeConsole(runFolder: string, at: number, lines: readonly string[]): Promise<number> {
  if (lines.length === 0) return at
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8')
  try {
    await mkdir(runFolder, { recursive: true })
    const path = runPath(runFolder, 'console')
    const file = await open(path, 'r+').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return open(path, 'w+')
      throw error
    })
    try {
      await file.write(bytes, 0, bytes.length, at)
    } finally {
      await file.close()
    }
    return at + bytes.length
  } catch (error) {
    throw new AppError(isErrno(error, 'ENOSPC') ? 'DISK_FULL' : 'RUN_FOLDER', `console.log can't be written: ${messageOf(error)}`, { cause: error })
  }
}
