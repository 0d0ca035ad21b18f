import { describe, expect, test } from 'vitest'
import { createFrameQueue } from '../../../../renderer/src/charts/frame-queue'

function handClock() {
  const frames: (() => void)[] = []
  const waits: { run: () => void; ms: number }[] = []
  const state = { now: 0, focused: true }
  return {
    frames, waits, state,
    clock: { requestFrame: (run: () => void) => { frames.push(run) }, wait: (run: () => void, ms: number) => { waits.push({ run, ms }) }, nowMs: () => state.now, focused: () => state.focused },
    frame: () => { frames.shift()?.() },
  }
}

describe('frame queue', () => {
  test('draws a chart once however often it is asked for, and at most three in a frame (a page of charts would drop frames)', () => {
    const hand = handClock()
    const queue = createFrameQueue(hand.clock)
    const drawn: number[] = []
    const draws = Array.from({ length: 5 }, (_, i) => () => { drawn.push(i) })
    for (let round = 0; round < 10; round++) for (const draw of draws) queue.request(draw)
    hand.frame()
    expect(drawn).toEqual([0, 1, 2])
    hand.frame()
    expect(drawn).toEqual([0, 1, 2, 3, 4])
    expect(hand.frames).toHaveLength(0)
  })

  test('a chart that is gone is not drawn', () => {
    const hand = handClock()
    const queue = createFrameQueue(hand.clock)
    let drawn = 0
    const draw = (): void => { drawn++ }
    queue.request(draw)
    queue.cancel(draw)
    hand.frame()
    expect(drawn).toBe(0)
  })

  test('in the background it waits between frames (drawing must not take the processor from the training)', () => {
    const hand = handClock()
    hand.state.focused = false
    const queue = createFrameQueue(hand.clock)
    queue.request(() => undefined)
    hand.frame()
    hand.state.now = 100
    queue.request(() => undefined)
    expect(hand.frames).toHaveLength(0)
    expect(hand.waits.map(({ ms }) => ms)).toEqual([400])
  })
})
