import type { Verdict } from '../../shared/comparison'
import type { TrainingSettings } from '../../shared/job-spec'
import type { FailureCauseKind } from '../../shared/job-state'
import type { Finding, FindingKind, SpecChange } from '../../shared/retrain'
import type { Curve } from './curve-shape'

/** A perplexity with its 95% interval. */
export interface PerplexityRange {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** What a comparison found about the model that a run made, against the base that it was made from. */
export interface ComparedWithBase {
  readonly promptSet: string
  readonly prompts: number
  /** Of the tuned model against the base, by exact match. */
  readonly verdict: Verdict
  readonly baseRight: number
  readonly tunedRight: number
  readonly basePerplexity: PerplexityRange | null
  readonly tunedPerplexity: PerplexityRange | null
}

/** All that the rules look at. Curves hold finite values only. */
export interface RunEvidence {
  readonly settings: TrainingSettings
  /** What the app would propose for this model, data and machine; null where that is not known. */
  readonly usual: TrainingSettings | null
  readonly trainRows: number
  readonly evalRows: number
  readonly ending: 'succeeded' | 'failed' | 'cancelled' | 'interrupted'
  readonly cause: FailureCauseKind | null
  readonly loss: Curve
  readonly evalLoss: Curve
  /** The first step whose loss was NaN or infinite. */
  readonly nonfiniteStep: number | null
  readonly compared: readonly ComparedWithBase[]
}

/** A finding and the settings that answer it; no change where they stand at their end already. */
export interface Diagnosis {
  readonly finding: Finding
  readonly changes: readonly SpecChange[]
}

/** One change, or none where the value is there already. */
export function changeOf<F extends keyof TrainingSettings>(settings: TrainingSettings, finding: FindingKind, field: F, to: TrainingSettings[F], reason: string): readonly SpecChange[] {
  const from = settings[field]
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ field, from, to, reason, finding }]
}
