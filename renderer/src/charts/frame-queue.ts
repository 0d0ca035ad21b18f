/** Draws charts in animation frames: each at most once a frame, and few in one frame, so that a frame stays short. */
export interface FrameQueue {
  /** Draws soon; asking again before that changes nothing. */
  request(draw: () => void): void
  cancel(draw: () => void): void
}

export interface FrameClock {
  requestFrame(run: () => void): void
  wait(run: () => void, ms: number): void
  nowMs(): number
  /** False while the user works in another window. */
  focused(): boolean
}

const chartsPerFrame = 3
/** While the window is in the background twice a second is enough; the processor belongs to the training. Hidden windows get no frames at all. */
const backgroundMs = 500

export function createFrameQueue(clock: FrameClock): FrameQueue {
  const waiting = new Set<() => void>()
  let scheduled = false
  let lastMs = -Infinity
  const schedule = (): void => {
    if (scheduled || waiting.size === 0) return
    scheduled = true
    const pauseMs = clock.focused() ? 0 : lastMs + backgroundMs - clock.nowMs()
    if (pauseMs > 0) clock.wait(() => { clock.requestFrame(frame) }, pauseMs)
    else clock.requestFrame(frame)
  }
  const frame = (): void => {
    scheduled = false
    lastMs = clock.nowMs()
    const now = [...waiting].slice(0, chartsPerFrame)
    for (const draw of now) waiting.delete(draw)
    for (const draw of now) draw()
    schedule()
  }
  return {
    request(draw) {
      waiting.add(draw)
      schedule()
    },
    cancel(draw) {
      waiting.delete(draw)
    },
  }
}

/** The queue of this window. */
export const windowFrames = createFrameQueue({
  requestFrame: (run) => { requestAnimationFrame(run) },
  wait: (run, ms) => { setTimeout(run, ms) },
  nowMs: () => performance.now(),
  focused: () => document.hasFocus(),
})
