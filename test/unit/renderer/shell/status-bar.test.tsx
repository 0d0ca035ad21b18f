import { act } from 'react'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { HardwareSample, HardwareState } from '../../../../electron/shared/hardware'
import { StatusBar } from '../../../../renderer/src/shell/status-bar'
import { unknownMark } from '../../../../renderer/src/text/format'
import { fakeMachine, fakeMachineWithGpus, fakeNowMs } from '../../../support/fake-data'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()
// The pop-over is a chunk of its own; loading it here keeps a slow machine out of the tests.
beforeAll(() => import('../../../../renderer/src/shell/gpu-popover'), 60_000)

/** A sample in which the GPUs are busy to these percents, in the driver's order; null where the driver does not tell. */
function sample(busy: readonly (number | null)[]): HardwareSample {
  return {
    tMs: fakeNowMs, cpuPercent: 12, memoryUsedBytes: 1, memoryTotalBytes: 2,
    gpus: busy.map((percent, index) => ({ index, uuid: `GPU-${index + 1}`, utilisationPercent: percent, memoryUsedBytes: (index + 1) * 2 ** 30, memoryTotalBytes: null, temperatureCelsius: null, powerWatts: 100 + index, powerLimitWatts: null, smClockMhz: null, throttled: null })),
  }
}
function show(machine: HardwareState, latest: HardwareSample | null): void {
  act(() => { mounted.root.render(<StatusBar machine={machine} latest={latest} environments={[]} environmentsKnown={false} running={[]} waiting={0} offline={false} engine="ready" />) })
}
const button = (): HTMLButtonElement | null => mounted.box.querySelector('button')
const dialog = (): HTMLElement | null => document.querySelector('[role=dialog]')
const rows = (): string[][] => [...(dialog()?.querySelectorAll('.gpu-popover-row') ?? [])].map((row) => [...row.children].map((cell) => cell.textContent))
async function open(): Promise<void> {
  act(() => { button()?.click() })
  await vi.waitFor(() => { expect(dialog()).not.toBeNull() })
}

describe('the GPUs of the status bar', () => {
  it('leads to the hardware page with one GPU (catches a pop-over that repeats one line)', () => {
    show(fakeMachine, null)
    expect(button()).toBeNull()
    expect(mounted.box.querySelector('a')?.getAttribute('href')).toBe('#/settings/hardware')
  })

  it('shows the busiest of several, from the live sample (catches the first card standing for all)', () => {
    show(fakeMachineWithGpus, sample([3, 97, 40, null]))
    expect(button()?.textContent).toContain('RTX 409097%')
    expect(button()?.textContent).toContain('2.0 / 24.0 GB')
    expect(button()?.textContent).toContain('busiest of 4')
    expect(button()?.getAttribute('aria-expanded')).toBe('false')
  })

  it('opens all of them by number, and a newer sample moves no row (catches rows that jump and equal cards that look the same)', async () => {
    show(fakeMachineWithGpus, sample([3, 97, 40, null]))
    await open()
    expect(button()?.getAttribute('aria-expanded')).toBe('true')
    expect(rows()).toEqual([
      ['0', 'RTX 4090', '3%', '1.0 / 24.0 GB', '41 °C', '100 W'],
      ['1', 'RTX 4090', '97%', '2.0 / 24.0 GB', '41 °C', '101 W'],
      ['2', 'RTX PRO 6000 Blackwell Workstation Edition', '40%', '3.0 / 96.0 GB', '41 °C', '102 W'],
      ['3', 'Tesla T4', unknownMark, '4.0 / 15.0 GB', unknownMark, '103 W'],
    ])
    show(fakeMachineWithGpus, sample([99, 5, 40, null]))
    expect(rows().map(([index, , busy]) => [index, busy])).toEqual([['0', '99%'], ['1', '5%'], ['2', '40%'], ['3', unknownMark]])
  })

  it('closes with Escape and with the way to the hardware page (catches a pop-over that stays over the next page)', async () => {
    show(fakeMachineWithGpus, null)
    await open()
    act(() => { dialog()?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })) })
    await vi.waitFor(() => { expect(dialog()).toBeNull() })
    expect(button()?.getAttribute('aria-expanded')).toBe('false')
    await open()
    act(() => { dialog()?.querySelector('a')?.click() })
    await vi.waitFor(() => { expect(dialog()).toBeNull() })
  })
})
