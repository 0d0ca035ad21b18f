import type { ComparisonId, ConnectionId, JobId } from '../shared/ids'
import type { Bill, LedgerRow, Quote } from '../shared/money'
import type { Connection } from './database'
import { fromJson, fromJsonOrNull, toJsonOrNull } from './json-column'

/** Tokens that a remote model read and wrote, and in how many answers. */
export interface AnsweredTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly answers: number
}
export type NewTrainingRow = Pick<LedgerRow, 'name' | 'place' | 'connectionId' | 'connectionName' | 'model' | 'atMs' | 'quote'> & { readonly jobId: JobId }
/** `comparisonId` null: a chat, of which one row per model is kept from `sinceMs` on. */
export type AnswersRow = Pick<LedgerRow, 'name' | 'place' | 'connectionId' | 'connectionName' | 'model' | 'atMs' | 'comparisonId'> & { readonly sinceMs: number }

/** What was quoted and billed. Rows outlive the jobs and comparisons that they speak of. */
export interface LedgerStore {
  /** Newest first. */
  list(): LedgerRow[]
  ofJob(jobId: JobId): LedgerRow | null
  /** The first call for a job counts; later ones change nothing. */
  addTraining(row: NewTrainingRow): void
  /** Ignored for a job that has no row. */
  setBill(jobId: JobId, bill: Bill): void
  /** Adds to what this model answered before, and bills the whole of it, in one transaction. */
  addAnswers(row: AnswersRow, tokens: AnsweredTokens, billOf: (total: AnsweredTokens) => Bill): void
}

interface LedgerColumns {
  readonly row_id: number
  readonly kind: LedgerRow['kind']
  readonly job_id: JobId | null
  readonly comparison_id: ComparisonId | null
  readonly connection_id: ConnectionId
  readonly connection_name: string
  readonly name: string
  readonly place: LedgerRow['place']
  readonly model: string
  readonly quote: string | null
  readonly bill: string | null
  readonly at_ms: number
}
/** A bill of answers as it is kept: with what it was counted from, so that more can be added. */
type StoredBill = Bill & { readonly tokens?: AnsweredTokens }

const noTokens: AnsweredTokens = { inputTokens: 0, outputTokens: 0, answers: 0 }

export function createLedgerStore(connection: Connection): LedgerStore {
  const all = connection.prepare<[], LedgerColumns>('SELECT * FROM ledger ORDER BY at_ms DESC, row_id DESC')
  const byJob = connection.prepare<[string], LedgerColumns>('SELECT * FROM ledger WHERE job_id = ?')
  const ofAnswers = connection.prepare<[string, string | null, string, number], LedgerColumns>(
    "SELECT * FROM ledger WHERE kind = 'answers' AND connection_id = ? AND comparison_id IS ? AND model = ? AND (comparison_id IS NOT NULL OR at_ms >= ?) ORDER BY row_id DESC LIMIT 1",
  )
  const insert = connection.prepare(`INSERT INTO ledger (kind, job_id, comparison_id, connection_id, connection_name, name, place, model, quote, bill, at_ms)
    VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (job_id) DO NOTHING`)
  const writeBill = connection.prepare('UPDATE ledger SET bill = ? WHERE job_id = ?')
  const writeRowBill = connection.prepare('UPDATE ledger SET bill = ? WHERE row_id = ?')

  const addAnswers = connection.transaction((row: AnswersRow, tokens: AnsweredTokens, billOf: (total: AnsweredTokens) => Bill): void => {
    const known = ofAnswers.get(row.connectionId, row.comparisonId, row.model, row.sinceMs)
    const before = fromJsonOrNull<StoredBill>(known?.bill ?? null)?.tokens ?? noTokens
    const total = { inputTokens: before.inputTokens + tokens.inputTokens, outputTokens: before.outputTokens + tokens.outputTokens, answers: before.answers + tokens.answers }
    const bill: StoredBill = { ...billOf(total), tokens: total }
    if (known !== undefined) writeRowBill.run(JSON.stringify(bill), known.row_id)
    else insert.run('answers', null, row.comparisonId, row.connectionId, row.connectionName, row.name, row.place, row.model, null, JSON.stringify(bill), row.atMs)
  })
  return {
    list: () => all.all().map(toLedgerRow),
    ofJob(jobId) {
      const columns = byJob.get(jobId)
      return columns === undefined ? null : toLedgerRow(columns)
    },
    addTraining(row) {
      insert.run('training', row.jobId, null, row.connectionId, row.connectionName, row.name, row.place, row.model, toJsonOrNull(row.quote), null, row.atMs)
    },
    setBill(jobId, bill) {
      writeBill.run(JSON.stringify(bill), jobId)
    },
    addAnswers: (row, tokens, billOf) => addAnswers.immediate(row, tokens, billOf),
  }
}

function toLedgerRow(c: LedgerColumns): LedgerRow {
  return {
    id: c.row_id, kind: c.kind, jobId: c.job_id, comparisonId: c.comparison_id, name: c.name, place: c.place, connectionId: c.connection_id, connectionName: c.connection_name,
    model: c.model, atMs: c.at_ms, quote: fromJsonOrNull<Quote>(c.quote), bill: billOf(c.bill),
  }
}

function billOf(text: string | null): Bill | null {
  if (text === null) return null
  const { usd, savedUsd, basis, final } = fromJson<StoredBill>(text)
  return { usd, savedUsd, basis, final }
}
