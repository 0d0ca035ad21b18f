import type { SpecChange } from '../../shared/retrain'
import { changeOf } from './run-evidence'
import type { Diagnosis, RunEvidence } from './run-evidence'

const leastLength = 64

/** A run that memory ended: less at once, with the same effective batch, so that the result stays comparable. */
export function findOutOfMemory(evidence: RunEvidence): Diagnosis | null {
  if (evidence.cause !== 'out-of-memory') return null
  const { settings: { microBatch, maxLength, gradientCheckpointing }, loss } = evidence
  const checkpointed = gradientCheckpointing ? 'with' : 'without'
  return {
    finding: {
      kind: 'out-of-memory', step: loss.step.at(-1) ?? null,
      evidence: `The run ran out of memory with ${microBatch} ${microBatch === 1 ? 'row' : 'rows'} of up to ${maxLength} tokens at once, ${checkpointed} gradient checkpointing.`,
    },
    changes: smaller(evidence),
  }
}

/** Fewer rows at once; where there is but one, recomputing instead of keeping; then shorter rows. */
function smaller({ settings }: RunEvidence): readonly SpecChange[] {
  const { microBatch, gradientAccumulation, maxLength, gradientCheckpointing } = settings
  if (microBatch > 1) {
    const effective = microBatch * gradientAccumulation
    // 4,096 is the most that a run may accumulate.
    const rows = Array.from({ length: Math.floor(microBatch / 2) }, (_, index) => Math.floor(microBatch / 2) - index).find((one) => effective % one === 0 && effective / one <= 4096)
    if (rows !== undefined) {
      return [
        ...changeOf(settings, 'out-of-memory', 'microBatch', rows, 'Fewer rows at once need less memory.'),
        ...changeOf(settings, 'out-of-memory', 'gradientAccumulation', effective / rows, `Keeps the effective batch of ${effective}, so the result stays comparable.`),
      ]
    }
  }
  if (!gradientCheckpointing) return changeOf(settings, 'out-of-memory', 'gradientCheckpointing', true, 'Activations are computed again instead of being kept; steps take about a third longer.')
  const shorter = Math.max(leastLength, Math.ceil(maxLength / 2 / 64) * 64)
  return maxLength > leastLength ? changeOf(settings, 'out-of-memory', 'maxLength', Math.min(maxLength, shorter), 'One row was too long. Rows beyond this lose their end.') : []
}
