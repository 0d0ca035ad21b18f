import { act } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { Dialog } from '../../../../renderer/src/components/dialog'
import { RenameDialog } from '../../../../renderer/src/components/rename-dialog'
import { Toasts } from '../../../../renderer/src/components/toasts'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()

const button = (name: string): HTMLButtonElement | undefined => [...document.querySelectorAll('button')].find((one) => one.textContent === name)
function pressBeside(): void {
  const backdrop = document.querySelector('.backdrop')
  act(() => {
    backdrop?.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true, button: 0 }))
    backdrop?.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, button: 0 }))
  })
}
const escape = (): void => {
  act(() => { document.querySelector('[role=dialog]')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })) })
}

describe('a dialog', () => {
  it('closes by a press beside it where nothing is lost', () => {
    const onClose = vi.fn()
    act(() => { mounted.root.render(<Dialog title="To read" onClose={onClose}>Text</Dialog>) })
    pressBeside()
    expect(onClose).toHaveBeenCalledTimes(1)
  })

  it('with fields stays after a press beside it, and closes by Esc (catches a form that is thrown away by a slip of the hand)', () => {
    const onClose = vi.fn()
    act(() => { mounted.root.render(<Dialog title="To fill in" form onClose={onClose}><input /></Dialog>) })
    pressBeside()
    expect(onClose).not.toHaveBeenCalled()
    escape()
    expect(onClose).toHaveBeenCalledTimes(1)
  })

  it('leaves the messages in reach (catches an Undo that cannot be pressed)', () => {
    const toast = { id: 1, tone: 'plain' as const, title: 'Run deleted', detail: null, action: { label: 'Undo', run: () => undefined } }
    act(() => {
      mounted.root.render(
        <>
          <p>The page</p>
          <Toasts toasts={[toast]} dismiss={() => undefined} />
          <Dialog title="Over it" onClose={() => undefined}>Text</Dialog>
        </>,
      )
    })
    const outOfReach = (element: Element | null | undefined): boolean => {
      for (let at = element ?? null; at !== null; at = at.parentElement) if ((at instanceof HTMLElement && at.inert) || at.getAttribute('aria-hidden') === 'true') return true
      return false
    }
    expect(outOfReach(mounted.box.querySelector('p'))).toBe(true)
    expect(outOfReach(button('Undo'))).toBe(false)
  })
})

describe('a new name', () => {
  it('stays in the field when it could not be saved (catches a name that has to be typed again)', async () => {
    const onClose = vi.fn()
    const onRename = vi.fn(() => Promise.resolve(false))
    act(() => { mounted.root.render(<RenameDialog title="Rename" name="old" onClose={onClose} onRename={onRename} />) })
    await act(async () => { button('Rename')?.click() })
    expect(onRename.mock.calls).toEqual([['old']])
    expect(onClose).not.toHaveBeenCalled()
    onRename.mockResolvedValue(true)
    await act(async () => { button('Rename')?.click() })
    expect(onClose).toHaveBeenCalledTimes(1)
  })
})
