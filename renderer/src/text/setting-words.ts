import type { TrainingSettings } from '../../../electron/shared/job-spec'
import { count, learningRate, number, percent } from './format'
import { methodWords, scheduleWords } from './job-words'

type Words = { readonly [F in keyof TrainingSettings]: readonly [name: string, words: (value: TrainingSettings[F]) => string] }

const onOff = (value: boolean): string => (value ? 'on' : 'off')
const every = (value: number): string => (value === 0 ? 'never' : `${count(value)} ${value === 1 ? 'step' : 'steps'}`)

/** Every setting by the name that Train gives it, and its value in words. */
const settingWords: Words = {
  method: ['Method', (value) => methodWords[value]],
  length: ['Length', (value) => (value.kind === 'epochs' ? `${number(value.epochs)} ${value.epochs === 1 ? 'epoch' : 'epochs'}` : every(value.steps))],
  learningRate: ['Learning rate', learningRate],
  schedule: ['Schedule', (value) => scheduleWords[value]],
  warmupRatio: ['Warm-up', (value) => percent(value)],
  weightDecay: ['Weight decay', (value) => number(value, 4)],
  maxGradNorm: ['Gradient clipping', (value) => (value === 0 ? 'off' : number(value))],
  microBatch: ['Micro-batch', count],
  gradientAccumulation: ['Gradient accumulation', count],
  maxLength: ['Max length', (value) => `${count(value)} tokens`],
  packing: ['Packing', onOff],
  rank: ['Rank', count],
  alpha: ['Alpha', (value) => number(value)],
  dropout: ['Dropout', (value) => number(value)],
  targetModules: ['Target modules', (value) => (value === 'all-linear' ? 'every linear layer' : value.join(', '))],
  gradientCheckpointing: ['Gradient checkpointing', onOff],
  answersOnly: ['Answers only', onOff],
  evaluateEverySteps: ['Evaluate every', every],
  checkpointEverySteps: ['Checkpoint every', (value) => (value === 0 ? 'only at the end' : every(value))],
  keepCheckpoints: ['Checkpoints kept', count],
  logEverySteps: ['Log every', every],
  seed: ['Seed', (value) => String(value)],
}

export const settingName = (field: keyof TrainingSettings): string => settingWords[field][0]

/** A value of that field in words. */
export function settingValue(field: keyof TrainingSettings, value: TrainingSettings[keyof TrainingSettings]): string {
  // The table gives each field the words for its own type; a value only ever comes with its field.
  const words = settingWords[field][1] as (value: TrainingSettings[keyof TrainingSettings]) => string
  return words(value)
}
