import type { TrainingSettings } from './job-spec'

/** Things to know about settings before a start; the window writes the sentence for each from `values`. */
export const settingsNoteCodes = [
  'LEARNING_RATE_LOW_FOR_ADAPTER', 'LEARNING_RATE_HIGH', 'LEARNING_RATE_HIGH_FOR_FULL', 'ALPHA_OVER_RANK', 'RANK_HIGH', 'TARGETS_UNKNOWN', 'TARGETS_NONE',
  'FEW_ROWS', 'MANY_EPOCHS', 'LESS_THAN_ONE_EPOCH', 'BATCH_LARGE', 'BATCH_OVER_ROWS', 'NO_CHECKPOINTS', 'NEVER_EVALUATED', 'NO_EVALUATION_ROWS',
  'LENGTH_OVER_CONTEXT', 'ROWS_CUT', 'PACKING_OFF_ON_CPU', 'PACKING_MIXES_ROWS', 'MODEL_LARGE_FOR_CPU',
] as const
export type SettingsNoteCode = (typeof settingsNoteCodes)[number]

/** `error` forbids the start. */
export interface SettingsNote {
  readonly code: SettingsNoteCode
  readonly severity: 'error' | 'warning' | 'info'
  readonly field: keyof TrainingSettings | null
  readonly values: Readonly<Record<string, number | string>>
}
