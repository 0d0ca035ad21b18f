import { z } from 'zod'
import type { DatasetId } from './ids'

/** What a file holds, told by its keys; never guessed silently. */
export const DatasetFormat = z.enum(['messages', 'alpaca', 'sharegpt', 'prompt-completion'])
export type DatasetFormat = z.infer<typeof DatasetFormat>

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A row after conversion; what train.py reads. */
export type NormalRow = { readonly messages: readonly ChatMessage[] } | { readonly prompt: string; readonly completion: string }

/** A problem of one line. Line numbers count from 1. */
export interface LineIssue {
  readonly line: number
  readonly code: string
  readonly message: string
  readonly severity: 'error' | 'warning'
}

/** What reading a whole file told. Only the first issues are kept, the counts are complete. */
export interface DatasetReport {
  readonly format: DatasetFormat | null
  /** How source keys map to messages, for the user to see. */
  readonly mapping: string
  readonly rows: number
  readonly validRows: number
  readonly emptyLines: number
  readonly duplicateRows: number
  readonly issues: readonly LineIssue[]
  readonly issueCounts: Readonly<Record<string, number>>
  readonly characters: number
}

export interface DatasetSummary {
  readonly id: DatasetId
  readonly name: string
  readonly kind: 'sample' | 'file'
  readonly format: DatasetFormat
  /** Where it came from; shown, never acted on. */
  readonly sourcePath: string
  readonly createdAtMs: number
  readonly sizeBytes: number
  readonly rows: number
  readonly trainRows: number
  readonly evalRows: number
  /** Rows of a held-out prompt set that belongs to it; 0 when there is none. */
  readonly heldOutRows: number
  readonly sha256: string
  readonly report: DatasetReport
}

/** Import runs over the whole file; progress is in bytes. */
export interface ImportProgress {
  readonly name: string
  readonly readBytes: number
  readonly totalBytes: number
  readonly rows: number
}

/** An import ends in a dataset, or in a report that says why not. */
export type ImportResult = { readonly kind: 'imported'; readonly dataset: DatasetSummary } | { readonly kind: 'refused'; readonly name: string; readonly report: DatasetReport }

/** What the tokenizer and the template make of the data, from check_data.py. */
export interface TokenCheck {
  readonly rows: number
  readonly encodedRows: number
  readonly totalTokens: number
  readonly trainedTokens: number
  readonly cutRows: number
  readonly rowsLosingAnswer: number
  readonly endOfTurnTrained: boolean
  readonly endOfTurnToken: string | null
  readonly lengths: { readonly p50: number; readonly p95: number; readonly max: number }
  readonly samples: readonly (readonly TokenPiece[])[]
  readonly problem: { readonly code: string; readonly message: string } | null
}
export interface TokenPiece {
  readonly text: string
  readonly trained: boolean
  readonly special: boolean
}
