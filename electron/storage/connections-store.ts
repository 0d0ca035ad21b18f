import { AppError } from '../shared/app-error'
import type { ConnectionCheck, ConnectionConfig } from '../shared/connection'
import type { ConnectionId } from '../shared/ids'
import type { Connection } from './database'
import { fromJson, fromJsonOrNull } from './json-column'

/** A place as it is kept. Its key is a secret and never comes here. */
export interface StoredConnection {
  readonly id: ConnectionId
  readonly config: ConnectionConfig
  /** What the last check of this very configuration found. */
  readonly check: ConnectionCheck | null
  readonly createdAtMs: number
}

export interface ConnectionsStore {
  add(connection: Omit<StoredConnection, 'check'>): void
  /** Null when there is none, or it was removed. */
  get(id: ConnectionId): StoredConnection | null
  /** Oldest first. */
  list(): StoredConnection[]
  /** Forgets the last check, which spoke of the configuration before. Throws CONNECTION_NOT_FOUND, like every change. */
  change(id: ConnectionId, config: ConnectionConfig): void
  /** Ignored for a place whose configuration was changed while it was checked, or that was removed. */
  saveCheck(id: ConnectionId, checked: ConnectionConfig, check: ConnectionCheck): void
  /** The row stays, so that no later place gets its id; nothing finds it any more. */
  remove(id: ConnectionId, atMs: number): void
}

interface ConnectionColumns {
  readonly id: ConnectionId
  readonly config: string
  readonly last_check: string | null
  readonly created_at_ms: number
}

export function createConnectionsStore(connection: Connection): ConnectionsStore {
  const insert = connection.prepare('INSERT INTO connections (id, config, created_at_ms) VALUES (?,?,?)')
  const byId = connection.prepare<[string], ConnectionColumns>('SELECT * FROM connections WHERE id = ? AND deleted_at_ms IS NULL')
  const all = connection.prepare<[], ConnectionColumns>('SELECT * FROM connections WHERE deleted_at_ms IS NULL ORDER BY created_at_ms, id')
  const setConfig = connection.prepare('UPDATE connections SET config = ?, last_check = NULL WHERE id = ? AND deleted_at_ms IS NULL')
  const setCheck = connection.prepare('UPDATE connections SET last_check = ? WHERE id = ? AND config = ? AND deleted_at_ms IS NULL')
  const setDeleted = connection.prepare('UPDATE connections SET deleted_at_ms = ?, last_check = NULL WHERE id = ? AND deleted_at_ms IS NULL')
  const found = (id: ConnectionId, changes: number): void => {
    if (changes === 0) throw new AppError('CONNECTION_NOT_FOUND', `There is no connection ${id}.`)
  }
  return {
    add({ id, config, createdAtMs }) {
      insert.run(id, JSON.stringify(config), createdAtMs)
    },
    get(id) {
      const columns = byId.get(id)
      return columns === undefined ? null : toConnection(columns)
    },
    list: () => all.all().map(toConnection),
    change(id, config) {
      found(id, setConfig.run(JSON.stringify(config), id).changes)
    },
    saveCheck(id, checked, check) {
      setCheck.run(JSON.stringify(check), id, JSON.stringify(checked))
    },
    remove(id, atMs) {
      found(id, setDeleted.run(atMs, id).changes)
    },
  }
}

function toConnection(c: ConnectionColumns): StoredConnection {
  return { id: c.id, config: fromJson<ConnectionConfig>(c.config), check: fromJsonOrNull<ConnectionCheck>(c.last_check), createdAtMs: c.created_at_ms }
}
