import { on, request } from '../bridge'
import type { SeriesSource } from './series-store'

/** Series from the engine, over the port. */
export const engineSource: SeriesSource = {
  tail: (jobId, afterSeq, limit) => request('metrics.tail', { jobId, afterSeq, limit }),
  overview: (jobId, metric, maxBuckets) => request('metrics.overview', { jobId, metric, maxBuckets }),
  window: (jobId, fromStep, toStep, limit) => request('metrics.window', { jobId, fromStep, toStep, limit }),
  onHint: (listener) => on('job.changed', listener),
}
