import type { JobId } from './ids'
import type { JobRequest, TrainingSettings } from './job-spec'

/** What the curves and the comparison of a run show, or the cause of its failure. */
export type FindingKind = 'overfitting' | 'underfitting' | 'divergence' | 'plateau' | 'forgetting' | 'out-of-memory'

export interface Finding {
  readonly kind: FindingKind
  /** With its numbers: `The evaluation loss was lowest at step 120 (0.812) and ended at 1.034.` */
  readonly evidence: string
  /** Where on the curve it shows; null where it is not on the curve. */
  readonly step: number | null
}

/** One change of the settings. Values are as TrainingSettings has them. */
export interface SpecChange {
  readonly field: keyof TrainingSettings
  readonly from: TrainingSettings[keyof TrainingSettings]
  readonly to: TrainingSettings[keyof TrainingSettings]
  readonly reason: string
  /** Which finding it answers. */
  readonly finding: FindingKind
}

/** A changed run, to be edited and started; `request` is null when nothing speaks for another run. */
export interface RetrainProposal {
  readonly basedOn: JobId
  readonly findings: readonly Finding[]
  readonly changes: readonly SpecChange[]
  readonly request: JobRequest | null
  /** A sentence for the case that there is no proposal, or too little to judge by. */
  readonly note: string | null
}
