import { readdir, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { activeStates } from '../shared/job-state-groups'
import type { Stores } from '../storage/stores'

/** True for a path that is the folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

/** What a run folder that goes must leave: models in the list, folders of other runs, and checkpoints from which a run is about to go on. */
export function neededPaths({ models, jobs }: Pick<Stores, 'models' | 'jobs'>): readonly string[] {
  return [
    ...models.list().map(({ path }) => path),
    ...jobs.list().flatMap(({ id }) => jobs.record(id).runFolder ?? []),
    ...jobs.inStates(['queued', ...activeStates]).flatMap(({ resume }) => resume?.checkpointPath ?? []),
  ]
}

/** Deletes a folder but for the paths to keep, and what leads to them: a run may go while the model that it made stays. */
export async function removeExcept(folder: string, keep: readonly string[]): Promise<void> {
  if (keep.some((path) => isWithin(folder, path))) return
  if (!keep.some((path) => isWithin(path, folder))) return rm(folder, { recursive: true, force: true })
  for (const name of await readdir(folder)) await removeExcept(join(folder, name), keep)
}
