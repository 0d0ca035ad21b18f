import { useEffect, useState } from 'react'
import type { DatasetId, ModelId } from '../../../../electron/shared/ids'
import type { ModelSummary } from '../../../../electron/shared/model'
import { useEnvironments, useModels } from '../../stores/lists'
import { useDraft } from '../../stores/draft'
import { checkOf, useTokenChecks } from '../../stores/token-checks'
import type { CheckState } from '../../stores/token-checks'
import { basesOf } from '../home/draft-defaults'

/** Rows longer than this are cut in the view; the Train page checks with the length of the run. */
const viewLength = 4096

export interface SampleCheck {
  readonly models: readonly ModelSummary[]
  readonly modelId: ModelId | null
  readonly ready: boolean
  readonly state: CheckState | null
  chooseModel(id: ModelId): void
  again(): void
}

/** What a model's tokenizer and template make of a dataset. Asked once an environment is there. */
export function useSampleCheck(datasetId: DatasetId): SampleCheck {
  const models = basesOf(useModels((state) => state.items))
  const draftModel = useDraft((state) => state.modelId)
  const [chosen, setChosen] = useState<ModelId | null>(null)
  const modelId = chosen ?? draftModel ?? models[0]?.id ?? null
  const ready = useEnvironments((state) => state.items.some((one) => one.state === 'ready'))
  const ask = useTokenChecks((state) => state.ask)
  const question = modelId === null || !ready ? null : { datasetId, modelId, maxLength: viewLength, answersOnly: true }
  const state = useTokenChecks((checks) => checkOf(checks, question))
  useEffect(() => {
    if (modelId !== null && ready) ask({ datasetId, modelId, maxLength: viewLength, answersOnly: true })
  }, [ask, datasetId, modelId, ready])
  const again = (): void => {
    if (question !== null) ask(question)
  }
  return { models, modelId, ready, state, chooseModel: setChosen, again }
}
