import { act } from 'react'
import { createRoot } from 'react-dom/client'
import type { Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AppError } from '../../../../electron/shared/app-error'
import { LogTab } from '../../../../renderer/src/pages/run/log-tab'
import { fakeJob } from '../../../support/fake-data'
import { fakeTunesmith } from '../../../support/fake-tunesmith'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
let root: Root
let box: HTMLElement
beforeEach(() => {
  vi.useFakeTimers()
  box = document.createElement('div')
  root = createRoot(box)
})
afterEach(() => {
  act(() => { root.unmount() })
  vi.useRealTimers()
})

it('shows the log again once it can be read (catches an error that outlives its cause)', async () => {
  const fake = fakeTunesmith()
  let gone = true
  fake.answer('jobs.file', () => {
    if (gone) throw new AppError('ENGINE_GONE', 'gone')
    return { text: 'Starting the training job', truncated: false }
  })
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  await act(async () => {
    root.render(<LogTab job={fakeJob(21, { backend: 'sagemaker', state: 'running' })} />)
    await vi.advanceTimersByTimeAsync(0)
  })
  expect(box.textContent).toContain('The engine is restarting.')
  gone = false
  await act(() => vi.advanceTimersByTimeAsync(5_000))
  expect(box.textContent).toBe('Starting the training job')
})
