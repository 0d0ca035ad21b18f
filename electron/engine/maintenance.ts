import { cp, lstat, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import type { MainPort } from '../shared/main-port'
import type { Output } from '../shared/requests'
import type { AboutInfo, StoragePart } from '../shared/settings'
import { activeStates } from '../shared/job-state-groups'
import { folderSize } from '../process/folder-size'
import { readTail } from '../process/run-folder'
import { relocateDatabase } from '../storage/relocate'
import type { Services } from './compose'
import type { Log } from './router'
import { isWithin, neededPaths, removeExcept } from './run-removal'

const links = {
  releases: 'https://github.com/tunesmith-app/tunesmith/releases',
  documentation: 'https://github.com/tunesmith-app/tunesmith#readme',
  issues: 'https://github.com/tunesmith-app/tunesmith/issues',
  'hub-model': 'https://huggingface.co/',
} as const

/** Of each log; what came earlier says nothing more about a problem. */
const DIAGNOSTIC_LOG_BYTES = 256 * 1024

/** Disk use, clean-up, moving the data folder, diagnostics and the about page. */
export function createMaintenance({ home, stores, database, resources, hardware, environments, runs, jobs, datasets, hub }: Services, main: MainPort, log: Log) {
  const folders = { runs: home.runs, models: home.models, datasets: home.datasets, environments: home.environments, logs: home.logs, cache: home.cache } as const

  /** Folders of a part that nothing in the database names; a run's stays while a model that it made is in the list. */
  const reclaimable = async (part: StoragePart['part']): Promise<readonly string[]> => {
    switch (part) {
      case 'runs': {
        const needed = neededPaths(stores)
        const unknown = await strangers(home.runs, new Set([...needed, ...stores.jobs.list().map(({ id }) => join(home.runs, id))]))
        return unknown.filter((folder) => !needed.some((path) => isWithin(path, folder)))
      }
      case 'models': {
        const known = new Set([...stores.models.list().map(({ path }) => path), ...hub.busyFolders()])
        const ofModels = await Promise.all((await strangers(home.hubCache, new Set())).map((folder) => strangers(folder, known)))
        return ofModels.flat()
      }
      case 'datasets':
        return strangers(home.datasets, new Set([...stores.datasets.list().map(({ id }) => join(home.datasets, id)), datasets.busyFolder() ?? '']))
      case 'environments':
        return strangers(home.environments, new Set(environments.list().flatMap(({ id, path }) => [path, join(home.environments, `${id}.log`)])))
      case 'cache':
        return strangers(home.cache, new Set())
      case 'logs':
        return (await strangers(home.logs, new Set())).filter((path) => /\.\d+$/.test(path))
      case 'database':
        return []
    }
  }

  /** With its log, which holds what is not in the file yet. */
  const databaseSize = async (): Promise<number> => {
    const sizes = await Promise.all(['', '-wal', '-shm'].map((end) => folderSizeOrFile(`${home.database}${end}`)))
    return sizes.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** What writes into the data folder now, so that a copy of it would not be whole; null when nothing does. */
  const writer = (): string | null => {
    if (stores.jobs.inStates(activeStates).length > 0 || runs.active().length > 0) return 'A run'
    if (hub.busyFolders().length > 0) return 'A download'
    if (datasets.busyFolder() !== null) return 'An import'
    if (environments.list().some(({ state }) => state === 'installing')) return 'The set-up of a Python environment'
    return stores.comparisons.inStates(['waiting', 'running']).length > 0 ? 'A comparison' : null
  }

  return {
    async usage(): Promise<Output<'storage.usage'>> {
      const parts: StoragePart[] = []
      for (const [part, path] of Object.entries(folders) as [keyof typeof folders, string][]) {
        const waste = await Promise.all((await reclaimable(part)).map(folderSizeOrFile))
        parts.push({ part, path, sizeBytes: await folderSize(path), reclaimableBytes: waste.reduce((sum, bytes) => sum + bytes, 0) })
      }
      parts.push({ part: 'database', path: home.database, sizeBytes: await databaseSize(), reclaimableBytes: 0 })
      const { bavail, bsize } = await statfs(home.root)
      return { parts, freeBytes: bavail * bsize }
    },

    /** Deletes what nothing refers to, and what was removed from a list, for good. Results, models and data that are in a list stay. */
    async cleanUp(parts: readonly (keyof typeof folders)[]): Promise<{ freedBytes: number }> {
      let freedBytes = 0
      const needed = neededPaths(stores)
      for (const part of parts) {
        for (const path of await reclaimable(part)) {
          freedBytes += await folderSizeOrFile(path)
          await removeExcept(path, needed)
        }
      }
      if (parts.includes('runs')) await jobs.purge(Date.now())
      if (parts.includes('datasets')) await datasets.purge(Date.now())
      if (parts.includes('models')) for (const id of stores.models.removedBefore(Date.now())) stores.models.purge(id)
      return { freedBytes }
    },

    /** Copies the data folder and uses the copy from the next start on; the old one stays until the user deletes it. */
    async move(parent: string): Promise<Output<'storage.move'>> {
      const busy = writer()
      if (busy !== null) return { problem: `${busy} writes into the data folder now. Move it when that has ended.` }
      const target = join(parent, 'Tunesmith')
      if (isWithin(target, home.root)) return { problem: 'The new place lies inside the data folder. Choose another folder.' }
      if ((await sizeOrNull(target)) !== null) return { problem: `There is a ${target} already. Choose another folder.` }
      // Virtual environments name their own place in their scripts and don't survive a move: they are made again.
      const parts = [home.runs, home.models, home.datasets, home.logs, home.cache]
      const sizes = await Promise.all([...parts.map(folderSize), databaseSize()])
      const needed = sizes.reduce((sum, bytes) => sum + bytes, 0)
      const { bavail, bsize } = await statfs(parent)
      if (needed > bavail * bsize) return { problem: `The new place has ${gigabytes(bavail * bsize)} free; ${gigabytes(needed)} are needed.` }
      try {
        await mkdir(target)
        // With their times, by which answers of a model are known to be of these very weights.
        for (const part of parts) await cp(part, join(target, relative(home.root, part)), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
        const copy = join(target, relative(home.root, home.database))
        await database.backup(copy)
        relocateDatabase(copy, home.root, target)
      } catch (error) {
        await rm(target, { recursive: true, force: true })
        return { problem: `The data folder could not be copied: ${messageOf(error)}. Nothing was changed.` }
      }
      await main.setDataFolder(target)
      return { restartNeeded: true }
    },

    async about(): Promise<AboutInfo> {
      const { app, electron, chromium, node } = await main.versions()
      const sqlite = String(database.connection.prepare('SELECT sqlite_version()').pluck().get())
      return { version: app, electron, chromium, node, sqlite, platform: `${process.platform} ${process.arch}`, dataFolder: home.root, licenses: await readLicenses(join(resources, 'licenses.json')) }
    },

    /** One JSON file: versions, hardware, environments, the last log lines. Without names, paths of the user, prompts, rows that a failed run quotes, or secrets. */
    async diagnostics(): Promise<{ readonly path: string } | null> {
      const path = await main.saveDialog({ title: 'Save diagnostics', defaultName: 'tunesmith-diagnostics.json', extension: 'json' })
      if (path === null) return null
      const about = await this.about()
      const logs: Record<string, string[]> = {}
      for (const name of await listed(home.logs)) logs[name] = (await readTail(join(home.logs, name), DIAGNOSTIC_LOG_BYTES)).split('\n').slice(-500)
      const bundle = {
        about: { ...about, dataFolder: undefined, licenses: undefined }, hardware: await hardware.state(), settings: { ...stores.settings.get(), hub: undefined },
        environments: environments.list().map(({ profile, state, pythonVersion, packages, problem, steps }) => ({ profile, state, pythonVersion, packages, problem, steps })),
        jobs: stores.jobs.list().slice(0, 20).map(({ id, state, backend, settings, step, totalSteps, cause, device }) => ({ id, state, backend, settings, step, totalSteps, cause: cause?.kind ?? null, device })),
        database: { complaint: database.check() }, logs,
      }
      await writeFile(path, withoutHome(JSON.stringify(bundle, null, 2), home.root))
      log('info', 'diagnostics were saved')
      return { path }
    },

    async openLink(link: keyof typeof links, hubId: string | null): Promise<void> {
      if (link === 'hub-model' && hubId === null) throw new AppError('VALIDATION_FAILED', 'a hub link needs a model')
      await main.openLink(link === 'hub-model' ? `${links[link]}${hubId ?? ''}` : links[link])
    },
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`

/** The user's own folder names say who they are; the diagnostics don't need them. Log lines are JSON in JSON, so their backslashes come twice. */
function withoutHome(text: string, dataFolder: string): string {
  const quoted = (path: string): string => JSON.stringify(path).slice(1, -1)
  const hide = (from: string, path: string, name: string): string => (path.length < 4 ? from : from.replaceAll(quoted(quoted(path)), name).replaceAll(quoted(path), name))
  return hide(hide(text, dataFolder, '<data>'), homedir(), '<home>')
}

async function listed(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name)
}

async function strangers(folder: string, known: ReadonlySet<string>): Promise<readonly string[]> {
  return (await readdir(folder)).map((name) => join(folder, name)).filter((path) => !known.has(path))
}

async function folderSizeOrFile(path: string): Promise<number> {
  const size = await sizeOrNull(path)
  return size === 'folder' ? folderSize(path) : (size ?? 0)
}

/** Bytes of a file; null where there is nothing. */
async function sizeOrNull(path: string): Promise<number | 'folder' | null> {
  try {
    const entry = await lstat(path)
    return entry.isDirectory() ? 'folder' : entry.size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

async function readLicenses(path: string): Promise<AboutInfo['licenses']> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as AboutInfo['licenses']
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
