import { z } from 'zod'
import type { ComparisonId, ConnectionId, JobId } from './ids'

/** Amounts are US dollars before tax. */
export const PriceUnit = z.enum(['instance-hour', 'million-training-tokens', 'million-input-tokens', 'million-output-tokens'])
export type PriceUnit = z.infer<typeof PriceUnit>

/** One price. `item` is an instance type or a model; `region` null holds wherever no other row does. */
export const Price = z.object({
  place: z.enum(['sagemaker', 'openai']),
  item: z.string().min(1).max(120),
  region: z.string().max(40).nullable(),
  unit: PriceUnit,
  usd: z.number().min(0).max(1_000_000),
  /** Where it was read, in words or as an address. */
  source: z.string().max(300),
  /** `YYYY-MM-DD` */
  asOf: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  origin: z.enum(['shipped', 'fetched', 'edited']),
})
export type Price = z.infer<typeof Price>

/** What a job will cost, as a range with what it rests on. Null amounts: no price is known, and `unknown` says which. */
export interface Quote {
  readonly lowUsd: number | null
  readonly highUsd: number | null
  readonly unknown: string | null
  /** `3 epochs x 41,200 tokens x $3.00 per million` */
  readonly lines: readonly string[]
  readonly assumptions: readonly string[]
  readonly priceSource: string
  readonly priceAsOf: string
}

/** What was billed, as far as the place tells; `savedUsd` by spot. */
export interface Bill {
  readonly usd: number | null
  readonly savedUsd: number | null
  /** `412 billable seconds x 1 ml.g5.2xlarge x $1.515 an hour` */
  readonly basis: string
  /** False while the job runs: counted so far. */
  readonly final: boolean
}

/** One line of the ledger: a job, or the answers that a remote model gave. */
export interface LedgerRow {
  readonly id: number
  readonly kind: 'training' | 'answers'
  readonly jobId: JobId | null
  readonly comparisonId: ComparisonId | null
  readonly name: string
  readonly place: 'sagemaker' | 'openai'
  readonly connectionId: ConnectionId
  readonly connectionName: string
  readonly model: string
  readonly atMs: number
  readonly quote: Quote | null
  readonly bill: Bill | null
}

export interface LedgerTotal {
  readonly key: string
  readonly usd: number
  readonly savedUsd: number
  readonly rows: number
  /** Rows whose amount is not known, and so is not in `usd`. */
  readonly unknownRows: number
}

export interface Ledger {
  readonly rows: readonly LedgerRow[]
  /** `2026-11`, newest first. */
  readonly byMonth: readonly LedgerTotal[]
  readonly byPlace: readonly LedgerTotal[]
  readonly byModel: readonly LedgerTotal[]
  readonly budget: { readonly monthlyUsd: number | null; readonly usedUsd: number; readonly runningUsd: number }
}
