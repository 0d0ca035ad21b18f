import { expect, it } from 'vitest'
import { leavesTerminal } from '../../../../renderer/src/pages/run/terminal-keys'

const press = (key: string, part: Partial<Parameters<typeof leavesTerminal>[0]> = {}): boolean => leavesTerminal({ key, ctrlKey: false, altKey: false, metaKey: false, ...part })

it.each([['Tab', {}], ['f', { ctrlKey: true }], ['c', { ctrlKey: true }], ['/', {}], ['.', { ctrlKey: true }]])('the terminal lets %s %o go on to the window (catches a key that does nothing there)', (key, part) => {
  expect(press(key, part)).toBe(true)
})

it.each([['PageUp', {}], ['a', { metaKey: true }], ['@', { ctrlKey: true, altKey: true }], ['å', { altKey: true }]])('the terminal keeps %s %o (catches a terminal that cannot be scrolled, or marked on macOS)', (key, part) => {
  expect(press(key, part)).toBe(false)
})
