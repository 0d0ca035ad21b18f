import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobSummary } from '../../../../electron/shared/job'
import { useStopCommand } from '../../../../renderer/src/pages/run/use-stop-command'
import { offer, runCommand } from '../../../../renderer/src/shell/commands'
import { resumeFrom, resumeJob, retryJob, stopJob } from '../../../../renderer/src/shell/job-actions'
import { useUi } from '../../../../renderer/src/stores/ui'
import { fakeCloudJobs } from '../../../support/fake-cloud'
import { fakeJob, jobId } from '../../../support/fake-data'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
let fake: FakeTunesmith
const ended = fakeJob(6, { state: 'failed' })
const checkpoint = { step: 200, path: '', evalLoss: null, best: true, sizeBytes: null, present: true, modelId: null }

beforeEach(() => {
  fake = fakeTunesmith()
  const detail = fake.answerOf('jobs.get')
  if (detail === undefined) throw new Error('the fake lacks jobs.get')
  fake.answer('jobs.get', (input) => ({ ...detail(input), checkpoints: [checkpoint] }))
  fake.answer('jobs.retry', () => ({ jobId: jobId(31) }))
  fake.answer('jobs.resume', () => ({ jobId: jobId(32) }))
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  useUi.setState({ toasts: [], question: null })
})

const askedFor = (route: string): number => fake.asked.filter((one) => one.route === route).length
const question = (): string | undefined => useUi.getState().question?.title

describe('going on from an ended run', () => {
  it.each([
    ['Retry', 'jobs.retry', () => retryJob(ended)],
    ['Resume', 'jobs.resume', () => resumeJob(ended)],
    ['Resume from a step', 'jobs.resume', () => resumeFrom(ended, 200)],
  ])('%s makes one run however often it is pressed, and one more when it was answered (catches two runs from a double click)', async (_name, route, press) => {
    await Promise.all([press(), press()])
    expect(askedFor(route)).toBe(1)
    await press()
    expect(askedFor(route)).toBe(2)
  })
})

describe('the question before a stop', () => {
  const elsewhere = (backend: JobSummary['backend'], state: JobSummary['state']): JobSummary => fakeJob(21, { name: 'overnight', backend, state })
  it.each([
    [fakeJob(1, { name: 'overnight', state: 'running' }), 'Stop and save overnight?'],
    [fakeJob(1, { name: 'overnight', state: 'cancelling' }), 'Force overnight to stop?'],
    [elsewhere('sagemaker', 'running'), 'Stop and save overnight?'],
    [elsewhere('sagemaker', 'preparing'), 'Stop overnight before it begins?'],
    [elsewhere('openai', 'running'), 'Cancel overnight?'],
  ])('names the run (catches a yes to the wrong one)', (job, title) => {
    void stopJob(job)
    expect(question()).toBe(title)
    useUi.getState().question?.answer('keep')
  })

  it('is about the run on the screen, not about the first that runs (catches a shortcut that stops another run)', () => {
    const [first, shown] = [fakeJob(1, { name: 'first', state: 'running' }), fakeJob(2, { name: 'on the screen', state: 'running' })]
    const withdraw = offer('stop', () => void stopJob(first))
    const RunPage = ({ job }: { readonly job: JobSummary }) => {
      useStopCommand(job)
      return null
    }
    const root = createRoot(document.createElement('div'))
    act(() => { root.render(<RunPage job={shown} />) })
    runCommand('stop')
    expect(question()).toBe('Stop and save on the screen?')
    act(() => { root.render(<RunPage job={{ ...shown, state: 'succeeded' }} />) })
    runCommand('stop')
    expect(question()).toBe('Stop and save first?')
    act(() => { root.unmount() })
    withdraw()
  })

  it('has no second way at a place, where stopping is one thing (catches a force that nobody can do there)', async () => {
    const [job] = fakeCloudJobs
    if (job === undefined) throw new Error('no job')
    void stopJob(job)
    expect(useUi.getState().question?.other).toBeNull()
    useUi.getState().question?.answer('confirm')
    await vi.waitFor(() => { expect(askedFor('jobs.cancel')).toBe(1) })
  })
})
