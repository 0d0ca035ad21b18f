import { useEffect } from 'react'
import { runCommand } from './commands'
import type { Command } from './commands'

const onMac = navigator.userAgent.includes('Mac')

export interface Shortcut {
  readonly command: Command
  /** `event.key`, lower case. */
  readonly key: string
  /** With Ctrl, or Cmd on macOS. Without it the key works only outside text fields. */
  readonly withControl: boolean
  readonly what: string
}

export const shortcuts: readonly Shortcut[] = [
  { command: 'go.home', key: '1', withControl: true, what: 'Home' },
  { command: 'go.datasets', key: '2', withControl: true, what: 'Datasets' },
  { command: 'go.train', key: '3', withControl: true, what: 'Train' },
  { command: 'go.queue', key: '4', withControl: true, what: 'Queue' },
  { command: 'go.models', key: '5', withControl: true, what: 'Models' },
  { command: 'go.compare', key: '6', withControl: true, what: 'Compare' },
  { command: 'go.settings', key: '7', withControl: true, what: 'Settings' },
  { command: 'palette', key: 'k', withControl: true, what: 'Search pages, runs, models, data and actions' },
  { command: 'primary', key: 'enter', withControl: true, what: 'The main action of the page' },
  { command: 'stop', key: '.', withControl: true, what: 'Stop the run, after a question' },
  { command: 'sidebar', key: 'b', withControl: true, what: 'Fold or unfold the sidebar' },
  { command: 'find', key: '/', withControl: false, what: 'Filter the list' },
  { command: 'previous', key: '[', withControl: false, what: 'Previous item' },
  { command: 'next', key: ']', withControl: false, what: 'Next item' },
]

/** Keys that only the native menu has, as Settings lists them; they are pressed with Ctrl, or Cmd on macOS. */
export const menuShortcuts: readonly { readonly command: Command; readonly keys: readonly string[]; readonly what: string }[] = [
  { command: 'find', keys: ['F'], what: 'Find in the list or the terminal' },
  { command: 'import-dataset', keys: ['O'], what: 'Import a dataset' },
  { command: 'add-model', keys: ['Shift', 'O'], what: 'Add a base model' },
  { command: 'shortcuts', keys: ['/'], what: 'This list' },
]

const keyNames: Readonly<Record<string, string>> = { enter: '⏎' }
const control = onMac ? '⌘' : 'Ctrl'

/** How a shortcut reads on this system: `Ctrl K`, `⌘ K`. */
export function keysOf(command: Command): string {
  const shortcut = shortcuts.find((one) => one.command === command)
  if (shortcut === undefined) return ''
  const key = keyNames[shortcut.key] ?? shortcut.key.toUpperCase()
  return shortcut.withControl ? `${control} ${key}` : key
}

/** How a key of the menu reads: `Ctrl Shift O`. */
export const menuKeysOf = (keys: readonly string[]): string => [control, ...keys].join(' ')

/** Into a text that can only be read, such as the terminal's, nothing is typed. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || (['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) && !(target instanceof HTMLTextAreaElement && target.readOnly)))

/** Whether the page lies under a dialog, out of reach until that is closed: for keys and for the menu, whose accelerators reach the page all the same. */
export const underDialog = (): boolean => document.querySelector('[role=dialog], [role=alertdialog]') !== null

/** Keys of the whole window. What is handled here never reaches the menu, so nothing runs twice. */
export function useShortcuts(): void {
  useEffect(() => {
    const handle = (event: KeyboardEvent, withControl: boolean): boolean => {
      if (event.defaultPrevented || event.altKey || event.isComposing) return false
      const held = onMac ? event.metaKey : event.ctrlKey
      const shortcut = shortcuts.find((one) => one.withControl === withControl && one.key === event.key.toLowerCase() && held === withControl)
      if (shortcut === undefined || (!withControl && typing(event.target)) || underDialog()) return false
      return runCommand(shortcut.command)
    }
    // Before the button with the focus, which takes Enter with any modifier as a press of its own.
    const onCapture = (event: KeyboardEvent): void => {
      if (!handle(event, true)) return
      event.preventDefault()
      event.stopPropagation()
    }
    const onKeyDown = (event: KeyboardEvent): void => {
      if (handle(event, false)) event.preventDefault()
    }
    window.addEventListener('keydown', onCapture, true)
    window.addEventListener('keydown', onKeyDown)
    return () => {
      window.removeEventListener('keydown', onCapture, true)
      window.removeEventListener('keydown', onKeyDown)
    }
  }, [])
}
