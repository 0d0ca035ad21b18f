import { describe, expect, it } from 'vitest'
import { autoEpochs, billOf, billOfAnswers, costSoFar, monthOf, monthStart, quoteInstances, quoteTokens, totalsOf } from '../../../electron/domain/cost'
import type { InstanceQuoteInput, TokenQuoteInput } from '../../../electron/domain/cost'
import type { Bill, LedgerRow, Price, Quote } from '../../../electron/shared/money'
import { ComparisonId, ConnectionId, JobId } from '../../../electron/shared/ids'

const price = (usd: number, part: Partial<Price> = {}): Price => ({ place: 'openai', item: 'gpt-4.1-mini', region: null, unit: 'million-training-tokens', usd, source: 'a list', asOf: '2026-11-20', origin: 'shipped', ...part })
const hourly = (usd: number): Price => price(usd, { place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'us-east-1', unit: 'instance-hour' })
const tokenInput: TokenQuoteInput = { trainTokens: 41_200, evalTokens: 0, exactTokens: true, epochs: { low: 3, high: 3 }, epochsByService: false, model: 'gpt-4.1-mini', price: price(5), notes: [] }
const instanceInput: InstanceQuoteInput = {
  instanceType: 'ml.g5.2xlarge', region: 'us-east-1', instances: 2, hours: { low: 1, high: 2 }, maxRunSeconds: 86_400, price: hourly(1.515), spot: false, spotDiscount: null,
}

describe('a quote in tokens', () => {
  it('is tokens x epochs x price per million (catches a price per thousand, or per token)', () => {
    const quote = quoteTokens(tokenInput)
    expect(quote.lowUsd).toBeCloseTo(0.618, 10)
    expect(quote.highUsd).toBeCloseTo(0.618, 10)
    expect(quote).toMatchObject({ unknown: null, lines: ['3 epochs x 41,200 tokens x $5.00 per million'], priceSource: 'a list', priceAsOf: '2026-11-20' })
  })
  it('counts the evaluation file in the upper end only, once per epoch (catches a bill above the quote)', () => {
    const quote = quoteTokens({ ...tokenInput, epochs: { low: 3, high: 10 }, evalTokens: 1000, epochsByService: true })
    expect(quote.lowUsd).toBeCloseTo((3 * 41_200 * 5) / 1e6, 10)
    expect(quote.highUsd).toBeCloseTo((10 * 42_200 * 5) / 1e6, 10)
    expect(quote.assumptions.join(' ')).toMatch(/3 to 10/)
  })
  it('is wider where the tokens were counted by another tokenizer (catches a range that claims to be exact)', () => {
    const [exact, other] = [quoteTokens(tokenInput), quoteTokens({ ...tokenInput, exactTokens: false })]
    expect(other.lowUsd).toBeCloseTo((exact.lowUsd ?? 0) * 0.75, 10)
    expect(other.highUsd).toBeCloseTo((exact.highUsd ?? 0) * 1.5, 10)
    expect(other.assumptions[0]).toMatch(/tokenizer of its own/)
  })
  it('names what is missing where no price is known, and gives no amount (catches a quote of $0)', () => {
    expect(quoteTokens({ ...tokenInput, price: null })).toMatchObject({ lowUsd: null, highUsd: null, unknown: expect.stringContaining('gpt-4.1-mini') as string, lines: [] })
  })
  it('gives a price of 0 an amount of 0 (catches a free service that counts as unknown)', () => {
    expect(quoteTokens({ ...tokenInput, price: price(0) })).toMatchObject({ lowUsd: 0, highUsd: 0, unknown: null })
  })
})

describe('epochs that the service chooses', () => {
  it.each([[1, 3, 25], [10, 3, 10], [33, 3, 3], [34, 3, 3], [1000, 3, 3], [8334, 2, 3], [25_000, 1, 3], [100_000, 1, 3]])('%i examples: %i to %i (catches the rule of the cookbook read wrong)', (examples, low, high) => {
    expect(autoEpochs(examples)).toEqual({ low, high })
  })
})

