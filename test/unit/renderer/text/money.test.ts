import { describe, expect, it } from 'vitest'
import { billWords, dateWords, monthWords, price, quoteWords, totalWords, usd, usdRange } from '../../../../renderer/src/text/money'
import { fakeBill, fakeQuote, unknownQuote } from '../../../support/fake-cloud'

describe('amounts', () => {
  it('that are not known are never 0 (catches a bill that looks like a gift)', () => {
    expect(usd(null)).toBe('not known')
    expect(usd(0)).toBe('$0.00')
    expect(usd(0.0021)).toBe('under $0.01')
    expect(usd(0.005)).toBe('$0.01')
    expect(usd(1204)).toBe('$1,204.00')
    expect(quoteWords(unknownQuote)).toBe('not known')
    expect(quoteWords(null)).toBe('not known')
    expect(billWords({ ...fakeBill, usd: null })).toBe('not known')
  })

  it('are ranges where they are quotes, with one number where both ends read the same (catches false precision)', () => {
    expect(quoteWords(fakeQuote)).toBe('$1.20 to $2.10')
    expect(usdRange(1.2, 1.201)).toBe('$1.20')
    expect(usdRange(null, 4)).toBe('up to $4.00')
    expect(usdRange(0, 4)).toBe('up to $4.00')
    expect(usdRange(4, null)).toBe('from $4.00')
  })

  it('of a running job say that they go on (catches a running cost taken for the whole)', () => {
    expect(billWords(fakeBill)).toBe('$1.71 so far')
    expect(billWords({ ...fakeBill, final: true })).toBe('$1.71')
    expect(billWords(null)).toBe('none yet')
  })

  it('of a group name the entries that are missing in the sum (catches a total that leaves some out in silence)', () => {
    expect(totalWords({ usd: 18.42, rows: 14, unknownRows: 0 })).toBe('$18.42')
    expect(totalWords({ usd: 18.42, rows: 14, unknownRows: 2 })).toBe('$18.42 and 2 not known')
    expect(totalWords({ usd: 0, rows: 1, unknownRows: 1 })).toBe('not known')
  })

  it('as prices keep the decimals that they need (catches a price of a token that reads $0.00)', () => {
    expect([1.515, 0.0004, 25].map(price)).toEqual(['$1.515', '$0.0004', '$25.00'])
  })
})

it('months and days are those of the key, whatever the time zone (catches the last of December for January)', () => {
  expect(monthWords('2026-11')).toBe('November 2026')
  expect(monthWords('2027-01')).toBe('January 2027')
  expect(monthWords('older')).toBe('older')
  expect(dateWords('2027-01-14')).toBe('14 Jan 2027')
  expect(dateWords('soon')).toBe('soon')
})
