import { useEffect } from 'react'
import type { AppCommand } from '../../../electron/shared/requests'

/** What keys, the menu and the palette can ask for. A page offers what it can do; the newest offer wins. */
export type Command = Extract<AppCommand, string> | 'previous' | 'next'

const offers = new Map<Command, (() => void)[]>()

/** Runs a command; false when nothing on screen offers it. */
export function runCommand(command: Command): boolean {
  if (command === 'primary') takeTypedNumber()
  const run = offers.get(command)?.at(-1)
  run?.()
  return run !== undefined
}

/**
 * A number field hands over what was typed when it is left; without this a start takes the old number. What that changes is rendered and
 * offered anew before `blur` returns, because the field flushes it. The field gets the focus back, for whoever types on.
 */
function takeTypedNumber(): void {
  const field = document.activeElement
  if (!(field instanceof HTMLInputElement)) return
  field.blur()
  field.focus()
}

/** Offers a command; returns how to withdraw it. */
export function offer(command: Command, run: () => void): () => void {
  offers.set(command, [...(offers.get(command) ?? []), run])
  return () => {
    offers.set(command, (offers.get(command) ?? []).filter((one) => one !== run))
  }
}

/** Offers a command while the component is on screen; null offers nothing. */
export function useCommand(command: Command, run: (() => void) | null): void {
  useEffect(() => (run === null ? undefined : offer(command, run)), [command, run])
}
