import type { StepPlan } from '../shared/estimate'
import type { TrainingSettings } from '../shared/job-spec'

/** Steps that a reader of the settings can follow; rows of the training file, after the split. */
export type PlanSettings = Pick<TrainingSettings, 'length' | 'microBatch' | 'gradientAccumulation' | 'warmupRatio' | 'packing' | 'schedule'>

/**
 * Steps of a run on one device, by the rounding of transformers 5.17 (`Trainer.set_initial_training_values` and
 * `TrainingArguments.get_warmup_steps`, last batch kept): batches = ceil(rows / microBatch), steps per epoch =
 * ceil(batches / gradientAccumulation), total = ceil(epochs * steps per epoch). Packing joins rows by their token lengths, which
 * are not known here, so `exact` is false then and the counts are an upper end.
 */
export function planSteps(rows: number, settings: PlanSettings): StepPlan {
  const batches = Math.ceil(rows / settings.microBatch)
  const stepsPerEpoch = Math.max(1, Math.ceil(batches / settings.gradientAccumulation))
  const totalSteps = settings.length.kind === 'steps' ? settings.length.steps : Math.ceil(settings.length.epochs * stepsPerEpoch)
  return {
    effectiveBatch: settings.microBatch * settings.gradientAccumulation,
    stepsPerEpoch,
    totalSteps,
    warmupSteps: settings.schedule === 'constant' ? 0 : Math.ceil(totalSteps * settings.warmupRatio),
    epochs: settings.length.kind === 'steps' ? totalSteps / stepsPerEpoch : settings.length.epochs,
    exact: !settings.packing,
  }
}

/** Checkpoints on the disk at the end: one for every interval, no more than are kept, and always the last step's. */
export function checkpointsKept(totalSteps: number, settings: Pick<TrainingSettings, 'checkpointEverySteps' | 'keepCheckpoints'>): number {
  if (settings.checkpointEverySteps === 0) return 1
  return Math.min(settings.keepCheckpoints, Math.ceil(totalSteps / settings.checkpointEverySteps))
}

/** Share of an epoch done at a step, as the trainer reports it. */
export function epochAt(step: number, plan: Pick<StepPlan, 'stepsPerEpoch'>): number {
  return step / plan.stepsPerEpoch
}
