import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { activityStatus, noActivity, quitQuestion } from '../../../electron/main/activity'
import { createBackground } from '../../../electron/main/background'

const running = { running: 1, waiting: 2, keepAwake: true, progressRatio: 0.25 }

function setUp(platform: NodeJS.Platform = 'linux') {
  const seen = { open: true, tray: null as string | null, awake: false, progress: null as number | null, quits: 0, notes: [] as string[] }
  const background = createBackground({
    platform,
    tray: { show: (status) => void (seen.tray = status), hide: () => void (seen.tray = null) },
    notify: ({ title }) => Promise.resolve(void seen.notes.push(title)),
    isWindowOpen: () => seen.open,
    keepAwake: (on) => void (seen.awake = on),
    progress: (ratio) => void (seen.progress = ratio),
    quit: () => void seen.quits++,
  })
  const close = () => {
    seen.open = false
    background.windowClosed()
  }
  return { background, seen, close }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('life in the background', () => {
  it('stays, with a tray icon and a word, while jobs run (catches a queue that dies with the window)', () => {
    const { background, seen, close } = setUp()
    background.setActivity(running)
    close()
    expect(seen).toMatchObject({ quits: 0, tray: '1 run goes on, 2 jobs wait', awake: true, progress: 0.25 })
    expect(seen.notes).toHaveLength(1)
  })

  it('ends with its window when nothing runs, but not on macOS (catches a process that stays for nothing)', () => {
    const linux = setUp()
    linux.close()
    expect(linux.seen.quits).toBe(1)
    const mac = setUp('darwin')
    mac.close()
    expect(mac.seen.quits).toBe(0)
  })

  it('ends some time after the last job without a window, and not when one opened (catches an invisible app, and one that ends under the user)', () => {
    const { background, seen, close } = setUp()
    background.setActivity(running)
    close()
    background.setActivity(noActivity)
    vi.advanceTimersByTime(9 * 60_000)
    expect(seen.quits).toBe(0)
    background.windowOpened()
    vi.advanceTimersByTime(60 * 60_000)
    expect(seen.quits).toBe(0)
    background.setActivity(noActivity)
    vi.advanceTimersByTime(11 * 60_000)
    expect(seen.quits).toBe(1)
  })

  it('lets the machine sleep when only jobs wait (catches a laptop that is awake all night)', () => {
    const { background, seen } = setUp()
    background.setActivity({ ...running, running: 0 })
    expect(seen).toMatchObject({ awake: false, progress: null })
  })

  it('says what goes on and what waits (catches a Quit that sounds like the end of the run)', () => {
    expect(activityStatus({ ...running, running: 2, waiting: 1 })).toBe('2 runs go on, 1 job waits')
    expect(quitQuestion(running).detail).toBe('The run goes on without the app; the next start shows its whole curve.\n\nThe rest of the queue waits until Tunesmith starts again: 2 jobs.')
    expect(quitQuestion({ ...running, running: 0, waiting: 1 }).detail).toBe('The queue waits until Tunesmith starts again: 1 job.')
  })
})
