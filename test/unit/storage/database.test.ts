import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { asDatabaseError, openDatabase } from '../../../electron/storage/database'
import { migrations } from '../../../electron/storage/migrations/all'
import type { Migration } from '../../../electron/storage/migrations/migration'
import { createStores } from '../../../electron/storage/stores'
import { AppError } from '../../../electron/shared/app-error'
import { newJob, openTemporary, temporaryFolder } from './storage-fixtures'

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
const thrown = (work: () => unknown): AppError => {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

// A history of two steps with a rebuilt parent table, the case in which foreign keys bite.
const one: Migration = {
  number: 1,
  name: 'one',
  up: (db) => db.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT; CREATE TABLE child (parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE) STRICT'),
}
const two: Migration = {
  number: 2,
  name: 'two',
  up: (db) => db.exec(`CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL) STRICT;
    INSERT INTO parent_new SELECT id, name, 'from before' FROM parent; DROP TABLE parent; ALTER TABLE parent_new RENAME TO parent`),
}
const fillOne = (path: string): void => {
  const database = openDatabase(path, { migrations: [one] })
  database.connection.exec("INSERT INTO parent VALUES (7, 'seven'); INSERT INTO child VALUES (7)")
  database.close()
}

describe('opening the database', () => {
  it('sets WAL, NORMAL and foreign keys, and closes into one whole file', () => {
    const { database, path, stores } = openTemporary()
    expect(database.connection.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.connection.pragma('synchronous', { simple: true })).toBe(1)
    expect(database.connection.pragma('foreign_keys', { simple: true })).toBe(1)
    expect(database.migrated).toEqual(migrations.map((migration) => migration.number))
    stores.jobs.create(newJob(1))
    database.close()
    // Catches data that a user leaves behind when copying tunesmith.db alone.
    expect(existsSync(`${path}-wal`)).toBe(false)
    const again = openDatabase(path)
    expect(createStores(again.connection).jobs.list()).toHaveLength(1)
    expect(again.migrated).toEqual([])
    again.close()
  })

  it('every table is STRICT', () => {
    const { database } = openTemporary()
    const loose = database.connection.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'").all()
    expect(loose).toEqual([])
  })

  it('numbers migrations from 1 without gaps', () => {
    expect(migrations.map((migration) => migration.number)).toEqual(migrations.map((_, index) => index + 1))
  })

  // Catches an old program that downgrades, or even just rewrites, the database of a newer one.
  for (const unclean of [false, true]) {
    it(`refuses a newer database and leaves every byte ${unclean ? 'with a left-over log' : ''}`, () => {
      const { database, path, stores } = openTemporary()
      stores.jobs.create(newJob(1))
      let target = path
      if (unclean) {
        database.connection.pragma('user_version = 99')
        target = join(temporaryFolder(), 'tunesmith.db')
        for (const suffix of ['', '-wal']) writeFileSync(`${target}${suffix}`, readFileSync(`${path}${suffix}`))
        expect(statSync(`${target}-wal`).size).toBeGreaterThan(0)
      } else {
        database.connection.pragma('user_version = 99')
        database.close()
      }
      const before = sha256(target)
      const error = thrown(() => openDatabase(target))
      expect(error.code).toBe('DATABASE_NEWER')
      expect(error.data).toMatchObject({ version: 99, newest: migrations.length })
      expect(sha256(target)).toBe(before)
      expect(readdirSync(join(target, '..')).filter((name) => name.includes('before'))).toEqual([])
    })
  }

  it('calls a file that is no database, a cut one and one with a broken page damaged', () => {
    const text = join(temporaryFolder(), 'tunesmith.db')
    writeFileSync(text, 'this is not a database, though it is long enough to have a header of a hundred bytes, as one of those would have to be.')
    expect(thrown(() => openDatabase(text)).code).toBe('DATABASE_DAMAGED')
    expect(readFileSync(text, 'utf8')).toContain('this is not')

    const { database, path, stores } = openTemporary()
    for (let i = 0; i < 300; i += 1) stores.jobs.create(newJob(i))
    database.close()
    const whole = readFileSync(path)
    const cut = join(temporaryFolder(), 'tunesmith.db')
    writeFileSync(cut, whole)
    truncateSync(cut, Math.floor(whole.length / 2))
    expect(thrown(() => openDatabase(cut)).code).toBe('DATABASE_DAMAGED')

    const broken = join(temporaryFolder(), 'tunesmith.db')
    writeFileSync(broken, whole)
    const file = openSync(broken, 'r+')
    for (let page = 2; page < whole.length / 4096; page += 1) writeSync(file, Buffer.alloc(200, 0xee), 0, 200, page * 4096)
    closeSync(file)
    expect(thrown(() => openDatabase(broken)).code).toBe('DATABASE_DAMAGED')
  })

  it('names damage and a full disk that show up later', () => {
    const fault = (code: string): unknown => asDatabaseError(Object.assign(new Error(code), { code }), 'x')
    expect(fault('SQLITE_CORRUPT_VTAB')).toMatchObject({ code: 'DATABASE_DAMAGED' })
    expect(fault('SQLITE_FULL')).toMatchObject({ code: 'DISK_FULL' })
    expect(fault('SQLITE_CONSTRAINT')).not.toBeInstanceOf(AppError)
  })
})

describe('migrations', () => {
  it('goes from N-1 to N with its data, and keeps a copy that still opens as N-1', () => {
    const path = join(temporaryFolder(), 'tunesmith.db')
    fillOne(path)
    const database = openDatabase(path, { migrations: [one, two] })
    expect(database.migrated).toEqual([2])
    expect(database.connection.prepare('SELECT * FROM parent').all()).toEqual([{ id: 7, name: 'seven', note: 'from before' }])
    // Catches a rebuilt parent table whose drop cascades into the children.
    expect(database.connection.prepare('SELECT * FROM child').all()).toEqual([{ parent: 7 }])
    expect(database.connection.pragma('foreign_keys', { simple: true })).toBe(1)
    database.close()

    const copy = openDatabase(`${path}.before-2`, { migrations: [one] })
    expect(copy.connection.prepare('SELECT * FROM parent').all()).toEqual([{ id: 7, name: 'seven' }])
    copy.close()
  })

  it('leaves the database at N-1 when a step fails, and goes on from there', () => {
    const path = join(temporaryFolder(), 'tunesmith.db')
    fillOne(path)
    const failing: Migration = {
      number: 3,
      name: 'failing',
      up(db) {
        db.exec("UPDATE parent SET name = 'half done'")
        throw new Error('stopped in the middle')
      },
    }
    expect(() => openDatabase(path, { migrations: [one, two, failing] })).toThrow('stopped in the middle')
    const database = openDatabase(path, { migrations: [one, two] })
    expect(database.migrated).toEqual([])
    expect(database.connection.prepare('SELECT name FROM parent').pluck().all()).toEqual(['seven'])
    database.close()
    expect(existsSync(`${path}.before-2`)).toBe(true)
  })

  it('refuses a step that leaves rows without their parent', () => {
    const path = join(temporaryFolder(), 'tunesmith.db')
    fillOne(path)
    const orphaning: Migration = { number: 2, name: 'orphaning', up: (db) => db.exec('DELETE FROM parent') }
    expect(thrown(() => openDatabase(path, { migrations: [one, orphaning] })).message).toContain('without their parent')
    const raw = new Sqlite(path)
    expect(raw.pragma('user_version', { simple: true })).toBe(1)
    raw.close()
  })
})

describe('backup', () => {
  it('writes a whole copy while the database is in use, and keeps the old copy when it fails', async () => {
    const { database, path, stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const target = join(temporaryFolder(), 'copy.db')
    await database.backup(target)
    const copy = openDatabase(target)
    expect(createStores(copy.connection).jobs.list().map((job) => job.name)).toEqual(['run 1'])
    expect(copy.check()).toBeNull()
    copy.close()
    const before = sha256(target)
    await expect(database.backup(join(path, 'not-a-folder', 'copy.db'))).rejects.toThrow()
    expect(sha256(target)).toBe(before)
  })
})
