import { describe, expect, it } from 'vitest'
import { groupJobs, matches } from '../../../../renderer/src/pages/queue/queue-groups'
import { groupIssues } from '../../../../renderer/src/pages/datasets/validation'
import { uncomparedModel } from '../../../../renderer/src/pages/home/uncompared'
import { fakeJob, fakeJobs, fakeModels, fakeThreads, modelId } from '../../../support/fake-data'

describe('the queue', () => {
  it('orders waiting runs by their place, not by when they were made', () => {
    const waiting = groupJobs([fakeJob(1, { state: 'queued', queuePosition: 2 }), fakeJob(2, { state: 'queued', queuePosition: 1 })]).find((group) => group.id === 'waiting')
    expect(waiting?.items.map((job) => job.queuePosition)).toEqual([1, 2])
  })

  it('loses no run between its groups', () => {
    expect(groupJobs(fakeJobs).flatMap((group) => group.items)).toHaveLength(fakeJobs.length)
  })

  it('finds runs by every word in name, tags, data or state', () => {
    const job = fakeJob(1, { name: 'alpha', tags: ['night'], state: 'failed' })
    expect(['', 'ALPHA', 'night failed', 'support'].map((filter) => matches(job, filter))).toEqual([true, true, true, true])
    expect(matches(job, 'alpha day')).toBe(false)
  })
})

describe('validation', () => {
  it('puts errors first and keeps the complete count where only the first lines are known', () => {
    const groups = groupIssues(fakeThreads.report)
    expect(groups.map((group) => [group.severity, group.total])).toEqual([['error', 5], ['error', 2], ['error', 1], ['warning', 2]])
  })
})

describe('the hint to compare', () => {
  it('names the newest tuned model whose base is still there', () => {
    expect(uncomparedModel(fakeModels, [])?.tuned.id).toBe(modelId(11))
    expect(uncomparedModel(fakeModels.filter((model) => model.baseModelId !== null), [])).toBeNull()
  })
})
