import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrainingSettings } from '../../electron/shared/job-spec'
import { repository } from '../support/launch-app'

export const demoModel = join(repository, 'resources', 'demo-model')

/** The rows of the sample with one question and one answer, which is what the plain TRL script reads. Returns their number. */
export function writeSingleTurns(path: string): number {
  const rows = readFileSync(join(repository, 'resources', 'sample-data', 'pirate-answers.jsonl'), 'utf8').split('\n').filter((line) => line !== '' && (JSON.parse(line) as { messages: readonly unknown[] }).messages.length === 2)
  writeFileSync(path, `${rows.join('\n')}\n`)
  return rows.length
}

/** What is measured: LoRA on the demo model, every step logged, nothing evaluated and no checkpoint but the last. */
export const benchSettings: TrainingSettings = {
  method: 'lora', length: { kind: 'steps', steps: 40 }, learningRate: 0.001, schedule: 'cosine', warmupRatio: 0.1, weightDecay: 0.01, maxGradNorm: 1,
  microBatch: 8, gradientAccumulation: 2, maxLength: 128, packing: false, rank: 8, alpha: 16, dropout: 0, targetModules: 'all-linear', gradientCheckpointing: false,
  answersOnly: true, evaluateEverySteps: 0, checkpointEverySteps: 0, keepCheckpoints: 1, logEverySteps: 1, seed: 7,
}
