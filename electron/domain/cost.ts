import type { RunUsage } from '../shared/cloud'
import type { Bill, Ledger, LedgerRow, LedgerTotal, Price, Quote } from '../shared/money'

/** From the least to the most that is to be expected. */
export interface Range {
  readonly low: number
  readonly high: number
}

export interface TokenQuoteInput {
  /** Of one pass over the data, cut to what the service reads of an example. */
  readonly trainTokens: number
  readonly evalTokens: number
  /** False where the model has a tokenizer of its own that is not here. */
  readonly exactTokens: boolean
  readonly epochs: Range
  /** Whether the service chooses the epochs. */
  readonly epochsByService: boolean
  readonly model: string
  /** Per million training tokens; null: not known. */
  readonly price: Price | null
  /** Said of the price, such as that another service's is used. */
  readonly notes: readonly string[]
}

export interface InstanceQuoteInput {
  readonly instanceType: string
  readonly region: string
  readonly instances: number
  /** Of one instance, with its start; null: the time of the run is not known. */
  readonly hours: Range | null
  /** The service stops the job then. */
  readonly maxRunSeconds: number
  /** An hour of one instance; null: not known. */
  readonly price: Price | null
  readonly spot: boolean
  /** Share that spot saved in earlier runs, 0..1; null: none ran. */
  readonly spotDiscount: Range | null
}

/** Tokens of one text differ between tokenizers of today's models about as much, so a count by another one is a range. */
const otherTokenizer: Range = { low: 0.75, high: 1.5 }

/** AWS names this as the most that managed spot saves, and no less than nothing (SageMaker developer guide, "Managed Spot Training"). */
const documentedSpotDiscount: Range = { low: 0, high: 0.9 }

/** Tokens x price x epochs. The evaluation file counts in the upper end only, as services do not say whether they bill it. */
export function quoteTokens(input: TokenQuoteInput): Quote {
  const { trainTokens, evalTokens, epochs, price, model, exactTokens } = input
  const spread = exactTokens ? { low: 1, high: 1 } : otherTokenizer
  const assumptions = [
    exactTokens ? 'Tokens are counted here, with the tokenizer of the base.' : `${model} has a tokenizer of its own; tokens are counted with another one, and the range is from three quarters to one and a half of that.`,
    ...(input.epochsByService ? [`The service chooses the epochs; by its published rule of thumb ${rangeText(epochs)} for this many examples.`] : []),
    ...(evalTokens > 0 ? [`The upper end counts the ${count(evalTokens)} tokens of the evaluation file once per epoch; services do not say whether they bill them.`] : []),
    ...input.notes,
  ]
  if (price === null) return unknownQuote(`No price for training ${model} is known. Enter it under Settings, Prices.`, assumptions)
  const lowUsd = (spread.low * epochs.low * trainTokens * price.usd) / 1e6
  const highUsd = (spread.high * epochs.high * (trainTokens + evalTokens) * price.usd) / 1e6
  return {
    lowUsd, highUsd, unknown: null, assumptions, priceSource: price.source, priceAsOf: price.asOf,
    lines: [
      `${rangeText(epochs)} ${epochs.high === 1 ? 'epoch' : 'epochs'} x ${count(trainTokens)} tokens x ${priceText(price.usd)} per million`,
      ...(evalTokens > 0 ? [`up to ${count(epochs.high)} x ${count(evalTokens)} tokens of the evaluation file`] : []),
    ],
  }
}

/** Hours x price x instances, never more than the maximum run time allows. */
export function quoteInstances(input: InstanceQuoteInput): Quote {
  const { instanceType, instances, price, spot, region } = input
  const maxHours = input.maxRunSeconds / 3600
  const hours = input.hours === null ? { low: 0, high: maxHours } : { low: Math.min(input.hours.low, maxHours), high: Math.min(input.hours.high, maxHours) }
  const discount = spot ? (input.spotDiscount ?? documentedSpotDiscount) : { low: 0, high: 0 }
  const assumptions = [
    input.hours === null
      ? `How long it runs is not known; the upper end is the maximum run time of ${hoursText(maxHours)}, after which the job is stopped.`
      : 'Hours are those of earlier runs like this one; an instance is billed from its start to its end.',
    ...(spot ? [input.spotDiscount === null ? 'Spot prices are not published. The upper end is the price without spot, the lower end the 90% that AWS names as the most it saves.' : `Spot saved ${percent(discount.low)} to ${percent(discount.high)} in earlier runs.`] : []),
    'Storage in S3, its transfer and logs are billed by AWS on top and are not counted.',
  ]
  if (price === null) return unknownQuote(`No price for ${instanceType} in ${region} is known. Enter it under Settings, Prices, or fetch AWS's price list there.`, assumptions)
  const perHour = instances * price.usd
  return {
    lowUsd: hours.low * perHour * (1 - discount.high), highUsd: hours.high * perHour * (1 - discount.low), unknown: null, assumptions,
    lines: [`${input.hours === null ? `up to ${hoursText(maxHours)}` : hoursRangeText(hours)} x ${instances} ${instanceType} x ${priceText(price.usd)} an hour${spot ? ', less what spot saves' : ''}`],
    priceSource: price.source, priceAsOf: price.asOf,
  }
}

const unknownQuote = (unknown: string, assumptions: readonly string[]): Quote => ({ lowUsd: null, highUsd: null, unknown, lines: [], assumptions, priceSource: '', priceAsOf: '' })

/**
 * Epochs that a service takes when it may choose, by the rule of OpenAI's cookbook (Chat_finetuning_data_prep): 3, but more for fewer than
 * 100 examples and fewer for more than 25,000. A service may hold to 3, so both are in the range.
 */
