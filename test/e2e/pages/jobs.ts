import { readFileSync } from 'node:fs'
import type { Page } from 'playwright'
import { expect } from 'playwright/test'
import { RunStatus, runPath } from '../../../electron/process/run-folder'
import type { JobId } from '../../../electron/shared/ids'
import type { JobDetail } from '../../../electron/shared/job'
import type { BackendId, TrainingSettings } from '../../../electron/shared/job-spec'
import { terminalStates } from '../../../electron/shared/job-state-groups'
import type { JobState } from '../../../electron/shared/job-state'
import { metricNames } from '../../../electron/shared/metric-names'
import { eventsOf, readEvents } from '../../support/training-run'
import { ask, pythonMs } from './tunesmith'

export interface NewJob {
  readonly name: string
  readonly settings?: Partial<TrainingSettings>
  readonly backend?: BackendId
  /** The demo model without it. */
  readonly modelId?: JobDetail['job']['modelId']
}

/** A job on the CPU with the sample; the lighter backend, since its start is the shortest. */
export async function createJob(page: Page, { name, settings = {}, backend = 'huggingface', modelId }: NewJob): Promise<JobId> {
  const model = modelId ?? (await ask(page, 'models.list')).find(({ kind }) => kind === 'demo')?.id
  const dataset = (await ask(page, 'datasets.list')).find(({ kind }) => kind === 'sample')
  if (model === undefined || dataset === undefined) throw new Error('the demo model or the sample is missing')
  const defaults = await ask(page, 'jobs.defaults', { modelId: model, datasetId: dataset.id, backend, method: 'lora' })
  const created = await ask(page, 'jobs.create', { name, backend, modelId: model, datasetId: dataset.id, device: { kind: 'cpu' }, settings: { ...defaults.settings, ...settings } })
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}

/** Steps that take long enough to do something while they go on. */
export const longRun: Partial<TrainingSettings> = { length: { kind: 'steps', steps: 20_000 }, evaluateEverySteps: 0, checkpointEverySteps: 0 }

export const detailOf = (page: Page, jobId: JobId): Promise<JobDetail> => ask(page, 'jobs.get', { jobId })

export async function untilStep(page: Page, jobId: JobId, step: number): Promise<void> {
  await expect.poll(async () => {
    const { job, end } = await detailOf(page, jobId)
    if (terminalStates.includes(job.state) && job.step < step) throw new Error(`${job.state} at step ${job.step}: ${end?.lastLines.join('\n') ?? ''}`)
    return job.step
  }, { timeout: pythonMs }).toBeGreaterThanOrEqual(step)
}

/** Waits for the end, which must be the given one. */
export async function untilEnded(page: Page, jobId: JobId, state: JobState, timeout = pythonMs): Promise<JobDetail> {
  await expect.poll(async () => terminalStates.includes((await detailOf(page, jobId)).job.state), { timeout }).toBe(true)
  const detail = await detailOf(page, jobId)
  expect(detail.job.state, detail.end?.lastLines.join('\n') ?? 'no last lines').toBe(state)
  return detail
}

export function runFolderOf(detail: JobDetail): string {
  if (detail.runFolder === null) throw new Error('the run has no folder')
  return detail.runFolder
}

/** Trainer and supervisor of a run that goes on. */
export async function processesOf(page: Page, jobId: JobId): Promise<{ readonly trainer: number; readonly supervisor: number }> {
  const { trainerPid, supervisorPid } = RunStatus.parse(JSON.parse(readFileSync(runPath(runFolderOf(await detailOf(page, jobId)), 'status'), 'utf8')))
  if (trainerPid === null) throw new Error('the trainer has not started')
  return { trainer: trainerPid, supervisor: supervisorPid }
}

/** Every point of events.jsonl is in the database once and as it was written; returns how many there are. */
export async function expectWholeCurve(page: Page, jobId: JobId): Promise<number> {
  const written = eventsOf(await readEvents(runFolderOf(await detailOf(page, jobId))), 'metrics')
  const points = await ask(page, 'metrics.tail', { jobId, afterSeq: -1, limit: 50_000 })
  const stored = Array.from(points.seq, (seq, row) => ({
    seq,
    step: points.step[row],
    values: Object.fromEntries(metricNames.flatMap((name) => {
      const value = points.values[name]?.[row]
      return value === undefined || Number.isNaN(value) ? [] : [[name, value]]
    })),
  }))
  expect(points.more).toBe(false)
  expect(stored).toEqual(written.map(({ seq, step, values }) => ({ seq, step, values })))
  return stored.length
}
