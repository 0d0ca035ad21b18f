import type { JobId } from '../../../electron/shared/ids'
import type { JobSummary } from '../../../electron/shared/job'
import { request } from '../bridge'
import { go } from '../router'
import { attempt } from '../stores/attempt'
import { useDraft } from '../stores/draft'
import { ask, toast } from '../stores/ui'
import { count } from '../text/format'
import { runsElsewhere } from '../text/places'

/** Asks how to stop a run, then stops it. A waiting run is simply taken off the queue. */
export async function stopJob(job: JobSummary): Promise<void> {
  if (job.state === 'queued' || job.state === 'draft') {
    await attempt(() => request('jobs.cancel', { jobId: job.id, mode: 'save' }))
    return
  }
  const stopping = job.state === 'cancelling'
  if (runsElsewhere(job)) {
    if (!stopping && (await ask(stopThere(job))) === 'confirm') await attempt(() => request('jobs.cancel', { jobId: job.id, mode: 'save' }))
    return
  }
  const answer = await ask({
    title: stopping ? `Force ${job.name} to stop?` : `Stop and save ${job.name}?`,
    body: stopping
      ? 'It is saving a checkpoint. Force stop ends it at once; what was not saved is lost.'
      : `It finishes the current step and saves a checkpoint${job.step > 0 ? ` at step ${count(job.step)}` : ''}. You can resume from there. Force stop ends it at once and keeps only earlier checkpoints.`,
    confirm: stopping ? 'Keep saving' : 'Stop and save',
    keep: 'Keep running',
    other: 'Force stop',
  })
  if (answer === 'keep' || (answer === 'confirm' && stopping)) return
  await attempt(() => request('jobs.cancel', { jobId: job.id, mode: answer === 'other' ? 'force' : 'save' }))
}

/** What stopping means at a place: there is one way, and what was used is billed. */
function stopThere(job: JobSummary): Parameters<typeof ask>[0] {
  if (job.state === 'preparing') return { title: `Stop ${job.name} before it begins?`, body: 'Sending ends, and what a half-sent job would leave at the place is taken back.', confirm: 'Stop it', keep: 'Keep going' }
  return job.backend === 'openai'
    ? { title: `Cancel ${job.name}?`, body: 'The service ends it and keeps the checkpoints that it has finished. What it has trained until then may be billed. It cannot be resumed.', confirm: 'Cancel job', keep: 'Keep running', danger: true }
    : { title: `Stop and save ${job.name}?`, body: 'SageMaker asks the script to stop and gives it two minutes to save. What was saved is fetched; the time until then is billed.', confirm: 'Stop and save', keep: 'Keep running' }
}

/** Removes an ended run after a question; its toast can bring it back. */
export async function removeJob(job: JobSummary): Promise<void> {
  const answer = await ask({
    title: `Delete ${job.name}?`,
    body: runsElsewhere(job)
      ? 'The run leaves the list with its curve and what came back of it. Nothing is deleted at its place. You can undo it from the message that follows.'
      : 'The run leaves the list with its curve, its checkpoints and its adapter. You can undo it from the message that follows; after that its files are cleaned up.',
    confirm: 'Delete run',
    danger: true,
  })
  if (answer !== 'confirm') return
  const removed = await attempt(async () => {
    await request('jobs.remove', { jobId: job.id })
    return true
  })
  if (removed === null) return
  toast({ title: 'Run deleted', detail: job.name, action: { label: 'Undo', run: () => void attempt(() => request('jobs.restore', { jobId: job.id })) } })
}

/** Runs from which a new one is being made. */
const continued = new Set<JobId>()

/** Makes a new run from an ended one; a second press before the answer would make another, so it does nothing. */
async function continueOnce({ id }: Pick<JobSummary, 'id'>, make: () => Promise<void>): Promise<void> {
  if (continued.has(id)) return
  continued.add(id)
  try {
    await make()
  } finally {
    continued.delete(id)
  }
}

/** Starts an ended run again as it was. */
export const retryJob = (job: JobSummary): Promise<void> =>
  continueOnce(job, async () => {
    const answer = await attempt(() => request('jobs.retry', { jobId: job.id }))
    if (answer === null) return
    if ('jobId' in answer) go({ page: 'run', id: answer.jobId })
    else toast({ title: `${job.name} cannot start again as it was`, detail: answer.refused.map((issue) => issue.message).join(' '), tone: 'bad' })
  })

/** Opens Train with the settings of a run. */
export async function duplicateJob(job: JobSummary): Promise<void> {
  const detail = await attempt(() => request('jobs.get', { jobId: job.id }))
  if (detail === null) return
  useDraft.getState().takeJob(detail.request)
  go({ page: 'train' })
}

/** Goes on from a checkpoint as a new run. */
export const resumeFrom = (job: JobSummary, step: number): Promise<void> => continueOnce(job, () => resumeAt(job, step))

/** Goes on from the newest checkpoint as a new run. */
export const resumeJob = (job: JobSummary): Promise<void> =>
  continueOnce(job, async () => {
    const detail = await attempt(() => request('jobs.get', { jobId: job.id }))
    if (detail === null) return
    const newest = detail.checkpoints.filter((one) => one.present).toSorted((a, b) => b.step - a.step)[0]
    if (newest === undefined) toast({ title: `${job.name} kept no checkpoint`, detail: 'Next: start it again from the beginning with Retry.', tone: 'warn' })
    else await resumeAt(job, newest.step)
  })

async function resumeAt(job: JobSummary, step: number): Promise<void> {
  const answer = await attempt(() => request('jobs.resume', { jobId: job.id, step, name: null }))
  if (answer === null) return
  if ('jobId' in answer) go({ page: 'run', id: answer.jobId })
  else toast({ title: 'The run cannot be resumed', detail: answer.refused.map((issue) => issue.message).join(' '), tone: 'bad' })
}

/** Adopts a run folder that the user picks. */
export async function openRunFolder(): Promise<void> {
  const answer = await attempt(async () => {
    const picked = await request('files.pick', { purpose: 'run-folder' })
    return picked === null ? null : request('jobs.importFolder', { token: picked.token })
  })
  if (answer === null) return
  if ('jobId' in answer) go({ page: 'run', id: answer.jobId })
  else toast({ title: 'This folder is not a run', detail: answer.problem, tone: 'bad' })
}
