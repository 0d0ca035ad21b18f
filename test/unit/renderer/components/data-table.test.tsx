import { act } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { DataTable } from '../../../../renderer/src/components/data-table'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()

const rows = (): HTMLElement[] => [...mounted.box.querySelectorAll<HTMLElement>('tr[data-row]')]
const press = (key: string): void => {
  act(() => { document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })) })
}

function show(handlers: { onOpen?(item: string): void; onSelect?(item: string): void; onDelete?(item: string): void }, selected: string | null = null): void {
  act(() => {
    mounted.root.render(
      <DataTable
        label="Runs"
        columns={[{ id: 'name', head: 'Name', cell: (item: string) => item }, { id: 'act', head: '', cell: (item) => <button type="button" tabIndex={-1}>Menu of {item}</button> }]}
        groups={[{ id: 'one', title: 'First', items: ['a', 'b'] }, { id: 'two', title: 'Second', items: ['c'] }]}
        selected={selected}
        idOf={(item) => item}
        nameOf={(item) => item}
        {...handlers}
      />,
    )
  })
}

describe('a table with one tab stop', () => {
  it('has exactly one row in the tab order: the selected one, else the first', () => {
    show({ onSelect: vi.fn() })
    expect(rows().map((row) => row.tabIndex)).toEqual([0, -1, -1])
    show({ onSelect: vi.fn() }, 'c')
    expect(rows().map((row) => row.tabIndex)).toEqual([-1, -1, 0])
  })

  it('moves with the arrows across groups and takes the tab stop along', () => {
    show({})
    rows()[0]?.focus()
    press('ArrowDown')
    press('ArrowDown')
    expect(document.activeElement).toBe(rows()[2])
    expect(rows().map((row) => row.tabIndex)).toEqual([-1, -1, 0])
    press('ArrowDown')
    expect(document.activeElement).toBe(rows()[2])
    press('Home')
    expect(document.activeElement).toBe(rows()[0])
  })

  it('opens with Enter, selects with Space and deletes with Delete', () => {
    const [onOpen, onSelect, onDelete] = [vi.fn(), vi.fn(), vi.fn()]
    show({ onOpen, onSelect, onDelete })
    rows()[1]?.focus()
    press('Enter')
    press(' ')
    press('Delete')
    expect([onOpen, onSelect, onDelete].map((called) => called.mock.calls)).toEqual([[['b']], [['b']], [['b']]])
  })

  it('reaches the button of a row with the right arrow, and Enter there does not open the row', () => {
    const onOpen = vi.fn()
    show({ onOpen })
    rows()[0]?.focus()
    press('ArrowRight')
    expect(document.activeElement?.textContent).toBe('Menu of a')
    press('Enter')
    expect(onOpen).not.toHaveBeenCalled()
    press('ArrowLeft')
    expect(document.activeElement).toBe(rows()[0])
  })
})
