import { act, useState } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ScientificField } from '../../../../renderer/src/components/number-field'
import { SettingNumber } from '../../../../renderer/src/pages/train/setting-row'
import { useDraft } from '../../../../renderer/src/stores/draft'
import { learningRate } from '../../../../renderer/src/text/format'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()
beforeEach(() => {
  useDraft.setState({ wrong: [] })
})

function type(text: string): void {
  const field = mounted.box.querySelector('input')
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text)
    field?.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

describe('a number as people write it', () => {
  it('says when its text is no number, and when it is one again (catches a form that saves the old number under an error)', () => {
    const [onChange, onWrong] = [vi.fn(), vi.fn()]
    const Form = () => {
      const [value, setValue] = useState(2e-4)
      return <ScientificField label="Rate" value={value} minimum={1e-9} maximum={1} format={learningRate} onChange={(next) => { setValue(next); onChange(next) }} onWrong={onWrong} />
    }
    act(() => { mounted.root.render(<Form />) })
    expect(onWrong).not.toHaveBeenCalled()
    type('2e')
    expect(onWrong.mock.calls).toEqual([[true]])
    expect(mounted.box.textContent).toContain('A number from 1e-9 to 1e0.')
    type('3e-4')
    expect(onWrong.mock.calls).toEqual([[true], [false]])
    expect(onChange.mock.calls).toEqual([[3e-4]])
  })

  it('is empty and wrong without a word where there is no value yet (catches a price of 0 that nobody typed)', () => {
    const onWrong = vi.fn()
    act(() => { mounted.root.render(<ScientificField label="Price" value={null} minimum={0} maximum={9} format={String} onChange={() => undefined} onWrong={onWrong} />) })
    expect(mounted.box.querySelector('input')?.value).toBe('')
    expect(onWrong.mock.calls).toEqual([[true]])
    expect(mounted.box.textContent).toBe('')
    type('x')
    expect(mounted.box.textContent).toContain('A number from 0 to 9.')
  })

  it('holds the start of a run while it is none, and no longer than it is there (catches a start with the rate from before the slip)', () => {
    act(() => { mounted.root.render(<SettingNumber label="Learning rate" value={2e-4} minimum={1e-9} maximum={1} format={learningRate} onChange={() => undefined} />) })
    type('')
    expect(useDraft.getState().wrong).toEqual(['Learning rate'])
    type('1e-4')
    expect(useDraft.getState().wrong).toEqual([])
    type('5')
    act(() => { mounted.root.render(null) })
    expect(useDraft.getState().wrong).toEqual([])
  })
})
