import type { EarlierRun } from '../domain/time-estimate'
import { signatureOf } from '../services/plans'
import type { Stores } from '../storage/stores'

/** Runs that say something about speed; the newest ones. */
const considered = 50
const leastSteps = 5

/** Step times of finished runs on this machine, for the estimate of the next one. */
export function earlierRuns(stores: Stores): readonly EarlierRun[] {
  return stores.jobs.inStates(['succeeded', 'cancelled']).slice(-considered).flatMap((record) => {
    const { spec, device, request } = record
    const { startedAtMs, step } = stores.jobs.summary(record.id)
    const begun = stores.events.ofKind(record.row, 'train-begin', 1)[0]
    const ended = stores.events.ofKind(record.row, 'train-end', 1)[0]
    if (spec === null || device === null || startedAtMs === null || begun === undefined || ended === undefined) return []
    const steps = step - begun.resumedFromStep
    if (steps < leastSteps || stores.metrics.evaluationCount(record.row) > step) return []
    return [{
      signature: signatureOf(request, device),
      secondsPerStep: (ended.tMs - begun.tMs) / 1000 / steps, startSeconds: (begun.tMs - startedAtMs) / 1000,
    }]
  })
}
