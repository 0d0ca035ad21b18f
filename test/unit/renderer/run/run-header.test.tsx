import { act } from 'react'
import { expect, it, vi } from 'vitest'
import { hasCurve } from '../../../../renderer/src/pages/run/run-curves'
import { RunHeader } from '../../../../renderer/src/pages/run/run-header'
import { settingRows } from '../../../../renderer/src/pages/run/facts-tab'
import { fakeJob, fakeSettings } from '../../../support/fake-data'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()

const nothing = (): void => undefined

/** The items of the menu of a run, with those that cannot be pressed. */
async function menu(curve: boolean): Promise<readonly string[]> {
  act(() => { mounted.root.render(<RunHeader job={fakeJob(1, { state: 'queued' })} detail={null} overlay={null} curve={curve} onEdit={nothing} onTable={nothing} onLeftovers={nothing} onSaveChart={nothing} onSaveCurves={nothing} />) })
  act(() => { mounted.box.querySelector<HTMLElement>('button[aria-label=More]')?.click() })
  await vi.waitFor(() => { expect(document.querySelector('[role=menuitem]')).not.toBeNull() })
  const off = [...document.querySelectorAll('[role=menuitem][aria-disabled=true]')].map((item) => item.textContent)
  act(() => { document.querySelector('[role=menu]')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })) })
  await vi.waitFor(() => { expect(document.querySelector('[role=menu]')).toBeNull() })
  return off
}

it('offers a chart only where there is one (catches a press that does nothing, and a table that pops up later)', async () => {
  expect(await menu(false)).toEqual(['Open run folder', 'Show chart as table', 'Save chart as PNG', 'Save curves as CSV'])
  expect(await menu(true)).toEqual(['Open run folder'])
})

it('knows a curve by its points, since the newest loss is none when it became NaN (catches a NaN run whose curve cannot be saved)', () => {
  expect(hasCurve(fakeJob(1, { loss: null, evalLoss: null, spark: [1.2] }))).toBe(true)
  expect(hasCurve(fakeJob(1, { loss: null, evalLoss: null, spark: [] }))).toBe(false)
})

it('writes one of a thing as one (catches "1 epochs" and "1 steps")', () => {
  const settings = { ...fakeSettings, length: { kind: 'epochs' as const, epochs: 1 }, evaluateEverySteps: 1, checkpointEverySteps: 0 }
  const rows = new Map(settingRows({ settings, backend: 'huggingface' }))
  expect([rows.get('Length'), rows.get('Evaluate every'), rows.get('Checkpoint every')]).toEqual(['1 epoch', '1 step', 'only at the end'])
  expect(rows.get('Schedule')).toBe('cosine, warm-up 5.0%')
})
