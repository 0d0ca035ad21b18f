import { describe, expect, test } from 'vitest'
import { FailureCauseKind } from '../../../../electron/shared/job-state'
import { causeText } from '../../../../renderer/src/text/causes'
import { fakeJob } from '../../../support/fake-data'

const job = fakeJob(1, { state: 'failed', step: 231, totalSteps: 632 })

describe('causes in words', () => {
  test.each(FailureCauseKind.options)('%s has a title, a reason and a next step', (kind) => {
    const text = causeText(job, { kind, evidence: 'x', details: {} })
    expect(text.title).not.toBe('')
    expect(text.why).toMatch(/\.$/)
    expect(text.next.length).toBeGreaterThan(0)
    expect(text.actions.length).toBeGreaterThan(0)
    expect(`${text.title} ${text.why} ${[...(text.change ?? []), ...text.next].join(' ')}`).not.toMatch(/undefined|NaN [GMkb]|null|!/)
  })

  test('out of memory names the step, the sizes, and a change that keeps the effective batch', () => {
    const text = causeText(job, { kind: 'out-of-memory', evidence: 'x', details: { memory: 'gpu', requestedBytes: 3.91 * 2 ** 30, freeBytes: 1.12 * 2 ** 30, totalBytes: 23.64 * 2 ** 30 } })
    expect(text.title).toBe('The GPU ran out of memory at step 231 of 632')
    expect(text.why).toBe('The next piece needed 3.9 GB; 1.1 GB of 23.6 GB was free.')
    expect(text.change?.[0]).toBe('Micro-batch 4 to 2 and accumulation 4 to 8 keep the effective batch and need less.')
  })

  test('a micro-batch of 1 is not halved', () => {
    const one = { ...job, settings: { ...job.settings, microBatch: 1 } }
    expect(causeText(one, { kind: 'out-of-memory', evidence: 'x', details: {} }).change?.[0]).toContain('Cut rows shorter')
  })

  test('a failure before the first step says so', () => {
    expect(causeText({ ...job, step: 0 }, { kind: 'killed', evidence: 'x', details: { signal: 'SIGKILL' } }).title).toBe('The run was ended from outside before the first step')
  })
})
