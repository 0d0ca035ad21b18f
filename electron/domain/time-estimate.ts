import type { TimeEstimate } from '../shared/estimate'
import type { BackendId, Method } from '../shared/job-spec'

/** What makes step times comparable. `deviceName` is the GPU's name, or the CPU's with its threads. */
export interface RunSignature {
  readonly modelSha: string
  readonly backend: BackendId
  readonly method: Method
  readonly deviceName: string
  readonly maxLength: number
  readonly microBatch: number
  readonly gradientAccumulation: number
  readonly gradientCheckpointing: boolean
  readonly packing: boolean
}

/** An earlier run on this machine. `secondsPerStep` is its median step, `startSeconds` the time before its first step. */
export interface EarlierRun {
  readonly signature: RunSignature
  readonly secondsPerStep: number
  readonly startSeconds: number
}

/** A step timed by a pre-flight or by the running job itself; `steps` counts those behind the median. */
export interface MeasuredStep {
  readonly secondsPerStep: number
  readonly startSeconds: number
  readonly steps: number
}

/** Spread of the total when it rests on one run; several runs bring their own spread, but never a narrower one than 5%. */
const oneRunSpread = 0.2
const leastSpread = 0.05
/** A few steps say little: caches warm up, and rows differ in length. */
const measuredSpread = 0.35

/** All that decides the time of one forward and backward pass must be equal; accumulation only multiplies it. */
function comparable(a: RunSignature, b: RunSignature): boolean {
  return (
    a.modelSha === b.modelSha && a.backend === b.backend && a.method === b.method && a.deviceName === b.deviceName && a.maxLength === b.maxLength &&
    a.gradientCheckpointing === b.gradientCheckpointing && a.packing === b.packing && a.microBatch === b.microBatch
  )
}

function middleOf(sorted: readonly number[]): number {
  const at = (sorted.length - 1) / 2
  return ((sorted[Math.floor(at)] ?? 0) + (sorted[Math.ceil(at)] ?? 0)) / 2
}

/**
 * Wall time of a run in seconds, from comparable earlier runs on this machine, else from a measured step, else not known. A step
 * of an earlier run with another accumulation counts by its micro-batches.
 */
export function estimateTime(totalSteps: number, signature: RunSignature, earlier: readonly EarlierRun[], measured: MeasuredStep | null): TimeEstimate {
  const runs = earlier.filter((run) => run.secondsPerStep > 0 && comparable(run.signature, signature))
  if (runs.length > 0) {
    const totals = runs
      .map((run) => run.startSeconds + (totalSteps * run.secondsPerStep * signature.gradientAccumulation) / run.signature.gradientAccumulation)
      .sort((a, b) => a - b)
    const middle = middleOf(totals)
    const spread = runs.length === 1 ? oneRunSpread : leastSpread
    return {
      kind: 'known', basis: 'earlier-runs', runs: runs.length, middleSeconds: middle,
      lowSeconds: Math.min(totals[0] ?? middle, middle * (1 - spread)),
      highSeconds: Math.max(totals.at(-1) ?? middle, middle * (1 + spread)),
    }
  }
  if (measured === null || measured.steps < 1 || !(measured.secondsPerStep > 0)) return { kind: 'not-known' }
  const stepping = totalSteps * measured.secondsPerStep
  return {
    kind: 'known', basis: 'measured-step', runs: 0,
    lowSeconds: measured.startSeconds + stepping * (1 - measuredSpread),
    middleSeconds: measured.startSeconds + stepping,
    highSeconds: measured.startSeconds + stepping * (1 + measuredSpread),
  }
}
