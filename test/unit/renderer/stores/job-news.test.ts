import { beforeEach, expect, it } from 'vitest'
import { announceJobs } from '../../../../renderer/src/stores/job-news'
import { useUi } from '../../../../renderer/src/stores/ui'
import { fakeCloudJobs } from '../../../support/fake-cloud'
import { fakeJob } from '../../../support/fake-data'

const spot = fakeCloudJobs.find((job) => job.phase?.attention === true) ?? fakeJob(1)
const calm = { ...spot, phase: null }

beforeEach(() => { useUi.setState({ toasts: [] }) })

it('says once that a place needs the user, with the command to type (catches a login that runs out unseen, and a toast for every poll)', () => {
  announceJobs([calm], [spot])
  announceJobs([spot], [spot])
  expect(useUi.getState().toasts.map(({ title, detail }) => [title, detail])).toEqual([['qwen3-8b-support-spot: Your AWS login has run out', 'Type in a terminal: aws sso login --profile research-sso']])
  announceJobs([spot], [calm])
  announceJobs([calm], [spot])
  expect(useUi.getState().toasts).toHaveLength(2)
})
