import { copyFileSync, constants, existsSync, openSync, closeSync, fsyncSync, renameSync, rmSync, statSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import { AppError, messageOf } from '../shared/app-error'
import type { Migration } from './migrations/migration'
import { migrations as allMigrations } from './migrations/all'

export type Connection = Sqlite.Database

/** An open database file; `close` moves the log into the file, so that a copy of the one file is complete. */
export interface Database {
  readonly connection: Connection
  readonly path: string
  /** Numbers of the migrations that this start ran. */
  readonly migrated: readonly number[]
  /** Writes a consistent copy beside running work, page by page; replaces `target` only once the copy is whole. */
  backup(target: string): Promise<void>
  /** Reads every page; null when the file is sound, else the first complaint. */
  check(): string | null
  close(): void
}

export interface OpenOptions {
  readonly migrations?: readonly Migration[]
}

/**
 * Files up to this size are checked page by page at every start (about 0.1 s per 100 MB); larger ones only after a start
 * that did not end with a clean close, which a left-over log shows.
 */
const alwaysCheckBytes = 32 * 1024 * 1024
const busyTimeoutMs = 5000

/**
 * Opens the database and brings it to the newest form, in one transaction per migration, after keeping a copy as
 * `<path>.before-N`. Throws DATABASE_NEWER (the file stays as it is), DATABASE_DAMAGED, or DISK_FULL.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Database {
  const migrations = options.migrations ?? allMigrations
  const newest = migrations.at(-1)?.number ?? 0
  mkdirSync(dirname(path), { recursive: true })
  if (existsSync(path) && statSync(path).size > 0) inspect(path, newest)
  return guarded(path, () => {
    const connection = new Sqlite(path, { timeout: busyTimeoutMs })
    try {
      connection.pragma('journal_mode = WAL')
      connection.pragma('synchronous = NORMAL')
      const migrated = migrate(connection, path, migrations)
      connection.pragma('foreign_keys = ON')
      return handle(connection, path, migrated)
    } catch (error) {
      connection.close()
      throw error
    }
  })
}

function handle(connection: Connection, path: string, migrated: readonly number[]): Database {
  return {
    connection,
    path,
    migrated,
    async backup(target) {
      const partial = `${target}.partial`
      rmSync(partial, { force: true })
      try {
        await connection.backup(partial)
        renameSync(partial, target)
      } catch (error) {
        rmSync(partial, { force: true })
        throw asDatabaseError(error, target)
      }
    },
    check: () => firstComplaint(connection),
    close() {
      if (!connection.open) return
      connection.pragma('optimize')
      connection.pragma('wal_checkpoint(TRUNCATE)')
      connection.close()
    },
  }
}

/** Looks at an existing file through a read-only connection, which can't change a byte of it. */
function inspect(path: string, newest: number): void {
  const unclean = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0
  guarded(path, () => {
    const connection = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs })
    try {
      const version = versionOf(connection)
      if (version > newest) {
        throw new AppError('DATABASE_NEWER', `The database has version ${version}; this program knows versions up to ${newest}.`, {
          data: { path, version, newest },
        })
      }
      if (unclean || statSync(path).size <= alwaysCheckBytes) {
        const complaint = firstComplaint(connection)
        if (complaint !== null) throw new AppError('DATABASE_DAMAGED', complaint, { data: { path } })
      }
    } finally {
      connection.close()
    }
  })
}

function migrate(connection: Connection, path: string, migrations: readonly Migration[]): number[] {
  const from = versionOf(connection)
  const pending = migrations.filter((migration) => migration.number > from)
  const first = pending[0]
  if (first === undefined) return []
  if (from > 0) keepCopy(connection, path, `${path}.before-${first.number}`)
  // Rebuilding a table drops the old one, which would cascade; the check at the end of each step makes up for it.
  connection.pragma('foreign_keys = OFF')
  for (const migration of pending) {
    connection.transaction(() => {
      migration.up(connection)
      const orphans: unknown = connection.pragma('foreign_key_check')
      if (Array.isArray(orphans) && orphans.length > 0) {
        throw new AppError('INTERNAL', `Migration ${migration.number} leaves ${orphans.length} rows without their parent.`)
      }
      connection.pragma(`user_version = ${migration.number}`)
    }).immediate()
  }
  return pending.map((migration) => migration.number)
}

/** Copies the file after moving the log into it; the copy appears under its name only when it is whole and on the disk. */
function keepCopy(connection: Connection, path: string, target: string): void {
  connection.pragma('wal_checkpoint(TRUNCATE)')
  const partial = `${target}.partial`
  try {
    copyFileSync(path, partial, constants.COPYFILE_FICLONE)
    const file = openSync(partial, 'r+')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(partial, target)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}

function versionOf(connection: Connection): number {
  return Number(connection.pragma('user_version', { simple: true }))
}

function firstComplaint(connection: Connection): string | null {
  const answer = String(connection.pragma('quick_check(1)', { simple: true }))
  return answer === 'ok' ? null : answer
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asDatabaseError(error, path)
  }
}

/** Names damage and a full disk; every other fault passes through unchanged. Also for faults that show up long after the start. */
export function asDatabaseError(error: unknown, path: string): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error
  const code = 'code' in error ? String(error.code) : ''
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new AppError('DATABASE_DAMAGED', messageOf(error), { cause: error, data: { path } })
  }
  if (code === 'ENOSPC' || code === 'SQLITE_FULL') {
    return new AppError('DISK_FULL', messageOf(error), { cause: error, data: { path } })
  }
  return error
}
