import type { LedgerRow } from '../shared/money'
import { csvText } from './csv-text'

const header = 'date,kind,name,place,service,model,quote_low_usd,quote_high_usd,billed_usd,saved_by_spot_usd,final,basis,job,comparison'

const amount = (usd: number | null | undefined): string => (usd === null || usd === undefined ? '' : String(Math.round(usd * 1e6) / 1e6))

/** The ledger as CSV, one line per row, oldest first; amounts are US dollars, and empty where they are not known. Texts can't become formulas. */
export function renderLedger(rows: readonly LedgerRow[]): string {
  const lines = [...rows].reverse().map(({ atMs, kind, name, connectionName, place, model, quote, bill, jobId, comparisonId }) =>
    [
      new Date(atMs).toISOString(), kind, csvText(name), csvText(connectionName), place, csvText(model), amount(quote?.lowUsd), amount(quote?.highUsd), amount(bill?.usd), amount(bill?.savedUsd),
      bill === null ? '' : bill.final ? 'yes' : 'no', csvText(bill?.basis ?? ''), jobId ?? '', comparisonId ?? '',
    ].join(','),
  )
  return `${[header, ...lines].join('\n')}\n`
}
