import type { NormalRow } from '../shared/dataset'

/** How much of the data is kept back for evaluation. */
export interface SplitOptions {
  readonly seed: number
  /** Share of the rows, 0..1. */
  readonly share: number
  /** At least this many rows, as long as no more than a fifth of them go. */
  readonly atLeast: number
}
export const defaultSplit: Omit<SplitOptions, 'seed'> = { share: 0.05, atLeast: 20 }

/** Where every row goes. `isEvaluation` answers for a key of `splitKey`, in any order and as often as wanted. */
export interface Split {
  readonly trainRows: number
  readonly evalRows: number
  readonly isEvaluation: (key: number) => boolean
}

/**
 * The text of a conversation, the same for equal conversations whatever the order of keys in the file: roles and contents, split by
 * marks that JSON escapes.
 */
function conversationText(row: NormalRow): string {
  return 'messages' in row ? JSON.stringify(row.messages.map(({ role, content }) => [role, content])) : JSON.stringify([row.prompt, row.completion])
}

/**
 * A 53-bit key of a conversation under a seed (two 32-bit multiply-xor hashes, finished like MurmurHash3). Equal conversations
 * have equal keys, so they always lie on one side; other keys are as good as random numbers.
 */
export function splitKey(row: NormalRow, seed: number): number {
  const text = conversationText(row)
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 2_654_435_761)
    b = Math.imul(b ^ unit, 1_597_334_677)
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909)
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0)
}

/**
 * Splits by conversation: the smallest keys go to evaluation until the wanted number of rows is reached. It depends on the set of
 * conversations and the seed alone, not on their order. A conversation that is repeated more often than evaluation has rows stays
 * in training; a file of one conversation has no evaluation rows. Keys take 8 bytes a row, so a file can be read in two passes.
 */
export function splitByKey(keys: Float64Array, options: SplitOptions): Split {
  const rows = keys.length
  const wanted = Math.min(Math.max(Math.round(options.share * rows), options.atLeast), Math.floor(rows / 5))
  const sorted = Float64Array.from(keys).sort()
  const repeated = new Set<number>()
  let evalRows = 0
  let last = -1
  for (let start = 0; start < rows && evalRows < wanted; ) {
    const key = sorted[start] ?? 0
    let end = start + 1
    while (end < rows && sorted[end] === key) end++
    const count = end - start
    start = end
    if (evalRows + count > wanted && count > 1) {
      repeated.add(key)
      continue
    }
    evalRows += count
    last = key
  }
  return { trainRows: rows - evalRows, evalRows, isEvaluation: (key) => key <= last && !repeated.has(key) }
}
