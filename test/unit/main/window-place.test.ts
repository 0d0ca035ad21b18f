import { describe, expect, it } from 'vitest'
import { firstWindowState, fitToDisplays, readWindowState } from '../../../electron/main/window-place'

const laptop = { x: 0, y: 25, width: 1440, height: 875 }
const monitor = { x: 1440, y: 0, width: 2560, height: 1440 }

describe('the place of the window', () => {
  it('stays where it was (catches a window that wanders with each start)', () => {
    const bounds = { x: 1600, y: 100, width: 1300, height: 900 }
    expect(fitToDisplays(bounds, [laptop, monitor])).toEqual(bounds)
  })

  it('comes back to the first display when its own is gone (catches a window that nobody can reach)', () => {
    expect(fitToDisplays({ x: 1600, y: 100, width: 1300, height: 900 }, [laptop])).toEqual({ width: 1280, height: 800 })
  })

  it('shrinks to its display, but not below the smallest size (catches a window larger than its screen)', () => {
    expect(fitToDisplays({ x: 0, y: 25, width: 3000, height: 2000 }, [laptop])).toEqual({ x: 0, y: 25, width: 1440, height: 875 })
    expect(fitToDisplays({ x: 0, y: 30, width: 300, height: 200 }, [laptop])).toEqual({ x: 0, y: 30, width: 1024, height: 680 })
  })

  it('keeps the title bar below the menu bar (catches a window that can not be dragged)', () => {
    expect(fitToDisplays({ x: 10, y: 12, width: 1200, height: 800 }, [laptop])).toMatchObject({ y: 25 })
  })
})

describe('what was kept of the window', () => {
  const kept = { bounds: { x: -60, y: 50, width: 1140, height: 720 }, maximized: true, theme: 'dark' } as const

  it('is read as it was written (catches a place or a theme that is lost at the next start)', () => {
    expect(readWindowState(JSON.parse(JSON.stringify(kept)))).toEqual(kept)
    expect(readWindowState({ ...kept, bounds: null })).toEqual({ ...kept, bounds: null })
  })

  it.each([
    undefined, null, 'text', [], {}, { ...kept, theme: 'blue' }, { ...kept, maximized: 1 }, { ...kept, bounds: { x: 0, y: 0, width: 10 } }, { ...kept, bounds: { x: 0.5, y: 0, width: 10, height: 10 } },
    { ...kept, bounds: { x: 0, y: 0, width: 0, height: 10 } }, { bounds: null, maximized: false },
  ])('is the first state where the file is %j (catches a start that a damaged file stops)', (damaged) => {
    expect(readWindowState(damaged)).toEqual(firstWindowState)
  })
})
