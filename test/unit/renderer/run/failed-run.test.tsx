import { act } from 'react'
import { describe, expect, it, vi } from 'vitest'
import type { FailureCause } from '../../../../electron/shared/job-state'
import { FailedRun } from '../../../../renderer/src/pages/run/failed-run'
import { createChartView } from '../../../../renderer/src/charts/chart-view'
import { fakeJob } from '../../../support/fake-data'
import { answerProposals } from '../../../support/fake-proposal'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()
const cause: FailureCause = { kind: 'out-of-memory', evidence: 'CUDA out of memory.', details: {} }
const job = fakeJob(1, { state: 'failed', step: 231, loss: null, evalLoss: null, spark: [], cause })


async function show(withProposal: boolean): Promise<void> {
  const fake = fakeTunesmith({ jobs: [job] })
  if (withProposal) answerProposals(fake)
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  await act(async () => {
    mounted.root.render(<FailedRun job={job} cause={cause} detail={null} runs={[]} view={createChartView()} frameRef={{ current: null }} subscribe={() => () => undefined} onShowAll={() => undefined} />)
    await Promise.resolve()
  })
}
const section = (label: string): HTMLElement | null => mounted.box.querySelector(`section[aria-label="${label}"]`)
const buttons = (): string[] => [...mounted.box.querySelectorAll('button')].map((one) => one.textContent)

describe('the page of a failed run', () => {
  it('says the smaller batch once, with its button, where a run is proposed (catches the same advice twice)', async () => {
    await show(true)
    await vi.waitFor(() => { expect(section('Next run')).not.toBeNull() })
    expect(section('Next run')?.textContent).toContain('Micro-batch')
    expect(section('Next step')?.textContent).not.toMatch(/micro-batch/i)
    expect(section('Next step')?.textContent).toContain('Close other programs that hold GPU memory.')
    expect(buttons()).toContain('Edit first')
    expect(buttons()).not.toContain('Edit settings first')
  })

  it('keeps the advice in words, and the way to the settings, where none is proposed (catches a page without a next step)', async () => {
    await show(false)
    await vi.waitFor(() => { expect(section('Next step')?.textContent).toContain('Micro-batch 4 to 2') })
    expect(section('Next run')).toBeNull()
    expect(buttons()).toContain('Edit settings first')
  })
})