describe('a quote in hours', () => {
  it('is hours x instances x price (catches one instance counted for two)', () => {
    const quote = quoteInstances(instanceInput)
    expect([quote.lowUsd, quote.highUsd]).toEqual([3.03, 6.06])
    expect(quote.lines).toEqual(['1 to 2 hours x 2 ml.g5.2xlarge x $1.515 an hour'])
  })
  it('never exceeds the maximum run time, and rests on it where the time is not known (catches a quote of nothing for a first run)', () => {
    expect(quoteInstances({ ...instanceInput, maxRunSeconds: 3600 }).highUsd).toBeCloseTo(3.03, 10)
    const unknownTime = quoteInstances({ ...instanceInput, hours: null, maxRunSeconds: 7200 })
    expect([unknownTime.lowUsd, unknownTime.highUsd]).toEqual([0, 6.06])
    expect(unknownTime.lines).toEqual(['up to 2 hours x 2 ml.g5.2xlarge x $1.515 an hour'])
    expect(unknownTime.assumptions[0]).toContain('maximum run time of 2 hours')
  })
  it('counts no saving of spot in the upper end before one was seen, and the seen ones after (catches a budget built on hope)', () => {
    const first = quoteInstances({ ...instanceInput, spot: true })
    expect(first.lowUsd).toBeCloseTo(0.303, 10)
    expect(first.highUsd).toBeCloseTo(6.06, 10)
    const later = quoteInstances({ ...instanceInput, spot: true, spotDiscount: { low: 0.5, high: 0.6 } })
    expect(later.lowUsd).toBeCloseTo(3.03 * 0.4, 10)
    expect(later.highUsd).toBeCloseTo(6.06 * 0.5, 10)
    expect(later.assumptions.join(' ')).toContain('50% to 60%')
  })
  it('says where a price is missing (catches a quote without a region)', () => {
    expect(quoteInstances({ ...instanceInput, price: null })).toMatchObject({ lowUsd: null, highUsd: null, unknown: expect.stringContaining('ml.g5.2xlarge in us-east-1') as string })
  })
})

describe('a bill', () => {
  const usage = { kind: 'instances', instanceType: 'ml.g5.2xlarge', region: 'us-east-1', instanceCount: 2, billableSeconds: 412, trainingSeconds: 1000, spot: true } as const
  it('is billable seconds x instances x price, with what spot saved (catches the training time billed)', () => {
    const bill = billOf(usage, hourly(1.8), { final: true })
    expect(bill.usd).toBeCloseTo((412 * 2 * 1.8) / 3600, 10)
    expect(bill.savedUsd).toBeCloseTo((588 * 2 * 1.8) / 3600, 10)
    expect(bill).toMatchObject({ basis: '412 billable seconds x 2 ml.g5.2xlarge x $1.80 an hour', final: true })
  })
  it('has no saving without spot (catches a rounding second shown as saved)', () => {
    expect(billOf({ ...usage, spot: false }, hourly(1.8), { final: true }).savedUsd).toBeNull()
  })
  it('counts training seconds whole until the place says what it bills (catches a running spot job that costs nothing)', () => {
    const bill = billOf({ ...usage, billableSeconds: 0 }, hourly(1.8), { final: false })
    expect(bill.usd).toBeCloseTo(1, 10)
    expect(bill).toMatchObject({ savedUsd: null, final: false, basis: '1,000 training seconds x 2 ml.g5.2xlarge x $1.80 an hour' })
  })
  it('of tokens is what was trained, all epochs in it (catches epochs counted twice)', () => {
    expect(billOf({ kind: 'tokens', model: 'gpt-4.1-mini', trainedTokens: 123_600 }, price(5), { final: true })).toEqual({ usd: 0.618, savedUsd: null, basis: '123,600 trained tokens x $5.00 per million', final: true })
  })
  it('without a price keeps its basis and no amount (catches an unknown that adds up as 0)', () => {
    expect(billOf(usage, null, { final: true })).toMatchObject({ usd: null, savedUsd: null, basis: expect.stringContaining('412 billable seconds') as string })
    expect(billOf({ kind: 'tokens', model: 'm', trainedTokens: 5 }, null, { final: true }).usd).toBeNull()
    expect(billOfAnswers({ inputTokens: 1, outputTokens: 1, answers: 1 }, price(1), null).usd).toBeNull()
  })
  it('of answers has a price for what is read and one for what is written (catches the two mixed up)', () => {
    const bill = billOfAnswers({ inputTokens: 1_000_000, outputTokens: 500_000, answers: 2 }, price(0.8), price(3.2))
    expect(bill.usd).toBeCloseTo(2.4, 10)
    expect(bill.basis).toBe('2 answers: 1,000,000 tokens read x $0.80 per million + 500,000 written x $3.20 per million')
  })
})

