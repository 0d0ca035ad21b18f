import type { Price } from '../shared/money'
import type { Connection } from './database'

/** What a price is for; there is one of each origin for it. */
export type PriceKey = Pick<Price, 'place' | 'item' | 'region' | 'unit'>

/** Prices that were fetched, or that the user wrote; those that came with the app are not stored. */
export interface PricesStore {
  list(): Price[]
  /** Replaces the price of this key and origin. `shipped` ones are refused by the table. */
  put(price: Price): void
  /** All of them or none; returns how many differ from what was there. */
  putFetched(prices: readonly Omit<Price, 'origin'>[]): number
  /** Takes back what the user wrote; true when there was something. */
  removeEdited(key: PriceKey): boolean
}

interface PriceColumns {
  readonly place: Price['place']
  readonly item: string
  /** Empty for a price that holds in every region. */
  readonly region: string
  readonly unit: Price['unit']
  readonly origin: 'fetched' | 'edited'
  readonly usd: number
  readonly source: string
  readonly as_of: string
}

export function createPricesStore(connection: Connection): PricesStore {
  const all = connection.prepare<[], PriceColumns>('SELECT * FROM prices ORDER BY place, item, region, unit, origin')
  const usdOf = connection.prepare<[string, string, string, string, string], number>('SELECT usd FROM prices WHERE place = ? AND item = ? AND region = ? AND unit = ? AND origin = ?').pluck()
  const write = connection.prepare(`INSERT INTO prices (place, item, region, unit, origin, usd, source, as_of) VALUES (?,?,?,?,?,?,?,?)
    ON CONFLICT DO UPDATE SET usd = excluded.usd, source = excluded.source, as_of = excluded.as_of`)
  const drop = connection.prepare("DELETE FROM prices WHERE place = ? AND item = ? AND region = ? AND unit = ? AND origin = 'edited'")
  const put = ({ place, item, region, unit, origin, usd, source, asOf }: Price): void => {
    write.run(place, item, region ?? '', unit, origin, usd, source, asOf)
  }
  const putFetched = connection.transaction((prices: readonly Omit<Price, 'origin'>[]): number => {
    let changed = 0
    for (const price of prices) {
      if (usdOf.get(price.place, price.item, price.region ?? '', price.unit, 'fetched') !== price.usd) changed += 1
      put({ ...price, origin: 'fetched' })
    }
    return changed
  })
  return {
    list: () => all.all().map(toPrice),
    put,
    putFetched: (prices) => putFetched.immediate(prices),
    removeEdited: ({ place, item, region, unit }) => drop.run(place, item, region ?? '', unit).changes > 0,
  }
}

function toPrice(c: PriceColumns): Price {
  return { place: c.place, item: c.item, region: c.region === '' ? null : c.region, unit: c.unit, usd: c.usd, source: c.source, asOf: c.as_of, origin: c.origin }
}
