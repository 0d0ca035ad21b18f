import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDatabase, type Database } from '../../../electron/storage/database'
import { createStores, type Stores } from '../../../electron/storage/stores'
import { ComparisonId, ConnectionId, DatasetId, EnvironmentId, JobId, ModelId } from '../../../electron/shared/ids'
import type { JobRequest, TrainingSettings } from '../../../electron/shared/job-spec'
import type { TrainingEvent, MetricValues } from '../../../electron/shared/training-event'
import type { NewJob } from '../../../electron/storage/jobs-store'

const padded = (value: string | number): string => String(value).padStart(16, '0')
export const jobId = (value: string | number) => JobId.parse(`job_${padded(value)}`)
export const modelId = (value: string | number) => ModelId.parse(`model_${padded(value)}`)
export const datasetId = (value: string | number) => DatasetId.parse(`data_${padded(value)}`)
export const environmentId = (value: string | number) => EnvironmentId.parse(`env_${padded(value)}`)
export const comparisonId = (value: string | number) => ComparisonId.parse(`cmp_${padded(value)}`)
export const connectionId = (value: string | number) => ConnectionId.parse(`conn_${padded(value)}`)

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-storage-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function openTemporary(): { database: Database; path: string; stores: Stores } {
  const path = join(temporaryFolder(), 'tunesmith.db')
  const database = openDatabase(path)
  onTestFinished(() => database.close())
  return { database, path, stores: createStores(database.connection) }
}

export const settings: TrainingSettings = {
  method: 'lora', length: { kind: 'epochs', epochs: 3 }, learningRate: 2e-4, schedule: 'linear', warmupRatio: 0.03, weightDecay: 0, maxGradNorm: 1,
  microBatch: 2, gradientAccumulation: 4, maxLength: 512, packing: false, rank: 16, alpha: 32, dropout: 0.05, targetModules: 'all-linear',
  gradientCheckpointing: false, answersOnly: true, evaluateEverySteps: 10, checkpointEverySteps: 50, keepCheckpoints: 3, logEverySteps: 1, seed: 1,
}

export function request(name = 'first run'): JobRequest {
  return { name, backend: 'huggingface', modelId: modelId(1), datasetId: datasetId(1), device: { kind: 'auto' }, settings, cloud: null, budget: null }
}

export function newJob(value: string | number, part: Partial<NewJob> = {}): NewJob {
  return {
    id: jobId(value), request: request(`run ${value}`), modelName: 'toy', datasetName: 'sample', state: 'queued', createdAtMs: 1000, resume: null, retryOf: null, ...part,
  }
}

export const point = (seq: number, step: number, values: MetricValues, nonfinite: readonly (keyof MetricValues)[] = []): TrainingEvent & { kind: 'metrics' } => ({
  kind: 'metrics', seq, tMs: 1_700_000_000_000 + step * 100, step, epoch: step / 100, values, nonfinite, gpuMemoryBytes: null,
})
