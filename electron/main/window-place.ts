import type { Rectangle } from 'electron'

export const smallestWindow = { width: 1024, height: 680 } as const
const firstWindow = { width: 1280, height: 800 } as const

/** What main keeps of the window between two starts; the theme avoids a flash before the engine has said it. */
export interface WindowState {
  readonly bounds: Rectangle | null
  readonly maximized: boolean
  readonly theme: 'system' | 'light' | 'dark'
}

export const firstWindowState: WindowState = { bounds: null, maximized: false, theme: 'system' }

/** Reads what was kept, by hand because main would read all of zod before there is a window; anything else than a whole state of ours is the first one. */
export function readWindowState(kept: unknown): WindowState {
  if (typeof kept !== 'object' || kept === null || !('bounds' in kept) || !('maximized' in kept) || !('theme' in kept)) return firstWindowState
  const { bounds, maximized, theme } = kept
  if (!(bounds === null || isRectangle(bounds)) || typeof maximized !== 'boolean' || (theme !== 'system' && theme !== 'light' && theme !== 'dark')) return firstWindowState
  return { bounds, maximized, theme }
}

function isRectangle(value: unknown): value is Rectangle {
  if (typeof value !== 'object' || value === null) return false
  const { x, y, width, height } = value as Partial<Record<keyof Rectangle, unknown>>
  return Number.isInteger(x) && Number.isInteger(y) && isLength(width) && isLength(height)
}

const isLength = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 1

/** How much of the title bar must be on a display for the window to be caught with the mouse, in pixels. */
const graspable = { width: 120, height: 32 } as const

/**
 * The bounds to open with: the remembered ones, fitted to the display that shows their title bar, or the first size in
 * the middle of the first display when none does. `displays` are work areas, the primary one first.
 */
export function fitToDisplays(bounds: Rectangle | null, displays: readonly Rectangle[]): Rectangle | typeof firstWindow {
  if (bounds === null) return firstWindow
  const home = displays.find((display) => showsTitleBar(bounds, display))
  if (home === undefined) return firstWindow
  const width = Math.max(smallestWindow.width, Math.min(bounds.width, home.width))
  const height = Math.max(smallestWindow.height, Math.min(bounds.height, home.height))
  return { x: bounds.x, y: Math.max(bounds.y, home.y), width, height }
}

function showsTitleBar(bounds: Rectangle, display: Rectangle): boolean {
  const shownWidth = Math.min(bounds.x + bounds.width, display.x + display.width) - Math.max(bounds.x, display.x)
  const shownHeight = Math.min(bounds.y + graspable.height, display.y + display.height) - Math.max(bounds.y, display.y)
  return shownWidth >= graspable.width && shownHeight >= graspable.height / 2
}
