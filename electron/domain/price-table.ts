import type { Price } from '../shared/money'

/** What a price is asked for. */
export type PriceQuery = Pick<Price, 'place' | 'item' | 'region' | 'unit'>

const rank = { shipped: 0, fetched: 1, edited: 2 } as const

const keyOf = ({ place, item, region, unit }: PriceQuery): string => JSON.stringify([place, item, region, unit])

/** One row per key: what the user wrote before what was fetched, and that before what came with the app. */
export function resolvePrices(prices: readonly Price[]): Price[] {
  const best = new Map<string, Price>()
  for (const price of prices) {
    const known = best.get(keyOf(price))
    if (known === undefined || rank[price.origin] >= rank[known.origin]) best.set(keyOf(price), price)
  }
  return [...best.values()].sort((a, b) => a.place.localeCompare(b.place) || a.item.localeCompare(b.item, 'en', { numeric: true }) || (a.region ?? '').localeCompare(b.region ?? '') || a.unit.localeCompare(b.unit))
}

/** The price for a region, else the one that holds wherever no other does. A model is also looked for under its names without owner, id and date. */
export function findPrice(prices: readonly Price[], query: PriceQuery): Price | null {
  const of = (item: string, region: string | null): Price | undefined =>
    prices.find((price) => price.place === query.place && price.item === item && price.unit === query.unit && price.region === region)
  for (const item of query.place === 'openai' ? modelNames(query.item) : [query.item]) {
    const found = (query.region === null ? undefined : of(item, query.region)) ?? of(item, null)
    if (found !== undefined) return found
  }
  return null
}

/**
 * Names under which the price of a model may stand, the closest first. A tuned one is `ft:BASE:org:suffix:id` (and `:ckpt-step-N`), at Azure
 * `BASE.ft-ID-suffix`; its answers have prices of their own, under `ft:BASE`.
 */
export function modelNames(name: string): readonly string[] {
  const azure = /^(.+?)\.ft-/.exec(name)?.[1]
  const base = name.startsWith('ft:') ? name.split(':')[1] : azure
  const undated = (text: string): string => text.replace(/-\d{4}-\d{2}-\d{2}$/, '')
  const own = base === undefined || base === '' ? [name, undated(name)] : [name, `ft:${base}`, `ft:${undated(base)}`]
  return [...new Set(own)]
}
