import type { JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import type { ChartFrame } from '../../charts/chart-frame'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'

/** Saves the curves of the shown runs where the user wants them. */
export async function saveCurves(jobs: readonly JobSummary[]): Promise<void> {
  const saved = await attempt(() => request('metrics.saveCsv', { jobIds: jobs.map((job) => job.id) }))
  if (saved !== null) toast({ title: 'Curves saved', detail: saved.path, tone: 'good' })
}

/** Saves the loss chart as it looks now. */
export async function saveChart(name: string, frame: ChartFrame | null): Promise<void> {
  const picture = await frame?.image()
  if (picture === null || picture === undefined) return
  const png = new Uint8Array(await picture.arrayBuffer())
  const saved = await attempt(() => request('metrics.savePng', { name, png }))
  if (saved !== null) toast({ title: 'Chart saved', detail: saved.path, tone: 'good' })
}

export async function openFolder(job: JobSummary): Promise<void> {
  await attempt(() => request('jobs.openFolder', { jobId: job.id }))
}
