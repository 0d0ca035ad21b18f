import { createHash } from 'node:crypto'
import type { NormalRow } from '../shared/dataset'
import { splitKey } from '../domain/dataset-split'
import { readRecords } from './read-records'

/** Rows of a normalised file, `offset` counted from 0. The file is read up to the last row wanted. */
export async function readRows(path: string, offset: number, limit: number): Promise<readonly NormalRow[]> {
  const rows: NormalRow[] = []
  let index = 0
  for await (const { text } of readRecords(path, () => undefined, new AbortController().signal)) {
    if (index >= offset) rows.push(JSON.parse(text) as NormalRow)
    index += 1
    if (rows.length >= limit) break
  }
  return rows
}

/** Texts of the last user turn of every row, hashed: what a prompt has in common with a training row. */
export async function promptKeys(path: string): Promise<ReadonlySet<number>> {
  const keys = new Set<number>()
  for await (const { text } of readRecords(path, () => undefined, new AbortController().signal)) {
    const row = JSON.parse(text) as NormalRow
    for (const prompt of promptsOf(row)) keys.add(promptKey(prompt))
  }
  return keys
}

/** A key of a prompt's text, blind to case and white space. */
export function promptKey(prompt: string): number {
  return splitKey({ prompt: prompt.trim().replace(/\s+/g, ' ').toLowerCase(), completion: '' }, 0)
}

function promptsOf(row: NormalRow): readonly string[] {
  return 'messages' in row ? row.messages.filter(({ role }) => role === 'user').map(({ content }) => content) : [row.prompt]
}

/** sha256 of a text, hex; the key of a cached check. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
