import type { TrainingEvent } from '../shared/training-event'

/** The columns of `training_jobs` that are derived from a run's events, and from nothing else. */
export interface ProgressRow {
  stage: string | null
  current_step: number
  total_steps: number | null
  current_epoch: number
  total_epochs: number | null
  eta_seconds: number | null
  training_loss: number | null
  validation_loss: number | null
  best_validation_loss: number | null
  best_step: number | null
  learning_rate: number | null
  tokens_per_second: number | null
  samples_per_second: number | null
  pid: number | null
  versions: string
  trainable_parameters: number | null
  total_parameters: number | null
  train_rows: number | null
  eval_rows: number | null
  trained_tokens: number | null
  total_tokens: number | null
  peak_gpu_memory_bytes: number | null
}

export const progressColumns = [
  'stage', 'current_step', 'total_steps', 'current_epoch', 'total_epochs', 'eta_seconds', 'training_loss', 'validation_loss',
  'best_validation_loss', 'best_step', 'learning_rate', 'tokens_per_second', 'samples_per_second', 'pid', 'versions',
  'trainable_parameters', 'total_parameters', 'train_rows', 'eval_rows', 'trained_tokens', 'total_tokens', 'peak_gpu_memory_bytes',
] as const satisfies readonly (keyof ProgressRow)[]

/** Folds one event into the progress of its run, in place. */
export function applyToProgress(row: ProgressRow, event: TrainingEvent): void {
  switch (event.kind) {
    case 'init':
      row.pid = event.pid
      row.versions = JSON.stringify(event.versions)
      break
    case 'status':
      row.stage = event.stage
      break
    case 'data-check':
      row.train_rows = event.trainRows
      row.eval_rows = event.evalRows
      row.trained_tokens = event.trainedTokens
      row.total_tokens = event.totalTokens
      break
    case 'train-begin':
      row.stage = 'training'
      row.total_steps = event.totalSteps
      row.total_epochs = event.totalEpochs
      row.trainable_parameters = event.trainableParameters
      row.total_parameters = event.totalParameters
      row.current_step = Math.max(row.current_step, event.resumedFromStep)
      break
    case 'progress':
      row.current_step = event.step
      row.current_epoch = event.epoch
      row.eta_seconds = event.etaSeconds
      if (event.totalSteps > 0) row.total_steps = event.totalSteps
      break
    case 'metrics':
      applyMetrics(row, event)
      break
    case 'train-end':
      row.current_step = Math.max(row.current_step, event.step)
      row.eta_seconds = null
      row.peak_gpu_memory_bytes = event.peakGpuMemoryBytes ?? row.peak_gpu_memory_bytes
      break
    case 'checkpoint':
    case 'stop-requested':
    case 'warning':
    case 'error':
      break
  }
}

function applyMetrics(row: ProgressRow, event: TrainingEvent & { kind: 'metrics' }): void {
  const { values, nonfinite } = event
  row.current_step = Math.max(row.current_step, event.step)
  row.current_epoch = Math.max(row.current_epoch, event.epoch)
  // A loss that is no number any more must not leave the last good one standing as if it were current.
  row.training_loss = values.loss ?? (nonfinite.includes('loss') ? null : row.training_loss)
  row.validation_loss = values.evalLoss ?? (nonfinite.includes('evalLoss') ? null : row.validation_loss)
  row.learning_rate = values.learningRate ?? row.learning_rate
  row.tokens_per_second = values.tokensPerSecond ?? row.tokens_per_second
  row.samples_per_second = values.samplesPerSecond ?? row.samples_per_second
  if (values.evalLoss !== undefined && (row.best_validation_loss === null || values.evalLoss < row.best_validation_loss)) {
    row.best_validation_loss = values.evalLoss
    row.best_step = event.step
  }
}
