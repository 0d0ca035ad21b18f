import { act, useState } from 'react'
import { expect, it, vi } from 'vitest'
import { menuTemplate } from '../../../../electron/main/menu'
import { NumberField } from '../../../../renderer/src/components/number-field'
import { runCommand, useCommand } from '../../../../renderer/src/shell/commands'
import { menuShortcuts, shortcuts, underDialog } from '../../../../renderer/src/shell/shortcuts'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()

/** Types as a user does: React hears only a change that did not come through its own setter. */
function type(field: HTMLInputElement, text: string): void {
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

it('takes over the number that was typed before the main action of the page runs (catches Ctrl+Enter that starts with the old number)', () => {
  const start = vi.fn()
  const Page = () => {
    const [limit, setLimit] = useState(200)
    useCommand('primary', () => { start(limit) })
    return <NumberField label="Prompts at most" value={limit} minimum={1} maximum={5000} onChange={setLimit} />
  }
  act(() => { mounted.root.render(<Page />) })
  const field = mounted.box.querySelector('input')
  if (field === null) throw new Error('there is no field')
  act(() => { field.focus() })
  type(field, '6')
  act(() => { runCommand('primary') })
  expect(start.mock.calls).toEqual([[6]])
  expect(document.activeElement).toBe(field)
})

it('knows that the page lies under a dialog (catches an accelerator of the menu that acts on the page beneath)', () => {
  expect(underDialog()).toBe(false)
  mounted.box.innerHTML = '<div role="alertdialog"></div>'
  expect(underDialog()).toBe(true)
  mounted.box.innerHTML = ''
})

it('lists every accelerator of the menu in Settings (catches a shortcut that nobody can find)', () => {
  const items = menuTemplate({ platform: 'linux', developer: false, command: () => undefined, quit: () => undefined }).flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))
  const inMenu = items.flatMap(({ id, accelerator }) => (id === undefined || id === 'quit' || accelerator === undefined || accelerator === null ? [] : [String(accelerator).toLowerCase()]))
  const listed = [...shortcuts.filter(({ withControl }) => withControl).map(({ key }) => key), ...menuShortcuts.map(({ keys }) => keys.join('+').toLowerCase())]
  expect(listed.map((keys) => `cmdorctrl+${keys}`).sort()).toEqual(inMenu.sort())
})
