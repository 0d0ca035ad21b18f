import { useEffect } from 'react'
import type { ConnectionId } from '../../../../electron/shared/ids'
import type { ModelSummary } from '../../../../electron/shared/model'
import { useDraft } from '../../stores/draft'
import { useDatasets, useJobs, useModels } from '../../stores/lists'

/** Models that a run can start from, the newest first and the toy last. */
export const basesOf = (models: readonly ModelSummary[]): readonly ModelSummary[] =>
  models
    .filter((model) => model.problem === null && (model.kind === 'demo' || model.kind === 'folder' || model.kind === 'hub'))
    .toSorted((a, b) => Number(a.kind === 'demo') - Number(b.kind === 'demo') || b.createdAtMs - a.createdAtMs)

/** Bases of one service that were chosen before, the newest first. */
export const remoteBasesOf = (models: readonly ModelSummary[], connectionId: ConnectionId): readonly ModelSummary[] =>
  models
    .filter((model) => model.kind === 'remote' && model.problem === null && model.remote?.connectionId === connectionId)
    .toSorted((a, b) => b.createdAtMs - a.createdAtMs)

/** What a run can start from at its place; null is this machine, whose models also travel to rented ones. */
export const basesAt = (models: readonly ModelSummary[], service: ConnectionId | null): readonly ModelSummary[] => (service === null ? basesOf(models) : remoteBasesOf(models, service))

/** Proposes a model and a dataset: those of the newest run, else the first of each; the toy goes with the sample. */
export function useDraftDefaults(): void {
  const models = useModels((state) => state.items)
  const datasets = useDatasets((state) => state.items)
  const lastJob = useJobs((state) => state.items[0])
  const modelId = useDraft((state) => state.modelId)
  const datasetId = useDraft((state) => state.datasetId)
  const service = useDraft((state) => (state.cloud?.kind === 'openai' ? state.cloud.connectionId : null))
  const choose = useDraft((state) => state.choose)
  useEffect(() => {
    const bases = basesAt(models, service)
    const model = bases.find((one) => one.id === modelId) ?? bases.find((one) => one.id === lastJob?.modelId) ?? bases[0]
    const fitting = model?.kind === 'demo' ? datasets.find((one) => one.kind === 'sample') : datasets.find((one) => one.kind === 'file')
    const dataset = datasets.find((one) => one.id === datasetId) ?? datasets.find((one) => one.id === lastJob?.datasetId) ?? fitting ?? datasets[0]
    const part = {
      ...(model !== undefined && model.id !== modelId ? { modelId: model.id } : {}),
      ...(dataset !== undefined && dataset.id !== datasetId ? { datasetId: dataset.id } : {}),
    }
    if (Object.keys(part).length > 0) choose(part)
  }, [models, datasets, lastJob, modelId, datasetId, service, choose])
}
