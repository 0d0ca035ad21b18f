import type { JobSummary } from '../../../../electron/shared/job'
import type { RowGroup } from '../../components/data-table'
import { backendWords, isActive, isEnded, methodOf, stateWords } from '../../text/job-words'
import { placeOf } from '../../text/places'

/** Running, waiting in their order, ended with the newest first. */
export function groupJobs(jobs: readonly JobSummary[]): readonly RowGroup<JobSummary>[] {
  const waiting = jobs.filter((job) => !isActive(job) && !isEnded(job))
  const byPlace = waiting.toSorted((a, b) => (a.queuePosition ?? Infinity) - (b.queuePosition ?? Infinity) || a.createdAtMs - b.createdAtMs)
  const ended = jobs.filter(isEnded).toSorted((a, b) => (b.finishedAtMs ?? b.createdAtMs) - (a.finishedAtMs ?? a.createdAtMs))
  return [
    { id: 'running', title: 'Running', items: jobs.filter(isActive) },
    { id: 'waiting', title: 'Waiting, in this order', items: byPlace },
    { id: 'ended', title: 'Ended', items: ended },
  ]
}

/** Every word of the filter stands somewhere in the run's name, state, model, data, method, place, tags or note. */
export function matches(job: JobSummary, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return true
  const text = [job.name, stateWords[job.state].word, job.modelName, job.datasetName, methodOf(job), backendWords[job.backend], placeOf(job) ?? '', ...job.tags, job.note].join('\n').toLowerCase()
  return words.every((word) => text.includes(word))
}
