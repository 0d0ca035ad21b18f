import type { ComparisonSummary } from '../../../../electron/shared/comparison'
import type { ModelSummary } from '../../../../electron/shared/model'

/** The newest tuned model that no comparison holds together with its base. */
export function uncomparedModel(models: readonly ModelSummary[], comparisons: readonly ComparisonSummary[]): { readonly tuned: ModelSummary; readonly base: ModelSummary } | null {
  const byId = new Map(models.map((model) => [model.id, model]))
  const tuned = models.filter((model) => model.baseModelId !== null && model.problem === null).toSorted((a, b) => b.createdAtMs - a.createdAtMs)
  for (const model of tuned) {
    const base = model.baseModelId === null ? undefined : byId.get(model.baseModelId)
    if (base === undefined) continue
    if (!comparisons.some((one) => one.modelIds.includes(model.id) && one.modelIds.includes(base.id))) return { tuned: model, base }
  }
  return null
}
