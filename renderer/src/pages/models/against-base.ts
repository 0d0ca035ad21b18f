import type { ComparisonSummary, PairResult } from '../../../../electron/shared/comparison'
import type { ComparisonId } from '../../../../electron/shared/ids'
import type { ModelSummary } from '../../../../electron/shared/model'

export interface AgainstBase {
  readonly pair: PairResult
  readonly comparisonId: ComparisonId
}

/** What the newest finished comparison of a tuned model with its own base said; null where none scored the two. */
export function againstBase(model: ModelSummary, comparisons: readonly ComparisonSummary[]): AgainstBase | null {
  const finished = comparisons.filter(({ state }) => state === 'done').toSorted((a, b) => (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0))
  for (const { id, pairs } of finished) {
    const pair = pairs.find((one) => one.candidateModelId === model.id && one.baseModelId === model.baseModelId && one.baseWins + one.candidateWins + one.ties > 0)
    if (pair !== undefined) return { pair, comparisonId: id }
  }
  return null
}
