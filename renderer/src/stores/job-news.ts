import type { RunPhase } from '../../../electron/shared/cloud'
import type { JobSummary } from '../../../electron/shared/job'
import type { JobState } from '../../../electron/shared/job-state'
import { duration, loss, percent } from '../text/format'
import { causeWords, progressOf, secondsOf } from '../text/job-words'
import { go } from '../router'
import { say, sayNow } from './live-line'
import { toast } from './ui'

const ended: readonly JobState[] = ['succeeded', 'failed', 'interrupted']

/** Tells the user, once, of runs that just ended or began. */
export function announceJobs(before: readonly JobSummary[], changed: readonly JobSummary[]): void {
  const old = new Map(before.map((job) => [job.id, job]))
  for (const job of changed) {
    const was = old.get(job.id)
    if (was === undefined) continue
    if (was.state !== job.state && ended.includes(job.state)) announceEnd(job)
    else if (job.phase?.attention === true && was.phase?.attention !== true) announceNeed(job, job.phase)
    else if (was.state !== 'running' && job.state === 'running') say(`${job.name} is running.`)
    else if (job.state === 'running') announceProgress(was, job)
  }
}

function announceEnd(job: JobSummary): void {
  const open = { label: 'Open', run: () => { go({ page: 'run', id: job.id }) } }
  if (job.state === 'succeeded') {
    const seconds = secondsOf(job, job.finishedAtMs ?? 0)
    const parts = [seconds === null ? null : duration(seconds), job.bestEvalLoss === null ? null : `best eval loss ${loss(job.bestEvalLoss)} at step ${job.bestStep ?? job.step}`]
    const detail = parts.filter((part) => part !== null).join(' · ')
    toast({ title: `${job.name} finished`, detail, tone: 'good', action: open })
    say(`${job.name} finished. ${detail}`)
    return
  }
  const detail = job.state === 'interrupted' ? `It ended without a word at step ${job.step}.` : `${causeWords[job.cause?.kind ?? 'unknown']} at step ${job.step}.`
  toast({ title: job.state === 'failed' ? `${job.name} failed` : `${job.name} was interrupted`, detail, tone: job.state === 'failed' ? 'bad' : 'warn', action: open })
  sayNow(`${job.name}: ${detail}`)
}

/** A place that waits for the user, such as a login that has run out; the run itself goes on. */
function announceNeed(job: JobSummary, { text, command }: RunPhase): void {
  const detail = command === null ? 'It goes on when that is done.' : `Type in a terminal: ${command}`
  toast({ title: `${job.name}: ${text}`, detail, tone: 'warn', action: { label: 'Open', run: () => { go({ page: 'run', id: job.id }) } } })
  sayNow(`${job.name}: ${text}. ${detail}`)
}

/** Every tenth part of the way, not every step. */
function announceProgress(was: JobSummary, job: JobSummary): void {
  const progress = progressOf(job)
  if (progress !== null && Math.floor(progress * 10) > Math.floor((progressOf(was) ?? 0) * 10)) say(`${job.name}: ${percent(progress, 0)}, step ${job.step}.`)
}
