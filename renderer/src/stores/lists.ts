import type { ConnectionSummary } from '../../../electron/shared/connection'
import type { ComparisonSummary } from '../../../electron/shared/comparison'
import type { DatasetSummary } from '../../../electron/shared/dataset'
import type { EnvironmentSummary } from '../../../electron/shared/environment'
import type { JobId } from '../../../electron/shared/ids'
import type { JobSummary } from '../../../electron/shared/job'
import type { DownloadState, ModelSummary } from '../../../electron/shared/model'
import { request } from '../bridge'
import { createListStore } from './list-store'

export const useJobs = createListStore<JobSummary>(() => request('jobs.list'))
export const useModels = createListStore<ModelSummary>(() => request('models.list'))
export const useDatasets = createListStore<DatasetSummary>(() => request('datasets.list'))
export const useEnvironments = createListStore<EnvironmentSummary>(() => request('environments.list'))
export const useComparisons = createListStore<ComparisonSummary>(() => request('comparisons.list'))
export const useConnections = createListStore<ConnectionSummary>(() => request('connections.list'))
export const useDownloads = createListStore<DownloadState>(() => request('hub.downloads'))

/** Puts changed jobs in place of their old selves and new ones first. */
export function mergeJobs(items: readonly JobSummary[], changed: readonly JobSummary[], removed: readonly JobId[]): readonly JobSummary[] {
  const byId = new Map(changed.map((job) => [job.id, job]))
  const gone = new Set(removed)
  const kept = items.filter((job) => !gone.has(job.id)).map((job) => byId.get(job.id) ?? job)
  const known = new Set(kept.map((job) => job.id))
  return [...changed.filter((job) => !known.has(job.id) && !gone.has(job.id)), ...kept]
}
