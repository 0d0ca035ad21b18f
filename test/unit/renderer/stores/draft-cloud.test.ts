import { beforeEach, describe, expect, it, vi } from 'vitest'
import { JobRequest } from '../../../../electron/shared/job-spec'
import { canStart, requestOf, useDraft } from '../../../../renderer/src/stores/draft'
import { changeCloud, cloudDefaults } from '../../../../renderer/src/stores/draft-cloud'
import { answerCloud, connectionId, fakeAws, fakeAzure, fakeCloudPlan, fakePlace, fakeProposals } from '../../../support/fake-cloud'
import { datasetId, fakePlan, fakeSettings, jobId, modelId } from '../../../support/fake-data'
import { answerRuns } from '../../../support/fake-runs'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'

let fake: FakeTunesmith
const initial = useDraft.getState()
const aws = fakePlace(1, fakeAws)
const azure = fakePlace(2, fakeAzure)

beforeEach(() => {
  fake = fakeTunesmith()
  answerRuns(fake)
  answerCloud(fake)
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  useDraft.setState(initial, true)
})

const settled = (): Promise<void> => vi.waitFor(() => { expect(useDraft.getState()).toMatchObject({ planning: false, plan: expect.anything() }) })
const begin = async (): Promise<void> => {
  useDraft.getState().choose({ modelId: modelId(1), datasetId: datasetId(1) })
  await settled()
}
const plansAsked = (): readonly unknown[] => fake.asked.filter((one) => one.route === 'jobs.plan').map((one) => one.input)

describe('a run that goes elsewhere', () => {
  it('asks for a plan with options that the gate takes, for both kinds (catches a request that the engine refuses)', async () => {
    await begin()
    useDraft.getState().chooseWhere(aws)
    await settled()
    expect(JobRequest.parse(requestOf(useDraft.getState()))).toMatchObject({ backend: 'sagemaker', device: { kind: 'auto' }, cloud: { kind: 'sagemaker', connectionId: connectionId(1), trainer: 'unsloth' } })
    useDraft.getState().chooseWhere(azure)
    useDraft.getState().choose({ modelId: modelId(21) })
    await settled()
    expect(JobRequest.parse(requestOf(useDraft.getState()))).toMatchObject({ backend: 'openai', modelId: modelId(21), cloud: { kind: 'openai', epochs: 'auto', trainingType: 'globalStandard' } })
  })

  it('puts the model of this machine aside while a service trains, and brings it and the trainer back (catches a local model sent to a service)', async () => {
    await begin()
    useDraft.getState().choose({ backend: 'huggingface' })
    await settled()
    useDraft.getState().chooseWhere(azure)
    expect(useDraft.getState()).toMatchObject({ modelId: null, plan: null, backend: 'openai' })
    expect(requestOf(useDraft.getState())).toBeNull()
    useDraft.getState().chooseWhere(null)
    await settled()
    expect(useDraft.getState()).toMatchObject({ modelId: modelId(1), backend: 'huggingface', cloud: null })
  })

  it('takes the proposed machine once, and never after the user chose one (catches a choice that jumps back)', async () => {
    await begin()
    const wanted = fakeProposals[1]?.instanceType ?? ''
    fake.answer('jobs.plan', ({ cloud }) => {
      const plan = cloud === null || cloud === undefined ? fakePlan : fakeCloudPlan(cloud)
      return plan.cloud === null ? plan : { ...plan, cloud: { ...plan.cloud, proposals: [1, 0, 2].flatMap((index) => fakeProposals[index] ?? []) } }
    })
    useDraft.getState().chooseWhere(aws)
    await settled()
    expect(useDraft.getState().cloud).toMatchObject({ instanceType: wanted })
    useDraft.getState().changeCloud({ instanceType: 'ml.g4dn.2xlarge' })
    await settled()
    useDraft.getState().change({ rank: 64 })
    await settled()
    expect(useDraft.getState().cloud).toMatchObject({ instanceType: 'ml.g4dn.2xlarge' })
  })

  it('does not ask for ever when each plan proposes another machine (catches a loop between window and engine)', async () => {
    await begin()
    let turn = 0
    fake.answer('jobs.plan', ({ cloud }) => {
      const plan = cloud === null || cloud === undefined ? fakePlan : fakeCloudPlan(cloud)
      return plan.cloud === null ? plan : { ...plan, cloud: { ...plan.cloud, proposals: [{ ...fakeProposals[0]!, instanceType: `ml.turn${++turn}.large` }] } }
    })
    const before = plansAsked().length
    useDraft.getState().chooseWhere(aws)
    await settled()
    expect(plansAsked().length - before).toBe(2)
  })

  it('keeps what the user changed when the place changes (catches settings that are lost on the way)', async () => {
    await begin()
    useDraft.getState().change({ rank: 64 })
    useDraft.getState().chooseWhere(aws)
    await settled()
    expect(useDraft.getState().settings?.rank).toBe(64)
  })

  it('sends a budget with the plan and the job (catches a limit that only the page knows)', async () => {
    await begin()
    useDraft.getState().chooseWhere(aws)
    await settled()
    useDraft.getState().setBudget({ limitUsd: 5, stop: true })
    await settled()
    expect(plansAsked().at(-1)).toMatchObject({ budget: { limitUsd: 5, stop: true } })
  })

  it('cannot start while its cost is being worked out anew (catches a job that is paid for unseen)', async () => {
    await begin()
    useDraft.getState().chooseWhere(aws)
    await settled()
    expect(canStart(useDraft.getState())).toBe(true)
    useDraft.getState().changeCloud({ instanceCount: 4 })
    expect(canStart(useDraft.getState())).toBe(false)
    await settled()
    expect(canStart(useDraft.getState())).toBe(true)
  })

  it('takes place, machine and budget from a run that is started again (catches a copy that trains on this machine)', async () => {
    const cloud = { ...cloudDefaults(aws, 'huggingface'), instanceType: 'ml.g6e.2xlarge' }
    useDraft.getState().takeJob(JobRequest.parse({ name: 'old', backend: 'sagemaker', modelId: modelId(1), datasetId: datasetId(1), device: { kind: 'auto' }, settings: fakeSettings, cloud, budget: { limitUsd: 9, stop: false } }))
    await settled()
    expect(useDraft.getState()).toMatchObject({ backend: 'sagemaker', cloud: { instanceType: 'ml.g6e.2xlarge', trainer: 'huggingface' }, budget: { limitUsd: 9, stop: false }, local: { backend: 'huggingface' } })
  })
})

describe('options of a rented machine', () => {
  it('wait only with spot, and never shorter than the run (catches a job that SageMaker refuses)', () => {
    const first = cloudDefaults(aws, 'unsloth')
    expect(first).toMatchObject({ spot: false, maxWaitSeconds: null })
    const spot = changeCloud(first, { spot: true })
    expect(spot).toMatchObject({ maxWaitSeconds: 2 * 86_400 })
    expect(changeCloud(spot, { maxRunSeconds: 3 * 86_400 })).toMatchObject({ maxWaitSeconds: 3 * 86_400 })
    expect(changeCloud(spot, { spot: false })).toMatchObject({ maxWaitSeconds: null })
  })
})

describe('the fake', () => {
  it('has a run elsewhere whose request the gate takes (catches pages that are only looked at with impossible data)', async () => {
    fake.state.jobs = [...fake.state.jobs, { ...fake.state.jobs[0]!, id: jobId(21), backend: 'sagemaker' }]
    const reply = await fake.request('jobs.get', { jobId: jobId(21) })
    expect(reply.ok && JobRequest.safeParse(reply.data.request).success).toBe(true)
  })
})
