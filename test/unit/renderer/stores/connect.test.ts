import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectStores } from '../../../../renderer/src/stores/connect'
import { useUi } from '../../../../renderer/src/stores/ui'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'

let fake: FakeTunesmith
let disconnect: () => void
beforeEach(() => {
  fake = fakeTunesmith()
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  useUi.setState({ engine: 'starting', engineReason: null, engineLife: 0 })
  disconnect = connectStores()
})
afterEach(() => { disconnect() })

const asks = (): number => fake.asked.filter(({ route }) => route === 'jobs.list').length

it('counts a new life of the engine when it is back, and asks for every list again (catches a terminal that belongs to a dead engine)', () => {
  fake.push('app.engine', { state: 'ready', reason: null })
  expect([useUi.getState().engineLife, asks()]).toEqual([0, 1])
  fake.push('app.engine', { state: 'restarting', reason: 'It ended with code 9.' })
  expect(useUi.getState()).toMatchObject({ engine: 'restarting', engineLife: 0 })
  fake.push('app.engine', { state: 'restarting', reason: null })
  fake.push('app.engine', { state: 'ready', reason: null })
  expect([useUi.getState().engineLife, asks()]).toEqual([1, 2])
})
