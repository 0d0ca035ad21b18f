import { opendir, lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '../shared/app-error'

/** Bytes that a folder takes, hard links counted each time; links are not followed. 0 where there is none. */
export async function folderSize(folder: string): Promise<number> {
  let bytes = 0
  let entries
  try {
    entries = await opendir(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
  for await (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await folderSize(path)
    else if (entry.isFile()) bytes += await sizeOf(path)
  }
  return bytes
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0 // deleted while we counted
    throw error
  }
}
