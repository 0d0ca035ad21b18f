import { readdir, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** True for a path that is the folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

/** Deletes a folder but for the paths to keep, and what leads to them: a run may go while the model that it made stays. */
export async function removeExcept(folder: string, keep: readonly string[]): Promise<void> {
  if (keep.some((path) => isWithin(folder, path))) return
  if (!keep.some((path) => isWithin(path, folder))) return rm(folder, { recursive: true, force: true })
  for (const name of await readdir(folder)) await removeExcept(join(folder, name), keep)
}
