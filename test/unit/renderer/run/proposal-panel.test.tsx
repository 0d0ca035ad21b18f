import { act } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobSummary } from '../../../../electron/shared/job'
import type { JobRequest } from '../../../../electron/shared/job-spec'
import type { RetrainProposal } from '../../../../electron/shared/retrain'
import { RunProposal } from '../../../../renderer/src/pages/run/proposal-panel'
import { useDraft } from '../../../../renderer/src/stores/draft'
import { useUi } from '../../../../renderer/src/stores/ui'
import { datasetId, fakeJob, fakeSettings, jobId, modelId } from '../../../support/fake-data'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()
let fake: FakeTunesmith
const draft = useDraft.getState()

const request: JobRequest = {
  name: 'support-2', backend: 'huggingface', modelId: modelId(1), datasetId: datasetId(1), device: { kind: 'auto' }, cloud: null, budget: null,
  settings: { ...fakeSettings, length: { kind: 'epochs', epochs: 1.5 }, learningRate: 1e-4 },
}
const proposal: RetrainProposal = {
  basedOn: jobId(1), request, note: null,
  findings: [{ kind: 'overfitting', step: 120, evidence: 'The evaluation loss was lowest at step 120 (0.812) and ended at 1.034.' }],
  changes: [
    { field: 'length', from: { kind: 'epochs', epochs: 3 }, to: { kind: 'epochs', epochs: 1.5 }, reason: 'Ends near step 120.', finding: 'overfitting' },
    { field: 'learningRate', from: 2e-4, to: 1e-4, reason: 'Half the rate.', finding: 'overfitting' },
  ],
}

beforeEach(() => {
  fake = fakeTunesmith()
  fake.answer('jobs.proposal', () => proposal)
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  window.location.hash = `#/run/${jobId(1)}`
  useDraft.setState(draft, true)
  useUi.setState({ toasts: [] })
})

async function show(job: JobSummary): Promise<void> {
  await act(async () => {
    mounted.root.render(<RunProposal job={job} />)
    await Promise.resolve()
  })
}
const press = async (name: string): Promise<void> => {
  const button = [...mounted.box.querySelectorAll('button')].find((one) => one.textContent === name)
  if (button === undefined) throw new Error(`there is no button ${name}`)
  await act(async () => {
    button.click()
    await Promise.resolve()
  })
}
const asked = (route: string): unknown[] => fake.asked.filter((one) => one.route === route).map((one) => one.input)
const over = fakeJob(1, { state: 'succeeded' })

describe('the next run on the page of one that is over', () => {
  it('shows what was found and each change in the words of Train (catches raw values in the table)', async () => {
    await show(over)
    await vi.waitFor(() => { expect(mounted.box.textContent).toContain('lowest at step 120') })
    expect(asked('jobs.proposal')).toEqual([{ jobId: jobId(1) }])
    const rows = [...mounted.box.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))
    expect(rows).toEqual([['Length', '3 epochs', '→', '1.5 epochs', 'Ends near step 120.'], ['Learning rate', '2e-4', '→', '1e-4', 'Half the rate.']])
    expect(mounted.box.textContent).toContain('Overfitting')
  })

  it('starts it with one press, linked to the run, and goes there (catches a copy without lineage)', async () => {
    fake.answer('jobs.createFrom', () => ({ jobId: jobId(2) }))
    await show(over)
    await vi.waitFor(() => { expect(mounted.box.querySelector('button')).not.toBeNull() })
    await press('Start this run')
    await vi.waitFor(() => { expect(window.location.hash).toBe(`#/run/${jobId(2)}`) })
    expect(asked('jobs.createFrom')).toEqual([{ request, basedOn: jobId(1) }])
  })

  it('says why a start was refused and stays where it is', async () => {
    fake.answer('jobs.createFrom', () => ({ refused: [{ severity: 'error', code: 'disk', message: 'The disk is full.', field: null }] }))
    await show(over)
    await vi.waitFor(() => { expect(mounted.box.querySelector('button')).not.toBeNull() })
    await press('Start this run')
    await vi.waitFor(() => { expect(useUi.getState().toasts).toMatchObject([{ title: 'The changed run cannot start', detail: 'The disk is full.' }]) })
    expect(window.location.hash).toBe(`#/run/${jobId(1)}`)
  })

  it('hands it to Train under its own name, where the start keeps the lineage (catches an edit that forgets the first run)', async () => {
    fake.answer('jobs.createFrom', () => ({ jobId: jobId(3) }))
    await show(over)
    await vi.waitFor(() => { expect(mounted.box.querySelector('button')).not.toBeNull() })
    await press('Edit first')
    expect(window.location.hash).toBe('#/train')
    await vi.waitFor(() => { expect(useDraft.getState()).toMatchObject({ name: 'support-2', basedOn: jobId(1), planning: false, settings: { learningRate: 1e-4, length: { epochs: 1.5 } } }) })
    const { startDraft } = await import('../../../../renderer/src/stores/draft')
    await expect(startDraft()).resolves.toBe(jobId(3))
    expect(asked('jobs.createFrom')).toMatchObject([{ basedOn: jobId(1), request: { name: 'support-2' } }])
    expect(useDraft.getState().basedOn).toBeNull()
  })

  it('does not ask while the run goes on, and offers nothing where nothing was found (catches an empty frame)', async () => {
    await show(fakeJob(1, { state: 'running' }))
    expect(asked('jobs.proposal')).toEqual([])
    fake.answer('jobs.proposal', () => ({ basedOn: jobId(1), findings: [], changes: [], request: null, note: 'Nothing in the curves or the comparisons speaks for another run.' }))
    await show(over)
    await vi.waitFor(() => { expect(mounted.box.textContent).toBe('Nothing in the curves or the comparisons speaks for another run.') })
    expect(mounted.box.querySelector('button')).toBeNull()
  })
})
