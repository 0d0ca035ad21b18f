import { Receipt } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Ledger, LedgerRow, LedgerTotal } from '../../../../electron/shared/money'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Empty } from '../../components/layout'
import { go, hrefOf } from '../../router'
import type { Route } from '../../router'
import { useNow } from '../../shell/use-now'
import { count, dayAndTime } from '../../text/format'
import { billWords, monthWords, quoteWords, totalWords, usd } from '../../text/money'

export type TotalsBy = 'byMonth' | 'byPlace' | 'byModel'
const heads: Readonly<Record<TotalsBy, string>> = { byMonth: 'Month', byPlace: 'Place', byModel: 'Model' }

/** Sums of the ledger by month, place or model. */
export function LedgerTotals({ ledger, by }: { readonly ledger: Ledger; readonly by: TotalsBy }) {
  const items = ledger[by]
  if (items.length === 0) return <p className="nothing">Nothing has cost anything yet.</p>
  const nameOf = (total: LedgerTotal): string => (by === 'byMonth' ? monthWords(total.key) : total.key)
  const columns: readonly Column<LedgerTotal>[] = [
    { id: 'key', head: heads[by], cell: (total) => <span className="medium" title={nameOf(total)}>{nameOf(total)}</span> },
    { id: 'rows', head: 'Entries', width: '76px', numeric: true, cell: (total) => <span className="second">{count(total.rows)}</span> },
    { id: 'saved', head: 'Saved by spot', width: '112px', numeric: true, leaves: 2, cell: (total) => <span className="second">{total.savedUsd === 0 ? 'nothing' : usd(total.savedUsd)}</span> },
    { id: 'usd', head: 'Cost', width: '184px', numeric: true, cell: totalWords },
  ]
  return (
    <div className="cost-table-scroll">
      <DataTable label={`Costs by ${heads[by].toLowerCase()}`} columns={columns} groups={[{ id: 'all', title: null, items }]} idOf={(total) => total.key} nameOf={nameOf} />
    </div>
  )
}

/** Where an entry came from; null for a comparison that is gone. */
const routeOf = (row: LedgerRow): Route | null =>
  row.jobId !== null ? { page: 'run', id: row.jobId } : row.comparisonId !== null ? { page: 'compare', id: row.comparisonId, query: '' } : null

/** Every job and every set of answers, with what was quoted and what was billed. */
export function LedgerRows({ rows }: { readonly rows: readonly LedgerRow[] }) {
  const nowMs = useNow(60_000)
  if (rows.length === 0) return <Empty icon={Receipt} title="No costs yet">A job at a place appears here when it starts, with its quote; its bill follows while it runs.</Empty>
  const columns: readonly Column<LedgerRow>[] = [
    { id: 'when', head: 'When', width: '144px', leaves: 1, cell: (row) => <span className="second">{dayAndTime(row.atMs, nowMs)}</span> },
    { id: 'what', head: 'Run or answers', cell: nameCell },
    { id: 'place', head: 'Place', width: '14%', leaves: 2, cell: (row) => <span className="second" title={row.connectionName}>{row.connectionName}</span> },
    { id: 'model', head: 'Model', width: '17%', leaves: 1, cell: (row) => <span className="second" title={row.model}>{row.model}</span> },
    { id: 'quote', head: 'Quote', width: '124px', numeric: true, cell: (row) => <span className="second" title={row.quote?.lines.join('\n')}>{row.kind === 'answers' && row.quote === null ? 'none' : quoteWords(row.quote)}</span> },
    { id: 'bill', head: 'Bill', width: '112px', numeric: true, cell: (row) => <span title={row.bill?.basis}>{billWords(row.bill)}</span> },
  ]
  return (
    <div className="cost-table-scroll">
      <DataTable
        label="Entries of the ledger"
        columns={columns}
        groups={[{ id: 'all', title: null, items: rows }]}
        idOf={(row) => String(row.id)}
        nameOf={(row) => `${row.name}, ${billWords(row.bill)}`}
        onOpen={(row) => {
          const route = routeOf(row)
          if (route !== null) go(route)
        }}
      />
    </div>
  )
}

function nameCell(row: LedgerRow): ReactNode {
  const route = routeOf(row)
  const name = row.kind === 'answers' ? `Answers: ${row.name}` : row.name
  return route === null ? <span title={name}>{name}</span> : <a className="row-link" href={hrefOf(route)} tabIndex={-1} title={name}>{name}</a>
}