export function autoEpochs(examples: number): Range {
  const target = 3
  const rule = examples * target < 100 ? Math.min(25, Math.floor(100 / Math.max(1, examples))) : examples * target > 25_000 ? Math.max(1, Math.floor(25_000 / examples)) : target
  return { low: Math.min(rule, target), high: Math.max(rule, target) }
}

/**
 * What a place counted, at today's price. A final bill of instances is billable seconds x instances x price, and spot saved the training
 * seconds that were not billed. Until it is final the place has not said what it bills, so training seconds count whole.
 */
export function billOf(usage: RunUsage, price: Price | null, { final }: { readonly final: boolean }): Bill {
  if (usage.kind === 'tokens') {
    const basis = `${count(usage.trainedTokens)} trained tokens x ${price === null ? `an unknown price of ${usage.model}` : `${priceText(price.usd)} per million`}`
    return { usd: price === null ? null : (usage.trainedTokens * price.usd) / 1e6, savedUsd: null, basis, final }
  }
  const seconds = final ? usage.billableSeconds : Math.max(usage.billableSeconds, usage.trainingSeconds)
  const rate = price === null ? null : (usage.instanceCount * price.usd) / 3600
  const saved = usage.spot && final ? Math.max(0, usage.trainingSeconds - usage.billableSeconds) : null
  return {
    usd: rate === null ? null : seconds * rate,
    savedUsd: rate === null || saved === null ? null : saved * rate,
    basis: `${count(seconds)} ${final ? 'billable' : 'training'} seconds x ${usage.instanceCount} ${usage.instanceType} x ${price === null ? 'an unknown price' : `${priceText(price.usd)} an hour`}`,
    final,
  }
}

/** What answers of a remote model cost so far, from its prices for tokens read and written. They are given, so the bill is final until more come. */
export function billOfAnswers(tokens: { readonly inputTokens: number; readonly outputTokens: number; readonly answers: number }, input: Price | null, output: Price | null): Bill {
  const { inputTokens, outputTokens, answers } = tokens
  const at = (price: Price | null): string => (price === null ? 'an unknown price' : `${priceText(price.usd)} per million`)
  return {
    usd: input === null || output === null ? null : (inputTokens * input.usd + outputTokens * output.usd) / 1e6, savedUsd: null, final: true,
    basis: `${count(answers)} ${answers === 1 ? 'answer' : 'answers'}: ${count(inputTokens)} tokens read x ${at(input)} + ${count(outputTokens)} written x ${at(output)}`,
  }
}

/**
 * What a running job has cost by now: its bill so far, else its quote's upper end by the share of its steps that is done. Null: nothing tells.
 * Services that count tokens say how many only at the end.
 */
export function costSoFar(row: Pick<LedgerRow, 'quote' | 'bill'>, doneRatio: number | null): number | null {
  if (row.bill !== null && (row.bill.final || (row.bill.usd ?? 0) > 0)) return row.bill.usd
  if (row.quote === null || row.quote.highUsd === null || doneRatio === null) return null
  return row.quote.highUsd * Math.min(1, Math.max(0, doneRatio))
}

/** `2026-11`. Months are those of UTC, as AWS bills them. */
export function monthOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 7)
}

/** The first millisecond of the month. */
export function monthStart(atMs: number): number {
  return Date.parse(`${monthOf(atMs)}-01T00:00:00Z`)
}

/** Sums of bills, by month (newest first), place and model (dearest first). A row without an amount is counted, not added. */
export function totalsOf(rows: readonly LedgerRow[]): Pick<Ledger, 'byMonth' | 'byPlace' | 'byModel'> {
  const dearestFirst = (a: LedgerTotal, b: LedgerTotal): number => b.usd - a.usd || a.key.localeCompare(b.key)
  return {
    byMonth: totalsBy(rows, ({ atMs }) => monthOf(atMs)).sort((a, b) => b.key.localeCompare(a.key)),
    byPlace: totalsBy(rows, ({ connectionName }) => connectionName).sort(dearestFirst),
    byModel: totalsBy(rows, ({ model }) => model).sort(dearestFirst),
  }
}

function totalsBy(rows: readonly LedgerRow[], keyOf: (row: LedgerRow) => string): LedgerTotal[] {
  const totals = new Map<string, LedgerTotal>()
  for (const row of rows) {
    const key = keyOf(row)
    const { usd, savedUsd, rows: counted, unknownRows } = totals.get(key) ?? { usd: 0, savedUsd: 0, rows: 0, unknownRows: 0 }
    const amount = row.bill?.usd ?? null
    totals.set(key, { key, usd: usd + (amount ?? 0), savedUsd: savedUsd + (row.bill?.savedUsd ?? 0), rows: counted + 1, unknownRows: unknownRows + (amount === null ? 1 : 0) })
  }
  return [...totals.values()]
}

/** `$1,234.50`; prices keep up to four decimals: `$1.515`. */
export function priceText(usd: number): string {
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`
}
export function usdText(usd: number): string {
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (ratio: number): string => `${Math.round(ratio * 100)}%`
const hourNumber = (hours: number): string => hours.toLocaleString('en-US', { maximumFractionDigits: hours < 1 ? 2 : 1 })
const hoursText = (hours: number): string => `${hourNumber(hours)} ${hours === 1 ? 'hour' : 'hours'}`
const hoursRangeText = ({ low, high }: Range): string => (hourNumber(low) === hourNumber(high) ? hoursText(high) : `${hourNumber(low)} to ${hoursText(high)}`)
const rangeText = ({ low, high }: Range): string => (low === high ? count(low) : `${count(low)} to ${count(high)}`)
