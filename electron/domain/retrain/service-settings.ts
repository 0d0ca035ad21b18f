import type { JobRequest, TrainingSettings } from '../../shared/job-spec'
import type { SpecChange } from '../../shared/retrain'

/** Fields that a fine-tuning service knows too. */
const serviceFields: readonly (keyof TrainingSettings)[] = ['length', 'learningRate']

/**
 * The settings as the rules read them. A service takes epochs and a multiplier of its own learning rate instead; the multiplier then stands
 * for the rate, `auto` for 1, and there is no adapter to change. `epochs` is how many the run did, for `auto`.
 */
export function readSettings({ settings, cloud }: Pick<JobRequest, 'settings' | 'cloud'>, epochs: number): TrainingSettings {
  if (cloud?.kind !== 'openai') return settings
  const rate = cloud.learningRateMultiplier === 'auto' ? 1 : cloud.learningRateMultiplier
  return { ...settings, method: 'full', learningRate: rate, length: { kind: 'epochs', epochs: cloud.epochs === 'auto' ? Math.max(1, Math.round(epochs)) : cloud.epochs } }
}

/** Usual settings beside those: the service's own rate is 1. */
export const usualBeside = (cloud: JobRequest['cloud'], usual: TrainingSettings | null): TrainingSettings | null =>
  usual !== null && cloud?.kind === 'openai' ? { ...usual, learningRate: 1 } : usual

/** The changes that the place of a job can make, within its bounds: all of them for our own script, epochs and multiplier for a service. */
export function possibleChanges(cloud: JobRequest['cloud'], changes: readonly SpecChange[]): readonly SpecChange[] {
  if (cloud?.kind !== 'openai') return changes
  return changes.flatMap((change) => {
    if (!serviceFields.includes(change.field)) return []
    const to = typeof change.to === 'object' && 'kind' in change.to && change.to.kind === 'epochs' ? { kind: 'epochs' as const, epochs: Math.max(1, Math.min(50, Math.ceil(change.to.epochs))) } : change.to
    return JSON.stringify(to) === JSON.stringify(change.from) ? [] : [{ ...change, to }]
  })
}

/** The options of a service with the changed settings in them. */
export function cloudWith(cloud: JobRequest['cloud'], changes: readonly SpecChange[], settings: TrainingSettings): JobRequest['cloud'] {
  if (cloud?.kind !== 'openai') return cloud
  const changed = new Set(changes.map(({ field }) => field))
  return {
    ...cloud,
    ...(changed.has('length') && settings.length.kind === 'epochs' ? { epochs: settings.length.epochs } : {}),
    ...(changed.has('learningRate') ? { learningRateMultiplier: Math.min(100, settings.learningRate) } : {}),
  }
}