const quote: Quote = { lowUsd: 1, highUsd: 4, unknown: null, lines: [], assumptions: [], priceSource: '', priceAsOf: '' }
const bill = (usd: number | null, final = true, savedUsd: number | null = null): Bill => ({ usd, savedUsd, basis: '', final })

describe('what a running job has cost', () => {
  it('is its bill so far, else its share of the quote, else not known (catches a token job that is free until its end)', () => {
    expect(costSoFar({ quote, bill: bill(0.7, false) }, 0.5)).toBe(0.7)
    expect(costSoFar({ quote, bill: null }, 0.5)).toBe(2)
    expect(costSoFar({ quote, bill: bill(0, false) }, 0.25)).toBe(1)
    expect(costSoFar({ quote, bill: null }, 7)).toBe(4)
    expect(costSoFar({ quote, bill: null }, null)).toBeNull()
    expect(costSoFar({ quote: null, bill: bill(null, false) }, 0.5)).toBeNull()
    expect(costSoFar({ quote, bill: bill(null) }, 0.5)).toBeNull()
  })
})

const row = (part: Partial<LedgerRow>): LedgerRow => ({
  id: 1, kind: 'training', jobId: JobId.parse('job_0000000000000001'), comparisonId: null, name: 'run', place: 'openai', connectionId: ConnectionId.parse('conn_0000000000000001'),
  connectionName: 'Foundry', model: 'gpt-4.1-mini', atMs: Date.parse('2026-11-20T12:00:00Z'), quote: null, bill: bill(1), ...part,
})

describe('the totals of the ledger', () => {
  it('group by month of UTC, place and model, and count what is not known apart (catches a total that hides a missing amount)', () => {
    const rows = [
      row({}), row({ bill: bill(2, true, 0.5), connectionName: 'Work', model: 'ml.g5.2xlarge' }), row({ bill: bill(null) }), row({ bill: null, atMs: Date.parse('2026-12-01T00:00:00Z') }),
      row({ bill: bill(4), atMs: Date.parse('2026-10-31T23:59:59.999Z'), kind: 'answers', comparisonId: ComparisonId.parse('cmp_0000000000000001') }),
    ]
    expect(totalsOf(rows)).toEqual({
      byMonth: [
        { key: '2026-12', usd: 0, savedUsd: 0, rows: 1, unknownRows: 1 }, { key: '2026-11', usd: 3, savedUsd: 0.5, rows: 3, unknownRows: 1 }, { key: '2026-10', usd: 4, savedUsd: 0, rows: 1, unknownRows: 0 },
      ],
      byPlace: [{ key: 'Foundry', usd: 5, savedUsd: 0, rows: 4, unknownRows: 2 }, { key: 'Work', usd: 2, savedUsd: 0.5, rows: 1, unknownRows: 0 }],
      byModel: [{ key: 'gpt-4.1-mini', usd: 5, savedUsd: 0, rows: 4, unknownRows: 2 }, { key: 'ml.g5.2xlarge', usd: 2, savedUsd: 0.5, rows: 1, unknownRows: 0 }],
    })
  })
  it('a month begins at its first millisecond (catches a bill of New Year that counts for December)', () => {
    const start = Date.parse('2027-01-01T00:00:00Z')
    expect([monthOf(start - 1), monthOf(start), monthStart(start + 5_000_000), monthStart(start)]).toEqual(['2026-12', '2027-01', start, start])
  })
})
