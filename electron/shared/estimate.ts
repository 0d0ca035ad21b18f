import type { ByteRange } from './plan'

/** Memory, time and disk estimates as they cross to the window. Every number is a range, never a promise. */

/** What memory is spent on. Parts add up to the whole. */
export const memoryPartNames = ['weights', 'adapter', 'optimizer', 'gradients', 'activations', 'logits', 'overhead'] as const
export type MemoryPartName = (typeof memoryPartNames)[number]

export interface MemoryPart extends ByteRange {
  readonly name: MemoryPartName
}

/** Why no number is given. `detail` names the field or the architecture. */
export type NotKnownReason = 'mixture-of-experts' | 'not-a-dense-decoder' | 'quantised-base' | 'field-missing'
export interface NotKnown {
  readonly kind: 'not-known'
  readonly reason: NotKnownReason
  readonly detail: string
}

/**
 * Peak memory of one training process. The whole is what the device must have free; `allocated` leaves out `overhead`
 * (device context, allocator fragmentation) and is what torch reports as its peak.
 */
export interface KnownMemoryEstimate extends ByteRange {
  readonly kind: 'known'
  readonly allocated: ByteRange
  readonly parts: readonly MemoryPart[]
  readonly trainableParameters: number
  readonly totalParameters: number
}
export type MemoryEstimate = KnownMemoryEstimate | NotKnown

/** `tight`: the middle fits, the high end does not. */
export type FitVerdict = 'fits' | 'tight' | 'does-not-fit' | 'not-known'

/** `basis` says where the step time comes from; `runs` counts the earlier runs behind it. */
export type TimeEstimate =
  | { readonly kind: 'not-known' }
  | {
      readonly kind: 'known'
      readonly basis: 'earlier-runs' | 'measured-step'
      readonly runs: number
      readonly lowSeconds: number
      readonly middleSeconds: number
      readonly highSeconds: number
    }

/** Disk that a run will take. */
export interface DiskEstimate {
  readonly outputBytes: number
  readonly checkpointBytes: number
  /** Checkpoints that lie on the disk at once. */
  readonly checkpoints: number
  readonly totalBytes: number
}

/** How many steps a run takes, by the trainer's own rounding. */
export interface StepPlan {
  /** Rows per optimiser step. */
  readonly effectiveBatch: number
  readonly stepsPerEpoch: number
  readonly totalSteps: number
  readonly warmupSteps: number
  /** Passes over the data, fractional. */
  readonly epochs: number
  /** False where packing joins rows: then the step counts are an upper end. */
  readonly exact: boolean
}
