import { beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '../../../../electron/shared/app-error'
import { canStart, changedSettings, startDraft, useDraft } from '../../../../renderer/src/stores/draft'
import { datasetId, fakePlan, fakeSettings, jobId, modelId } from '../../../support/fake-data'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'

let fake: FakeTunesmith
const initial = useDraft.getState()

beforeEach(() => {
  fake = fakeTunesmith()
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  useDraft.setState(initial, true)
})

const settled = (): Promise<void> => vi.waitFor(() => { expect(useDraft.getState()).toMatchObject({ planning: false, plan: expect.anything() }) })

describe('the run that is about to start', () => {
  it('asks for defaults and a plan as soon as model and data are chosen', async () => {
    useDraft.getState().choose({ modelId: modelId(1) })
    expect(fake.asked).toEqual([])
    useDraft.getState().choose({ datasetId: datasetId(1) })
    await settled()
    expect(fake.asked.map((one) => one.route)).toEqual(['jobs.defaults', 'jobs.plan'])
    expect(canStart(useDraft.getState())).toBe(true)
  })

  it('keeps what the user changed when the data changes, and the name that was typed', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    useDraft.getState().change({ rank: 64 })
    useDraft.getState().rename('mine')
    useDraft.getState().choose({ datasetId: datasetId(2) })
    await settled()
    expect(changedSettings(useDraft.getState())).toEqual({ rank: 64 })
    expect(useDraft.getState().name).toBe('mine')
  })

  it('takes the learning rate of a new method, because one for adapters ruins a full fine-tune', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    useDraft.getState().change({ learningRate: 9e-4, seed: 1 })
    fake.answer('jobs.defaults', ({ method }) => ({ settings: { ...fakeSettings, method: method ?? 'qlora', learningRate: 1e-5 }, name: 'n', reasons: [] }))
    useDraft.getState().chooseMethod('full')
    await settled()
    expect(useDraft.getState().settings).toMatchObject({ method: 'full', learningRate: 1e-5, seed: 1 })
  })

  it('keeps what the user sets while the defaults of a new method are on their way, and waits for them (catches a choice of steps that jumps back to epochs)', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    let answer = (): void => undefined
    fake.answer('jobs.defaults', ({ method }) => new Promise((resolve) => (answer = () => resolve({ settings: { ...fakeSettings, method: method ?? 'qlora', rank: 99 }, name: 'n', reasons: [] }))) as never)
    useDraft.getState().chooseMethod('lora')
    useDraft.getState().change({ length: { kind: 'steps', steps: 60 } })
    await vi.waitFor(() => { expect(useDraft.getState().plan).not.toBeNull() })
    expect(canStart(useDraft.getState())).toBe(false)
    answer()
    await settled()
    expect(useDraft.getState().settings).toMatchObject({ method: 'lora', rank: 99, length: { kind: 'steps', steps: 60 } })
  })

  it('cannot start while an error stands in the plan', async () => {
    fake.answer('jobs.plan', () => ({ ...fakePlan, issues: [{ severity: 'error', code: 'x', message: 'Too large.', field: null }] }))
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    expect(canStart(useDraft.getState())).toBe(false)
  })

  it('shows a plan that failed as an error and offers no stale plan', async () => {
    fake.answer('jobs.plan', () => { throw new AppError('MODEL_NOT_FOUND', 'gone') })
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await vi.waitFor(() => { expect(useDraft.getState().error).toMatchObject({ code: 'MODEL_NOT_FOUND' }) })
    expect(useDraft.getState().plan).toBeNull()
  })

  it('creates the job, or puts a refusal at its fields', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    await expect(startDraft()).resolves.toBe(jobId(1))
    await settled()
    const issue = { severity: 'error', code: 'rank', message: 'Too high.', field: 'rank' } as const
    fake.answer('jobs.create', () => ({ refused: [issue] }))
    await expect(startDraft()).resolves.toBeNull()
    expect(useDraft.getState().plan?.issues).toEqual([issue])
  })

  it('makes one job however often Start is pressed while the engine checks (catches two runs from a double click)', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    let answer = (): void => undefined
    fake.answer('jobs.create', () => new Promise((resolve) => (answer = () => resolve({ jobId: jobId(1) }))) as never)
    const first = startDraft()
    expect(canStart(useDraft.getState())).toBe(false)
    await expect(startDraft()).resolves.toBeNull()
    answer()
    await expect(first).resolves.toBe(jobId(1))
    expect(fake.asked.filter(({ route }) => route === 'jobs.create')).toHaveLength(1)
    await settled()
    expect(canStart(useDraft.getState())).toBe(true)
  })

  it('can start again after a start that failed (catches a button that turns for ever)', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    fake.answer('jobs.create', () => { throw new AppError('DISK_FULL', 'full') })
    await expect(startDraft()).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(canStart(useDraft.getState())).toBe(true)
  })

  it('starts with a number that was just typed while its plan is on its way (catches a press on Start that is lost, and one that takes the old number)', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    useDraft.getState().change({ rank: 64 })
    expect(useDraft.getState().planning).toBe(true)
    expect(canStart(useDraft.getState())).toBe(true)
    await startDraft()
    expect(fake.asked.find(({ route }) => route === 'jobs.create')?.input).toMatchObject({ settings: { rank: 64 } })
  })

  it('cannot start while the text of a field is no value (catches a run with the rate from before the slip)', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    useDraft.getState().mark('Learning rate', true)
    expect(canStart(useDraft.getState())).toBe(false)
    useDraft.getState().mark('Learning rate', false)
    expect(canStart(useDraft.getState())).toBe(true)
  })

  it('gives the next run a name of its own and keeps method and changes (catches two runs of one name)', async () => {
    useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
    await settled()
    useDraft.getState().chooseMethod('lora')
    await settled()
    useDraft.getState().change({ rank: 64 })
    await settled()
    fake.answer('jobs.defaults', ({ method }) => ({ settings: { ...fakeSettings, method: method ?? 'qlora' }, name: 'qwen3-8b-support-r16-2', reasons: [] }))
    await startDraft()
    await settled()
    expect(useDraft.getState()).toMatchObject({ name: 'qwen3-8b-support-r16-2', settings: { method: 'lora', rank: 64 } })
  })
})
