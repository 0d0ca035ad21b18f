import { Fragment, useRef } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { useMedia } from './use-media'

export interface Column<T> {
  readonly id: string
  readonly head: string
  /** A CSS width; one column without a width takes the rest. */
  readonly width?: string
  readonly numeric?: boolean
  /** Columns with the highest number leave first when the window is narrow: 1 or 2. */
  readonly leaves?: 1 | 2
  cell(item: T): ReactNode
}

export interface RowGroup<T> {
  readonly id: string
  readonly title: string | null
  readonly items: readonly T[]
}

interface DataTableProps<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly groups: readonly RowGroup<T>[]
  readonly selected?: string | null
  idOf(item: T): string
  /** What a row is called, for screen readers. */
  nameOf(item: T): string
  onOpen?(item: T): void
  onSelect?(item: T): void
  onDelete?(item: T): void
  /** Shown under a row, across all columns. */
  below?(item: T): ReactNode
}

const rowSelector = 'tr[data-row]'

/**
 * A table with one tab stop: arrows, Home and End go from row to row, right and left reach the buttons of a row,
 * Enter opens, Space selects, Delete asks to delete.
 */
export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns: allColumns, groups, selected = null, idOf, nameOf, onOpen, onSelect, onDelete, below } = props
  const table = useRef<HTMLTableElement>(null)
  const narrow = useMedia('(max-width: 1279px)')
  const narrower = useMedia('(max-width: 1099px)')
  const columns = allColumns.filter((column) => !(narrow && column.leaves === 2) && !(narrower && column.leaves !== undefined))
  const all = groups.flatMap((group) => group.items)
  const stop = all.some((item) => idOf(item) === selected) ? selected : all[0] === undefined ? null : idOf(all[0])

  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>): void => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>(rowSelector) : null
    if (row === null || table.current === null || event.ctrlKey || event.metaKey || event.altKey) return
    const rows = [...table.current.querySelectorAll<HTMLElement>(rowSelector)]
    const inside = [row, ...row.querySelectorAll<HTMLElement>('button, a')]
    const item = all[rows.indexOf(row)]
    const target = nextFocus(event.key, rows, rows.indexOf(row), inside, inside.indexOf(event.target as HTMLElement))
    if (target !== undefined) {
      target.focus()
    } else if (event.target !== row || item === undefined) {
      return
    } else if (event.key === 'Enter' && (onOpen ?? onSelect) !== undefined) {
      ;(onOpen ?? onSelect)?.(item)
    } else if (event.key === ' ' && onSelect !== undefined) {
      onSelect(item)
    } else if (event.key === 'Delete' && onDelete !== undefined) {
      onDelete(item)
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <table ref={table} className="data-table" role="grid" aria-label={label} onKeyDown={onKeyDown}>
      <colgroup>
        {columns.map((column) => (
          <col key={column.id} {...(column.width === undefined ? {} : { style: { width: column.width } })} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.id} scope="col" className={cellClass(column)}>
              {column.head === '' ? <span className="visually-hidden">Actions</span> : column.head}
            </th>
          ))}
        </tr>
      </thead>
      {groups.map((group) => (
        <tbody key={group.id}>
          {group.title !== null && group.items.length > 0 && (
            <tr className="group-row">
              <th colSpan={columns.length} scope="rowgroup">
                {group.title}
              </th>
            </tr>
          )}
          {group.items.map((item) => {
            const id = idOf(item)
            const extra = below?.(item)
            return (
              <Fragment key={id}>
                <tr
                  data-row={id}
                  tabIndex={id === stop ? 0 : -1}
                  aria-label={nameOf(item)}
                  aria-selected={onSelect === undefined ? undefined : id === selected}
                  onFocus={(event) => {
                    // The tab stop moves with the focus, without a render.
                    for (const row of table.current?.querySelectorAll<HTMLElement>(rowSelector) ?? []) row.tabIndex = row === event.currentTarget ? 0 : -1
                  }}
                  onClick={(event) => {
                    if (event.target instanceof Element && event.target.closest('button, a, [role=menu]') === null) onSelect?.(item)
                  }}
                  onDoubleClick={() => onOpen?.(item)}
                >
                  {columns.map((column) => (
                    <td key={column.id} role="gridcell" className={cellClass(column)}>
                      {column.cell(item)}
                    </td>
                  ))}
                </tr>
                {extra !== undefined && extra !== null && (
                  <tr className="below-row">
                    <td role="gridcell" colSpan={columns.length}>
                      {extra}
                    </td>
                  </tr>
                )}
              </Fragment>
            )
          })}
        </tbody>
      ))}
    </table>
  )
}

const cellClass = <T,>(column: Column<T>): string | undefined => (column.numeric === true ? 'numeric' : undefined)

/** Where the focus goes for a key; undefined when the key does not move it. */
function nextFocus(key: string, rows: readonly HTMLElement[], row: number, inside: readonly HTMLElement[], within: number): HTMLElement | undefined {
  switch (key) {
    case 'ArrowDown':
      return rows[Math.min(rows.length - 1, row + 1)]
    case 'ArrowUp':
      return rows[Math.max(0, row - 1)]
    case 'Home':
      return rows[0]
    case 'End':
      return rows.at(-1)
    case 'ArrowRight':
      return inside[Math.min(inside.length - 1, within + 1)]
    case 'ArrowLeft':
      return inside[Math.max(0, within - 1)]
    default:
      return undefined
  }
}
