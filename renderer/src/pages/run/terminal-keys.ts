/**
 * Whether a key pressed in the terminal is left to the window. There is nothing to type into: Tab must leave it, Ctrl+C copy what is marked,
 * Ctrl+F and `/` find. Scrolling stays with the terminal, and so do Cmd and Alt, with which macOS marks and types.
 */
export function leavesTerminal({ key, ctrlKey, altKey, metaKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>): boolean {
  if (key === 'Tab') return true
  return !altKey && !metaKey && (ctrlKey || key.length === 1)
}
