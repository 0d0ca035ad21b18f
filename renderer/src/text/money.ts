import type { Bill, LedgerTotal, PriceUnit, Quote } from '../../../electron/shared/money'

/** What stands where no amount is known; never 0. */
export const unknownAmount = 'not known'

const fixed = (value: number, digits: number): string => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** US dollars: `$1.20`, `under $0.01`, `$1,204.00`. */
export function usd(value: number | null): string {
  if (value === null) return unknownAmount
  return value > 0 && value < 0.005 ? 'under $0.01' : `$${fixed(value, 2)}`
}

/** `$1.20 to $2.10`; one amount where both ends read the same. */
export function usdRange(low: number | null, high: number | null): string {
  if (low === null && high === null) return unknownAmount
  if (low === null || (low === 0 && high !== null && high > 0)) return `up to ${usd(high)}`
  if (high === null) return `from ${usd(low)}`
  return usd(low) === usd(high) ? usd(low) : `${usd(low)} to ${usd(high)}`
}

export const quoteWords = (quote: Quote | null): string => (quote === null ? unknownAmount : usdRange(quote.lowUsd, quote.highUsd))

/** `$0.17`, `$0.04 so far`, `not known`. */
export function billWords(bill: Bill | null): string {
  if (bill === null) return 'none yet'
  return bill.final || bill.usd === null ? usd(bill.usd) : `${usd(bill.usd)} so far`
}

/** The sum of a group, and that it is not the whole where an amount is missing: `$4.10 and 2 not known`. */
export function totalWords({ usd: sum, rows, unknownRows }: Pick<LedgerTotal, 'usd' | 'rows' | 'unknownRows'>): string {
  if (unknownRows === 0) return usd(sum)
  return unknownRows >= rows ? unknownAmount : `${usd(sum)} and ${unknownRows} ${unknownAmount}`
}

/** A price with as many decimals as it needs: `$1.515`, `$0.0004`, `$25.00`. */
export const price = (value: number): string => `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`

export const unitWords: Readonly<Record<PriceUnit, string>> = {
  'instance-hour': 'an hour of one instance',
  'million-training-tokens': 'a million trained tokens',
  'million-input-tokens': 'a million tokens read',
  'million-output-tokens': 'a million tokens written',
}

const monthFormat = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** `2026-11` as `November 2026`; anything else as it is. */
export function monthWords(key: string): string {
  const [year, month] = key.split('-').map(Number)
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(key) && year !== undefined && month !== undefined ? monthFormat.format(Date.UTC(year, month - 1)) : key
}

/** `2026-11` for a moment, in the calendar of this machine. */
export const monthOf = (atMs: number): string => {
  const at = new Date(atMs)
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}`
}

const dateFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })

/** `2027-01-14` as `14 Jan 2027`. */
export function dateWords(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(at) ? date : dateFormat.format(at)
}
