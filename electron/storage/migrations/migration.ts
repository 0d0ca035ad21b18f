import type { Database } from 'better-sqlite3'

/** One forward step; runs inside a transaction with foreign keys off. `number` counts from 1 without gaps. */
export interface Migration {
  readonly number: number
  readonly name: string
  up(connection: Database): void
}
