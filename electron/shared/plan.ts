import type { InstanceProposal } from './cloud'
import type { PlanIssue } from './job'
import type { Quote } from './money'
import type { TrainingSettings } from './job-spec'

/** A byte range of an estimate. GB in the window are 2^30 bytes. */
export interface ByteRange {
  readonly lowBytes: number
  readonly middleBytes: number
  readonly highBytes: number
}

/** What a run would do, before it starts: numbers for the plan sentences, estimates, and what forbids it. */
export interface Plan {
  readonly issues: readonly PlanIssue[]
  readonly effectiveBatch: number
  readonly stepsPerEpoch: number
  readonly totalSteps: number
  readonly warmupSteps: number
  readonly epochs: number
  readonly trainRows: number
  readonly evalRows: number
  readonly trainableParameters: number | null
  readonly totalParameters: number | null
  readonly memory: {
    readonly verdict: 'fits' | 'tight' | 'does-not-fit' | 'not-known'
    /** `cloud`: one GPU of the rented machine, or a service that does not tell. */
    readonly device: 'cuda' | 'cpu' | 'cloud'
    readonly deviceName: string
    readonly total: ByteRange | null
    readonly parts: readonly { readonly name: string; readonly lowBytes: number; readonly highBytes: number }[]
    readonly freeBytes: number | null
    readonly capacityBytes: number | null
    /** What holds the rest of the device's memory, largest first. */
    readonly usedBy: readonly { readonly name: string; readonly bytes: number }[]
  }
  readonly time: { readonly lowSeconds: number; readonly highSeconds: number; readonly basis: 'earlier-runs' | 'measured-step'; readonly runs: number } | null
  readonly disk: { readonly checkpointBytes: number; readonly checkpoints: number; readonly totalBytes: number; readonly freeBytes: number | null }
  readonly environment: { readonly id: string | null; readonly name: string | null; readonly ready: boolean }
  /** For a job that runs elsewhere. */
  readonly cloud: { readonly quote: Quote; readonly proposals: readonly InstanceProposal[]; readonly uploadBytes: number | null } | null
  /** Settings that differ from the defaults for this model, data and machine. */
  readonly changed: readonly (keyof TrainingSettings)[]
}
