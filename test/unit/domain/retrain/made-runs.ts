import { seededRandom } from '../../../../electron/domain/random'
import { curveOf } from '../../../../electron/domain/retrain/curve-shape'
import type { Curve } from '../../../../electron/domain/retrain/curve-shape'
import type { RunEvidence } from '../../../../electron/domain/retrain/run-evidence'
import type { TrainingSettings } from '../../../../electron/shared/job-spec'

/** Settings of a common run: LoRA on an 8 B model, 1,600 rows, 100 steps an epoch. */
export const commonSettings: TrainingSettings = {
  method: 'lora', length: { kind: 'epochs', epochs: 3 }, learningRate: 2e-4, schedule: 'cosine', warmupRatio: 0.05, weightDecay: 0.01, maxGradNorm: 1, microBatch: 4, gradientAccumulation: 4,
  maxLength: 1024, packing: false, rank: 16, alpha: 32, dropout: 0, targetModules: 'all-linear', gradientCheckpointing: true, answersOnly: true, evaluateEverySteps: 30, checkpointEverySteps: 30,
  keepCheckpoints: 3, logEverySteps: 1, seed: 7,
}

/** A curve of a formula with even noise, for the cases that no real run shows alone. `share` runs from 0 to 1. */
export function madeCurve(points: number, every: number, level: (share: number) => number, noise: number, seed = 1): Curve {
  const random = seededRandom(seed)
  const even = (): number => (random() - 0.5) * Math.sqrt(12)
  return curveOf(Array.from({ length: points }, (_, i) => (i + 1) * every), Array.from({ length: points }, (_, i) => level((i + 1) / points) + noise * even()))
}

/** A run that settled: the training loss falls to 1.0, the evaluation loss to 1.1. */
export function madeRun(part: Partial<RunEvidence> = {}): RunEvidence {
  return {
    settings: commonSettings, usual: commonSettings, trainRows: 1600, evalRows: 100, ending: 'succeeded', cause: null,
    loss: madeCurve(300, 1, (share) => 1 + Math.exp(-share * 12), 0.08), evalLoss: madeCurve(10, 30, (share) => 1.1 + 0.9 * Math.exp(-share * 12), 0.002), nonfiniteStep: null, compared: [], ...part,
  }
}
