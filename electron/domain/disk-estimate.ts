import type { DiskEstimate } from '../shared/estimate'
import type { Method } from '../shared/job-spec'

/** Tokenizer, template, trainer state and scheduler beside the weights, in bytes. */
const besideWeightsBytes = 20e6

export interface DiskInput {
  readonly method: Method
  readonly trainableParameters: number
  /** Bytes of a saved weight: 4 for adapters and float32 models, else 2. */
  readonly savedWeightBytes: 2 | 4
  readonly optimizer: 'adamw-32-bit' | 'adamw-8-bit'
  readonly checkpoints: number
}

/**
 * Disk of a run: what it puts out (adapter, or the whole model) and its checkpoints, which hold the optimiser's two moments as
 * well. One more checkpoint than is kept lies there for a moment, since the trainer writes the new one before it deletes the old.
 */
export function estimateDisk(input: DiskInput): DiskEstimate {
  const weights = input.trainableParameters * input.savedWeightBytes
  const moments = input.trainableParameters * (input.optimizer === 'adamw-8-bit' ? 2 : 2 * input.savedWeightBytes)
  const outputBytes = weights + besideWeightsBytes
  const checkpointBytes = weights + moments + besideWeightsBytes
  return { outputBytes, checkpointBytes, checkpoints: input.checkpoints, totalBytes: outputBytes + (input.checkpoints + 1) * checkpointBytes }
}
