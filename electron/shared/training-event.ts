import { z } from 'zod'
import { metricNames } from './metric-names'

export type MetricName = (typeof metricNames)[number]
export const MetricName = z.enum(metricNames)

export type MetricValues = { readonly [M in MetricName]?: number }

/**
 * One line of `events.jsonl`, parsed. `seq` counts lines of a run from 0; `tMs` is Unix time in milliseconds.
 * A value that was NaN or infinite is absent from `values` and named in `nonfinite`.
 */
export type TrainingEvent = { readonly seq: number; readonly tMs: number } & (
  | { readonly kind: 'init'; readonly pid: number; readonly versions: Readonly<Record<string, string>>; readonly device: string; readonly dtype: string }
  | { readonly kind: 'status'; readonly stage: Stage; readonly message: string }
  | {
      readonly kind: 'data-check'; readonly trainRows: number; readonly evalRows: number; readonly trainedTokens: number; readonly totalTokens: number
      readonly cutRows: number; readonly endOfTurnTrained: boolean
    }
  | {
      readonly kind: 'train-begin'; readonly totalSteps: number; readonly totalEpochs: number; readonly stepsPerEpoch: number
      readonly trainableParameters: number; readonly totalParameters: number; readonly resumedFromStep: number
    }
  | { readonly kind: 'progress'; readonly step: number; readonly totalSteps: number; readonly epoch: number; readonly etaSeconds: number | null }
  | { readonly kind: 'metrics'; readonly step: number; readonly epoch: number; readonly values: MetricValues; readonly nonfinite: readonly MetricName[]; readonly gpuMemoryBytes: number | null }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string; readonly evalLoss: number | null; readonly best: boolean }
  | { readonly kind: 'stop-requested'; readonly step: number }
  | { readonly kind: 'warning'; readonly code: string; readonly message: string }
  | { readonly kind: 'error'; readonly type: string; readonly message: string; readonly traceback: string }
  | { readonly kind: 'train-end'; readonly step: number; readonly outcome: 'completed' | 'stopped'; readonly outputPath: string | null; readonly peakGpuMemoryBytes: number | null }
)
export type TrainingEventKind = TrainingEvent['kind']

/** What a run is doing before and after its steps. */
export const stages = ['waiting', 'provisioning', 'importing', 'loading-model', 'reading-data', 'checking-data', 'training', 'saving', 'done'] as const
export type Stage = (typeof stages)[number]
