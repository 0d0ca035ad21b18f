import { act } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { StorageSection } from '../../../../renderer/src/pages/settings/storage-section'
import { useUi } from '../../../../renderer/src/stores/ui'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'
import { mountForEachTest } from '../../../support/mounted'

let fake: FakeTunesmith
const mounted = mountForEachTest()
beforeEach(() => {
  fake = fakeTunesmith()
  fake.answer('app.restart', () => null)
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  useUi.setState({ toasts: [], question: null })
})

const routes = (): readonly string[] => fake.asked.map(({ route }) => route)

async function moveAnd(answer: 'confirm' | 'keep'): Promise<void> {
  await act(async () => { mounted.root.render(<StorageSection />) })
  const button = [...mounted.box.querySelectorAll('button')].find(({ textContent }) => textContent === 'Move the data folder')
  await act(async () => { button?.click() })
  await vi.waitFor(() => { expect(useUi.getState().question).not.toBeNull() })
  await act(async () => { useUi.getState().question?.answer(answer) })
}

describe('moving the data folder', () => {
  it('restarts as soon as everything is copied (catches work that goes on in the old folder and is not there after the next start)', async () => {
    fake.answer('storage.move', () => ({ restartNeeded: true }))
    await moveAnd('confirm')
    await vi.waitFor(() => { expect(routes().slice(-2)).toEqual(['storage.move', 'app.restart']) })
    expect(useUi.getState().toasts).toEqual([])
  })

  it('does not restart where nothing was moved, and says why (catches a restart into a folder that is not whole)', async () => {
    fake.answer('storage.move', () => ({ problem: 'A run writes into the data folder now.' }))
    await moveAnd('confirm')
    await vi.waitFor(() => { expect(useUi.getState().toasts).toMatchObject([{ title: 'The data folder was not moved', detail: 'A run writes into the data folder now.' }]) })
    expect(routes()).not.toContain('app.restart')
  })

  it('does nothing after Cancel (catches a question that is not waited for)', async () => {
    await moveAnd('keep')
    expect(routes()).not.toContain('storage.move')
  })
})
