import { stepValues } from './openai-events'
import type { StepValues } from './openai-events'

/**
 * The steps of a job's result file: a CSV, as it is or in base64 (both are served), whose first line names the columns. Empty cells are
 * values that were not measured. Null for a text that is no such file, or is damaged: a cell too few would shift a value into another series.
 */
export function parseResultFile(text: string): readonly StepValues[] | null {
  const csv = startsAsCsv(text) ? text : fromBase64(text)
  if (csv === null || !startsAsCsv(csv)) return null
  const [header = '', ...lines] = csv.replace(/^\uFEFF/, '').split(/\r?\n/)
  const names = header.split(',').map((name) => name.trim())
  const rows: StepValues[] = []
  for (const line of lines) {
    if (line.trim() === '') continue
    const cells = line.split(',').map((cell) => cell.trim())
    const row = cells.length === names.length && cells.every(isReadable) ? stepValues(Object.fromEntries(names.map((name, place) => [name, cells[place] ?? '']))) : null
    if (row === null) return null
    rows.push(row)
  }
  return rows
}

/** Printable ASCII: columns that we don't read may hold anything else than damage. */
function isReadable(cell: string): boolean {
  return /^[\x20-\x7e]*$/.test(cell)
}

function startsAsCsv(text: string): boolean {
  return /^\uFEFF?\s*(?:"?step"?\s*,|[\w ,"]+,\s*"?step"?\s*(?:,|\r?\n))/.test(text.slice(0, 1000))
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The text of base64 whose bytes are ASCII, line breaks in it ignored; null for what is no base64. */
function fromBase64(text: string): string | null {
  const body = text.replace(/\s+/g, '').replace(/^"|"$/g, '').replace(/=+$/, '')
  if (body === '' || /[^A-Za-z0-9+/]/.test(body)) return null
  const parts: string[] = []
  let bits = 0
  let value = 0
  for (const letter of body) {
    value = ((value << 6) | alphabet.indexOf(letter)) & 0xffffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    parts.push(String.fromCharCode((value >> bits) & 0xff))
  }
  return parts.join('')
}
