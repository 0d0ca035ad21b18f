import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIds } from '../../electron/engine/ids'
import { environmentFolders } from '../../electron/process/environments/environment-folder'
import { createEnvironments } from '../../electron/services/environments'
import type { Environments } from '../../electron/services/environments'
import type { EnvironmentSummary } from '../../electron/shared/environment'
import type { EnvironmentId } from '../../electron/shared/ids'
import { openDatabase } from '../../electron/storage/database'
import { createEnvironmentsStore } from '../../electron/storage/environments-store'
import type { EnvironmentsStore } from '../../electron/storage/environments-store'
import { systemPython, until } from './run-folders'
import { repository } from './start-engine'

/** The environments service over a real database, real folders and a real Python, with lists of the test's choice. */
export interface EnvironmentService {
  readonly root: string
  readonly wheels: string
  readonly store: EnvironmentsStore
  readonly environments: Environments
  /** Environments that a run holds. */
  readonly held: Set<EnvironmentId>
  /** A second service over the same folder, as after a restart. */
  again(): Environments
  settled(id: EnvironmentId): Promise<EnvironmentSummary>
  log(id: EnvironmentId): string
  makeWheel(name: string, version: string, source: string, ...requires: readonly string[]): void
  close(): Promise<void>
}

export function environmentService(listsFolder: string): EnvironmentService {
  const root = mkdtempSync(join(tmpdir(), 'tunesmith environments '))
  const wheels = join(root, 'wheels')
  mkdirSync(wheels)
  const database = openDatabase(join(root, 'tunesmith.db'))
  const store = createEnvironmentsStore(database.connection)
  const held = new Set<EnvironmentId>()
  const open = (): Environments => createEnvironments({
    store, folders: environmentFolders, root: join(root, 'environments'), listsFolder, driverVersion: () => Promise.resolve(null), newId: createIds(Date.now).environment, now: Date.now,
    onChange: () => undefined, onLog: () => undefined, onReady: () => undefined, inUse: (id) => held.has(id),
    onFault: (message, error) => {
      throw new Error(message, { cause: error })
    },
  })
  const environments = open()
  return {
    root, wheels, store, environments, held,
    again: open,
    settled: (id) => until('the environment settles', () => {
      const found = store.get(id)
      return found !== null && found.state !== 'installing' && found
    }, 120_000),
    log: (id) => readFileSync(join(root, 'environments', `${id}.log`), 'utf8'),
    makeWheel: (name, version, source, ...requires) =>
      void execFileSync(systemPython(), [join(repository, 'test', 'python', 'make_wheel.py'), wheels, name, version, source, ...requires]),
    async close() {
      await environments.close()
      database.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** PATH without the folders that hold this program. */
export function pathWithout(program: string): string {
  const separator = process.platform === 'win32' ? ';' : ':'
  const has = (folder: string): boolean => {
    try {
      execFileSync(join(folder, program), ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  return (process.env['PATH'] ?? '').split(separator).filter((folder) => folder !== '' && !has(folder)).join(separator)
}
