import { useEffect } from 'react'
import type { AppCommand } from '../../../electron/shared/requests'

/** What keys, the menu and the palette can ask for. A page offers what it can do; the newest offer wins. */
export type Command = Extract<AppCommand, string> | 'previous' | 'next'

const offers = new Map<Command, (() => void)[]>()

/** Runs a command; false when nothing on screen offers it. */
export function runCommand(command: Command): boolean {
  const run = offers.get(command)?.at(-1)
  run?.()
  return run !== undefined
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
