import { create } from 'zustand'

/** The one line that screen readers hear. Status is polite and at most every 10 s; a failure is assertive and comes at once. */
interface LiveLine {
  readonly polite: string
  readonly assertive: string
}
export const useLiveLine = create<LiveLine>(() => ({ polite: '', assertive: '' }))

const quietMs = 10_000
let lastPoliteMs = -quietMs
let waiting: ReturnType<typeof setTimeout> | null = null

/** Says a status. Only the newest of those that come within 10 s is said. */
export function say(text: string): void {
  if (waiting !== null) clearTimeout(waiting)
  const waitMs = Math.max(0, lastPoliteMs + quietMs - performance.now())
  waiting = setTimeout(() => {
    waiting = null
    lastPoliteMs = performance.now()
    useLiveLine.setState({ polite: text })
  }, waitMs)
}

/** Says a failure at once. */
export function sayNow(text: string): void {
  useLiveLine.setState({ assertive: text })
}
