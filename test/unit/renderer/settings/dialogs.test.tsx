import { act } from 'react'
import { beforeEach, expect, it, vi } from 'vitest'
import { AppError } from '../../../../electron/shared/app-error'
import { PlaceDialog } from '../../../../renderer/src/pages/settings/place-dialog'
import { PriceDialog } from '../../../../renderer/src/pages/settings/price-dialog'
import { useUi } from '../../../../renderer/src/stores/ui'
import { connectionId, fakePrices } from '../../../support/fake-cloud'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'
import { mountForEachTest } from '../../../support/mounted'

const onClose = vi.fn()
let fake: FakeTunesmith
const mounted = mountForEachTest()
beforeEach(() => {
  fake = fakeTunesmith()
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  useUi.setState({ toasts: [] })
  onClose.mockClear()
})

const button = (name: string): HTMLButtonElement => {
  const found = [...document.querySelectorAll('button')].find((one) => one.textContent === name)
  if (found === undefined) throw new Error(`there is no button ${name}`)
  return found
}
function fieldOf(label: string): HTMLInputElement {
  const head = [...document.querySelectorAll('label')].find((one) => one.textContent === label)
  const found = head === undefined ? document.querySelector(`input[aria-label="${label}"]`) : document.getElementById(head.htmlFor)
  if (!(found instanceof HTMLInputElement)) throw new Error(`there is no field ${label}`)
  return found
}
function type(label: string, text: string): void {
  const field = fieldOf(label)
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}
const asked = (route: string): unknown[] => fake.asked.filter((one) => one.route === route).map((one) => one.input)

it('saves no price while its field shows an error (catches the old amount under a red field)', async () => {
  const [price] = fakePrices
  if (price === undefined) throw new Error('no price')
  act(() => { mounted.root.render(<PriceDialog price={price} onClose={onClose} onSaved={() => undefined} />) })
  const amount = 'US dollars for an hour of one instance'
  expect(button('Save price').disabled).toBe(false)
  type(amount, '1,5')
  expect(button('Save price').disabled).toBe(true)
  type(amount, '1.75')
  await act(async () => { button('Save price').click() })
  expect(asked('prices.set')).toMatchObject([{ item: price.item, usd: 1.75 }])
})

it('asks for the amount of a new price (catches a price of 0 that nobody typed)', () => {
  act(() => { mounted.root.render(<PriceDialog price={null} onClose={onClose} onSaved={() => undefined} />) })
  type('Instance or model', 'my-model')
  expect(button('Save price').disabled).toBe(true)
  type('US dollars for a million trained tokens', '0')
  expect(button('Save price').disabled).toBe(false)
})

it('changes the place that it added when only its key failed (catches a second place after the second press)', async () => {
  act(() => { mounted.root.render(<PlaceDialog kind="openai" place={null} onClose={onClose} />) })
  type('Name', 'Lab server')
  type('Address', 'https://lab.example/v1')
  type('Key', 'word')
  fake.answer('secrets.set', () => { throw new AppError('SECRET_STORE', 'locked') })
  await act(async () => { button('Add place').click() })
  await vi.waitFor(() => { expect(useUi.getState().toasts).toMatchObject([{ tone: 'bad' }]) })
  expect(onClose).not.toHaveBeenCalled()
  fake.answer('secrets.set', ({ name }) => ({ name, hasKey: true, kept: 'sealed-file' }))
  await act(async () => { button('Add place').click() })
  await vi.waitFor(() => { expect(onClose).toHaveBeenCalledTimes(1) })
  expect(asked('connections.add')).toHaveLength(1)
  expect(asked('connections.change')).toMatchObject([{ connectionId: connectionId(1), config: { name: 'Lab server' } }])
})
