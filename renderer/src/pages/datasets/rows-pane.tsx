import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { DatasetSummary, NormalRow, TokenCheck } from '../../../../electron/shared/dataset'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Segmented } from '../../components/choices'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { count, counted, percent } from '../../text/format'
import { sampleOf, trainedOf } from './row-tokens'

type Part = 'train' | 'eval' | 'held-out'
/** A row with its place in the training part, from 1; null in the other parts. */
export interface ChosenRow {
  readonly row: NormalRow
  readonly place: number | null
}
interface Numbered {
  readonly place: number
  readonly row: NormalRow
}

/** Rows on one page of the table; the engine reads no more than these. */
const pageRows = 100

/** The rows of one part, a page at a time, with their tokens as far as `check` kept them; the selected one is handed up. */
export function RowsPane({ dataset, check, onRow }: { readonly dataset: DatasetSummary; readonly check: TokenCheck | null; onRow(row: ChosenRow): void }) {
  const [part, setPart] = useState<Part>('train')
  const [page, setPage] = useState(0)
  const [rows, setRows] = useState<readonly Numbered[] | null>(null)
  const [total, setTotal] = useState(0)
  const [selected, setSelected] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    let shown = true
    request('datasets.rows', { datasetId: dataset.id, part, offset: page * pageRows, limit: pageRows }).then(
      (answer) => {
        if (!shown) return
        const numbered = answer.rows.map((row, index) => ({ place: page * pageRows + index + 1, row }))
        setError(null)
        setRows(numbered)
        setTotal(answer.total)
        const [first] = numbered
        if (first !== undefined) {
          setSelected(String(first.place))
          onRow(chosenOf(part, first))
        }
      },
      (reason: unknown) => { if (shown) setError(reason) },
    )
    return () => { shown = false }
  }, [dataset.id, part, page, onRow])
  const parts = [
    { value: 'train' as const, label: 'Training' },
    { value: 'eval' as const, label: 'Evaluation', disabled: dataset.evalRows === 0 },
    ...(dataset.heldOutRows > 0 ? [{ value: 'held-out' as const, label: 'Held out' }] : []),
  ]
  const known = useMemo(() => knownTokens(part === 'train' ? (rows ?? []) : [], check), [part, rows, check])
  const last = Math.max(0, Math.ceil(total / pageRows) - 1)
  return (
    <>
      <div className="pane-head pane-dense">
        <h2>Rows</h2>
        <Segmented<Part>
          label="Part of the data"
          value={part}
          options={parts}
          onChange={(value) => {
            setPart(value)
            setPage(0)
          }}
        />
        <div className="pane-end">
          <span>{total === 0 ? '' : `${count(page * pageRows + 1)} to ${count(Math.min(total, (page + 1) * pageRows))} of ${count(total)}`}</span>
          <Button look="quiet" size="small" icon={ChevronLeft} label="Previous rows" disabled={page === 0} onPress={() => { setPage(page - 1) }} />
          <Button look="quiet" size="small" icon={ChevronRight} label="Next rows" disabled={page >= last} onPress={() => { setPage(page + 1) }} />
        </div>
      </div>
      {known.size > 0 && known.size < total && <p className="rows-note">The check keeps the tokens of {counted(known.size, 'row')}, and one sum for all.</p>}
      <div className="pane-scroll">
        {error !== null && <div className="page-pad"><ErrorNotice error={error} /></div>}
        {rows === null ? (
          error === null && <Skeleton rows={8} label="Reading rows" />
        ) : (
          <DataTable
            label="Rows"
            columns={known.size === 0 ? columns : withTokens(known)}
            groups={[{ id: part, title: null, items: rows }]}
            selected={selected}
            idOf={(item) => String(item.place)}
            nameOf={(item) => `Row ${item.place}: ${firstQuestion(item.row)}`}
            onSelect={(item) => {
              setSelected(String(item.place))
              onRow(chosenOf(part, item))
            }}
          />
        )}
      </div>
    </>
  )
}

interface RowTokens {
  readonly tokens: number
  readonly trained: number
}

const chosenOf = (part: Part, { row, place }: Numbered): ChosenRow => ({ row, place: part === 'train' ? place : null })

/** By place. Letters that are several tokens count as one, as in the token view. */
function knownTokens(rows: readonly Numbered[], check: TokenCheck | null): ReadonlyMap<number, RowTokens> {
  const known = new Map<number, RowTokens>()
  for (const { place, row } of rows.slice(0, check?.samples.length ?? 0)) {
    const sample = sampleOf(row, place, check)
    const pieces = sample === null ? undefined : check?.samples[sample]
    if (pieces !== undefined) known.set(place, { tokens: pieces.length, trained: trainedOf(pieces) })
  }
  return known
}

const columns: readonly Column<Numbered>[] = [
  { id: 'place', head: 'Row', width: '56px', numeric: true, cell: (item) => <span className="quiet mono">{count(item.place)}</span> },
  { id: 'question', head: 'First question', cell: (item) => firstQuestion(item.row) },
  { id: 'turns', head: 'Turns', width: '56px', numeric: true, cell: (item) => ('messages' in item.row ? item.row.messages.filter((message) => message.role !== 'system').length : 2) },
  { id: 'length', head: 'Characters', width: '88px', numeric: true, cell: (item) => count(charactersOf(item.row)) },
]

/** The pane has no room for characters as well. */
const withTokens = (known: ReadonlyMap<number, RowTokens>): readonly Column<Numbered>[] => [
  ...columns.filter((column) => column.id !== 'length'),
  { id: 'tokens', head: 'Tokens', width: '64px', numeric: true, cell: ({ place }) => { const row = known.get(place); return row === undefined ? '' : count(row.tokens) } },
  { id: 'trained', head: 'Trained', width: '68px', numeric: true, cell: ({ place }) => { const row = known.get(place); return row === undefined ? '' : percent(row.trained / Math.max(1, row.tokens)) } },
]

/** The first thing that a user says in it. */
export function firstQuestion(row: NormalRow): string {
  if (!('messages' in row)) return row.prompt
  return (row.messages.find((message) => message.role === 'user') ?? row.messages[0])?.content ?? ''
}

const charactersOf = (row: NormalRow): number => ('messages' in row ? row.messages.reduce((sum, message) => sum + message.content.length, 0) : row.prompt.length + row.completion.length)
