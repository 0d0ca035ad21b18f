import { cp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join, relative, isAbsolute } from 'node:path'
import { AppError, messageOf } from '../shared/app-error'
import type { MainPort } from '../shared/main-port'
import type { Output } from '../shared/requests'
import type { AboutInfo, StoragePart } from '../shared/settings'
import { activeStates } from '../shared/job-state'
import { folderSize } from '../process/folder-size'
import { isErrno, readTail } from '../process/run-folder'
import type { Services } from './compose'
import type { Log } from './router'

const links = {
  releases: 'https://github.com/tunesmith-app/tunesmith/releases',
  documentation: 'https://github.com/tunesmith-app/tunesmith#readme',
  issues: 'https://github.com/tunesmith-app/tunesmith/issues',
  'hub-model': 'https://huggingface.co/',
} as const

/** Rounds past which a log says nothing more about a problem. */
const DIAGNOSTIC_LOG_BYTES = 256 * 1024

/** Disk use, clean-up, moving the data folder, diagnostics and the about page. */
export function createMaintenance({ home, stores, database, resources, hardware, environments, runs, jobs, datasets }: Services, main: MainPort, log: Log) {
  const folders = { runs: home.runs, models: home.models, datasets: home.datasets, environments: home.environments, logs: home.logs, cache: home.cache } as const

  /** Folders of a part that nothing in the database names, and partial downloads. */
  const reclaimable = async (part: StoragePart['part']): Promise<readonly string[]> => {
    switch (part) {
      case 'runs':
        return strangers(home.runs, new Set(stores.jobs.list().flatMap(({ id }) => [stores.jobs.record(id).runFolder ?? '', join(home.runs, id)])))
      case 'datasets':
        return strangers(home.datasets, new Set(stores.datasets.list().map(({ id }) => join(home.datasets, id))))
      case 'environments':
        return (await strangers(home.environments, new Set(environments.list().flatMap(({ id, path }) => [path, join(home.environments, `${id}.log`)]))))
      case 'cache':
        return strangers(home.cache, new Set())
      case 'logs':
        return (await strangers(home.logs, new Set())).filter((path) => /\.\d+$/.test(path))
      case 'models':
      case 'database':
        return []
    }
  }

  return {
    async usage(): Promise<Output<'storage.usage'>> {
      const parts: StoragePart[] = []
      for (const [part, path] of Object.entries(folders) as [keyof typeof folders, string][]) {
        const waste = await Promise.all((await reclaimable(part)).map(folderSizeOrFile))
        parts.push({ part, path, sizeBytes: await folderSize(path), reclaimableBytes: waste.reduce((sum, bytes) => sum + bytes, 0) })
      }
      parts.push({ part: 'database', path: home.database, sizeBytes: await folderSizeOrFile(home.database), reclaimableBytes: 0 })
      const { bavail, bsize } = await statfs(home.root)
      return { parts, freeBytes: bavail * bsize }
    },

    /** Deletes what nothing refers to. Results, models and data that are in a list stay. */
    async cleanUp(parts: readonly (keyof typeof folders)[]): Promise<{ freedBytes: number }> {
      let freedBytes = 0
      if (parts.includes('runs')) await jobs.purge()
      if (parts.includes('datasets')) await datasets.purge(Date.now())
      for (const part of parts) {
        for (const path of await reclaimable(part)) {
          freedBytes += await folderSizeOrFile(path)
          await rm(path, { recursive: true, force: true })
        }
      }
      return { freedBytes }
    },

    /** Copies the data folder and uses the copy from the next start on; the old one stays until the user deletes it. */
    async move(parent: string): Promise<Output<'storage.move'>> {
      if (stores.jobs.inStates(activeStates).length > 0 || runs.active().length > 0) return { problem: 'A run writes into the data folder now. Move it when the queue is idle.' }
      const target = join(parent, 'Tunesmith')
      const way = relative(home.root, target)
      if (way === '' || (!way.startsWith('..') && !isAbsolute(way))) return { problem: 'The new place lies inside the data folder. Choose another folder.' }
      const [needed, { bavail, bsize }] = [await folderSize(home.root), await statfs(parent)]
      if (needed > bavail * bsize) return { problem: `The new place has ${gigabytes(bavail * bsize)} free; ${gigabytes(needed)} are needed.` }
      try {
        await database.backup(join(home.root, 'tunesmith.db.moving'))
        // Virtual environments name their own place in their scripts and don't survive a move: they are made again.
        await cp(home.root, target, { recursive: true, errorOnExist: true, force: false, filter: (path) => !path.startsWith(home.environments) && !/tunesmith\.db(-wal|-shm)?$/.test(path) })
        await cp(join(target, 'tunesmith.db.moving'), join(target, 'tunesmith.db'))
      } catch (error) {
        return { problem: `The data folder could not be copied: ${messageOf(error)}. Nothing was changed.` }
      } finally {
        await rm(join(home.root, 'tunesmith.db.moving'), { force: true })
        await rm(join(target, 'tunesmith.db.moving'), { force: true })
      }
      await main.setDataFolder(target)
      return { restartNeeded: true }
    },

    async about(): Promise<AboutInfo> {
      const { app, electron, chromium, node } = await main.versions()
      const sqlite = String(database.connection.prepare('SELECT sqlite_version()').pluck().get())
      return { version: app, electron, chromium, node, sqlite, platform: `${process.platform} ${process.arch}`, dataFolder: home.root, licenses: await readLicenses(join(resources, 'licenses.json')) }
    },

    /** One JSON file: versions, hardware, environments, the last log lines. Without names of datasets, paths of the user, prompts or secrets. */
    async diagnostics(): Promise<{ readonly path: string } | null> {
      const path = await main.saveDialog({ title: 'Save diagnostics', defaultName: 'tunesmith-diagnostics.json', extension: 'json' })
      if (path === null) return null
      const about = await this.about()
      const logs: Record<string, string[]> = {}
      for (const name of await listed(home.logs)) logs[name] = (await readTail(join(home.logs, name), DIAGNOSTIC_LOG_BYTES)).split('\n').slice(-500)
      const bundle = {
        about: { ...about, dataFolder: undefined, licenses: undefined }, hardware: await hardware.state(), settings: { ...stores.settings.get(), hub: undefined },
        environments: environments.list().map(({ profile, state, pythonVersion, packages, problem, steps }) => ({ profile, state, pythonVersion, packages, problem, steps })),
        jobs: stores.jobs.list().slice(0, 20).map(({ id, state, backend, settings, step, totalSteps, cause, device }) => ({ id, state, backend, settings, step, totalSteps, cause, device })),
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

/** The user's own folder names say who they are; the diagnostics don't need them. */
function withoutHome(text: string, dataFolder: string): string {
  const userHome = process.env['HOME'] ?? process.env['USERPROFILE'] ?? ''
  const cut = text.replaceAll(JSON.stringify(dataFolder).slice(1, -1), '<data>')
  return userHome.length < 4 ? cut : cut.replaceAll(JSON.stringify(userHome).slice(1, -1), '<home>')
}

async function listed(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name)
}

async function strangers(folder: string, known: ReadonlySet<string>): Promise<readonly string[]> {
  return (await readdir(folder)).map((name) => join(folder, name)).filter((path) => !known.has(path))
}

async function folderSizeOrFile(path: string): Promise<number> {
  try {
    return await folderSize(path)
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR')) throw error
    return (await readFile(path)).length
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
