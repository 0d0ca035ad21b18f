import type { CSSProperties } from 'react'

/** Gives a legend mark the colour of run 1..8. */
export const keyStyle = (colour: number): CSSProperties => {
  const style: Readonly<Record<string, string>> = { '--key': `var(--run-${colour})` }
  return style
}
