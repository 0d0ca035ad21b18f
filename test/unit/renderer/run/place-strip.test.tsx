import { act } from 'react'
import { createRoot } from 'react-dom/client'
import type { Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobBudget } from '../../../../electron/shared/cloud'
import { PlaceStrip } from '../../../../renderer/src/pages/run/place-strip'
import { fakeBill, fakeCloudJobs } from '../../../support/fake-cloud'
import { fakeTunesmith } from '../../../support/fake-tunesmith'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
let root: Root
let box: HTMLElement
beforeEach(() => {
  box = document.createElement('div')
  root = createRoot(box)
})
afterEach(() => { act(() => { root.unmount() }) })

const [running] = fakeCloudJobs
if (running === undefined) throw new Error('no job')

async function show(budget: JobBudget | null, usd: number | null): Promise<string | null> {
  const reply = await fakeTunesmith({ jobs: [running!] }).request('jobs.get', { jobId: running!.id })
  if (!reply.ok) throw new Error(reply.error.message)
  const detail = { ...reply.data, request: { ...reply.data.request, budget }, bill: { ...fakeBill, usd } }
  act(() => { root.render(<PlaceStrip job={running!} detail={detail} />) })
  return box.querySelector('.run-notice')?.textContent ?? null
}

describe('the budget of a run elsewhere', () => {
  it('is said when it is nearly used up, and when it is, with what follows (catches a cost that only a notification tells)', async () => {
    expect(await show({ limitUsd: 2, stop: true }, 1.2)).toBeNull()
    expect(box.textContent).toContain('budget $2.00')
    expect(await show({ limitUsd: 2, stop: true }, 1.7)).toBe('85% of its budget of $2.00 is used. At the budget it is stopped and keeps what it saved.')
    expect(await show({ limitUsd: 2, stop: true }, 2.1)).toBe('Its budget of $2.00 is used up. It is being stopped and keeps what it saved.')
    expect(await show({ limitUsd: 2, stop: false }, 2.1)).toBe('Its budget of $2.00 is used up. It goes on, since its budget only warns.')
  })

  it('is not spoken of where there is none, or where the cost is not known (catches a guess about money)', async () => {
    expect(await show(null, 2.1)).toBeNull()
    expect(box.textContent).not.toContain('budget')
    expect(await show({ limitUsd: 2, stop: true }, null)).toBeNull()
  })
})
