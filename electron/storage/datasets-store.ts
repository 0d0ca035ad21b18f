import { AppError } from '../shared/app-error'
import type { DatasetFormat, DatasetReport, DatasetSummary, TokenCheck } from '../shared/dataset'
import type { DatasetId } from '../shared/ids'
import type { Connection } from './database'
import { fromJson, fromJsonOrNull } from './json-column'

/** A dataset with the folder that holds its normalised files; the folder does not cross to the window. */
export interface DatasetRecord {
  readonly dataset: DatasetSummary
  readonly folder: string
}

export interface DatasetsStore {
  add(dataset: DatasetSummary, folder: string): void
  /** Null when there is none; removed ones are found, since jobs name them. */
  get(id: DatasetId): DatasetRecord | null
  /** Newest first. */
  list(): DatasetSummary[]
  rename(id: DatasetId, name: string): void
  /** Hides a dataset until it is restored or purged. Throws DATASET_NOT_FOUND. */
  remove(id: DatasetId, atMs: number): void
  restore(id: DatasetId): void
  removedBefore(atMs: number): DatasetId[]
  purge(id: DatasetId): void
  /** A result of check_data.py; the key is made of the hash of the data, the model and the settings that matter. */
  tokenCheck(key: string): TokenCheck | null
  saveTokenCheck(key: string, check: TokenCheck, atMs: number): void
}

interface DatasetColumns {
  readonly id: DatasetId
  readonly name: string
  readonly kind: DatasetSummary['kind']
  readonly format: DatasetFormat
  readonly source_path: string
  readonly folder: string
  readonly size_bytes: number
  readonly rows: number
  readonly train_rows: number
  readonly eval_rows: number
  readonly held_out_rows: number
  readonly sha256: string
  readonly report: string
  readonly created_at_ms: number
}

export function createDatasetsStore(connection: Connection): DatasetsStore {
  const insert = connection.prepare(`INSERT INTO datasets
    (id, name, kind, format, source_path, folder, size_bytes, rows, train_rows, eval_rows, held_out_rows, sha256, report, created_at_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`)
  const byId = connection.prepare<[string], DatasetColumns>('SELECT * FROM datasets WHERE id = ?')
  const all = connection.prepare<[], DatasetColumns>('SELECT * FROM datasets WHERE deleted_at_ms IS NULL ORDER BY created_at_ms DESC, id DESC')
  const rename = connection.prepare('UPDATE datasets SET name = ? WHERE id = ?')
  const setDeleted = connection.prepare('UPDATE datasets SET deleted_at_ms = ? WHERE id = ?')
  const removedBefore = connection.prepare<[number], DatasetId>('SELECT id FROM datasets WHERE deleted_at_ms <= ? ORDER BY deleted_at_ms').pluck()
  const purge = connection.prepare('DELETE FROM datasets WHERE id = ? AND deleted_at_ms IS NOT NULL')
  const readCheck = connection.prepare<[string], string>('SELECT result FROM token_checks WHERE key = ?').pluck()
  const putCheck = connection.prepare('INSERT OR REPLACE INTO token_checks (key, result, created_at_ms) VALUES (?, ?, ?)')
  const changed = (id: DatasetId, changes: number): void => {
    if (changes === 0) throw new AppError('DATASET_NOT_FOUND', `There is no dataset ${id}.`)
  }
  return {
    add(d, folder) {
      insert.run(
        d.id, d.name, d.kind, d.format, d.sourcePath, folder, d.sizeBytes, d.rows, d.trainRows, d.evalRows, d.heldOutRows, d.sha256, JSON.stringify(d.report), d.createdAtMs,
      )
    },
    get(id) {
      const columns = byId.get(id)
      return columns === undefined ? null : { dataset: toDataset(columns), folder: columns.folder }
    },
    list: () => all.all().map(toDataset),
    rename: (id, name) => changed(id, rename.run(name, id).changes),
    remove: (id, atMs) => changed(id, setDeleted.run(atMs, id).changes),
    restore: (id) => changed(id, setDeleted.run(null, id).changes),
    removedBefore: (atMs) => removedBefore.all(atMs),
    purge(id) {
      purge.run(id)
    },
    tokenCheck: (key) => fromJsonOrNull<TokenCheck>(readCheck.get(key) ?? null),
    saveTokenCheck(key, check, atMs) {
      putCheck.run(key, JSON.stringify(check), atMs)
    },
  }
}

function toDataset(c: DatasetColumns): DatasetSummary {
  return {
    id: c.id, name: c.name, kind: c.kind, format: c.format, sourcePath: c.source_path, createdAtMs: c.created_at_ms, sizeBytes: c.size_bytes, rows: c.rows,
    trainRows: c.train_rows, evalRows: c.eval_rows, heldOutRows: c.held_out_rows, sha256: c.sha256, report: fromJson<DatasetReport>(c.report),
  }
}
