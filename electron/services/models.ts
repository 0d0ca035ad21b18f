import { join, sep } from 'node:path'
import { AppError } from '../shared/app-error'
import type { RemoteModel, RemoteOutput } from '../shared/cloud'
import type { JobId, ModelId } from '../shared/ids'
import type { JobRequest } from '../shared/job-spec'
import type { ModelSummary } from '../shared/model'
import type { NotKnown } from '../shared/estimate'
import { activeStates } from '../shared/job-state-groups'
import { parseModelShape } from '../domain/model-shape'
import type { ModelShape } from '../domain/model-shape'
import { totalParameters } from '../domain/model-shape'
import { renderSnippet } from '../codegen/render-snippet'
import type { ModelFolder, ModelFolderResult } from '../process/model-folder'
import type { CheckpointsStore } from '../storage/checkpoints-store'
import type { JobsStore } from '../storage/jobs-store'
import type { ModelsStore, NewModel } from '../storage/models-store'
import type { PlannedModel } from './plans'

export interface ModelsDeps {
  readonly store: ModelsStore
  readonly jobs: JobsStore
  readonly checkpoints: CheckpointsStore
  readonly readFolder: (folder: string) => Promise<ModelFolderResult>
  readonly removeFolder: (folder: string) => Promise<void>
  readonly folderSize: (folder: string) => Promise<number>
  readonly demoFolder: string
  /** Folders below it were made by the app and may be deleted by it. */
  readonly ownedRoots: readonly string[]
  readonly newId: () => ModelId
  readonly now: () => number
  readonly onChanged: () => void
}

/** Where a run puts what it made, in its folder. */
const outputFolders = { full: 'model', lora: 'adapter', qlora: 'adapter' } as const

/** Use cases of models: what is on this machine, what runs made of it, and where each lies. */
export function createModels(deps: ModelsDeps) {
  const { store } = deps

  const get = (id: ModelId): ModelSummary => {
    const model = store.get(id)
    if (model === null) throw new AppError('MODEL_NOT_FOUND', id)
    return model
  }

  const factsOf = (folder: ModelFolder) => ({
    sizeBytes: folder.sizeBytes, parameters: folder.parameters ?? parametersOf(folder.config), architecture: folder.architecture,
    contextLength: folder.contextLength, hasChatTemplate: folder.hasChatTemplate, endOfTurn: folder.endOfTurn, license: folder.license,
  })
  const noLineage = { baseModelId: null, jobId: null, method: null, backend: null, checkpointStep: null, environmentId: null, bestEvalLoss: null } as const

  const addBase = (kind: 'demo' | 'folder' | 'hub', name: string, path: string, folder: ModelFolder, hubId: string | null): ModelSummary => {
    const added = store.add({ id: deps.newId(), name, kind, path, hubId, createdAtMs: deps.now(), problem: null, remote: null, ...factsOf(folder), ...noLineage })
    deps.onChanged()
    return added
  }

  /** Adds what a run made, or a checkpoint of it, with its lineage. */
  const addMade = async (jobId: JobId, path: string, step: number | null, bestEvalLoss: number | null): Promise<ModelSummary | null> => {
    const known = store.byPath(path)
    if (known !== null) return known
    const folder = await deps.readFolder(path)
    if (folder.kind === 'unusable') return null
    const { request, environmentId, name } = deps.jobs.record(jobId)
    const base = get(request.modelId)
    const isAdapter = folder.model.kind === 'adapter'
    const made: NewModel = {
      id: deps.newId(), name: step === null ? name : `${name} step ${step}`, kind: isAdapter ? 'adapter' : 'full', path, hubId: null, createdAtMs: deps.now(), problem: null, remote: null,
      ...factsOf(folder.model), baseModelId: rootOf(base).id, jobId, method: request.settings.method, backend: request.backend, checkpointStep: step, environmentId, bestEvalLoss,
      // An adapter's own files say nothing of these; they are its base's.
      ...(isAdapter ? { parameters: base.parameters, architecture: base.architecture, contextLength: base.contextLength, hasChatTemplate: base.hasChatTemplate, endOfTurn: base.endOfTurn, license: base.license } : {}),
    }
    const added = store.add(made)
    deps.onChanged()
    return added
  }

  /** A model that only a service has; nothing of it is on this machine, so nothing of it is known but its name. */
  const addRemoteModel = (made: Pick<NewModel, 'name' | 'kind' | 'baseModelId' | 'jobId' | 'method' | 'backend' | 'checkpointStep' | 'bestEvalLoss'>, remote: RemoteModel): ModelSummary => {
    const known = store.byRemoteName(remote.connectionId, remote.name)
    if (known !== null) return known
    const added = store.add({
      id: deps.newId(), path: '', sizeBytes: 0, parameters: null, architecture: null, contextLength: null, hasChatTemplate: true, endOfTurn: null, license: null, hubId: null, remote,
      createdAtMs: deps.now(), environmentId: null, problem: null, ...made,
    })
    deps.onChanged()
    return added
  }

  /** The base that an adapter is loaded on; a whole model is its own. */
  const rootOf = (model: ModelSummary): ModelSummary => (model.kind === 'adapter' && model.baseModelId !== null ? get(model.baseModelId) : model)

  const collectRemote = (jobId: JobId, outputs: readonly RemoteOutput[]): ModelSummary | null => {
    const { request, name } = deps.jobs.record(jobId)
    const { remote } = get(request.modelId)
    if (remote === null) throw new AppError('MODEL_UNUSABLE', 'the base of this run is not a model of a service')
    const made = outputs.map((output) => addRemoteModel(
      {
        name: output.step === null ? name : `${name} step ${output.step}`, kind: 'remote-tuned', baseModelId: request.modelId, jobId, method: request.settings.method,
        backend: request.backend, checkpointStep: output.step, bestEvalLoss: output.evalLoss,
      },
      // A fine-tune ends with its base. Azure answers under a deployment, which the user names once it is there.
      { ...remote, name: output.name, deployment: null },
    ))
    return made.find(({ checkpointStep }) => checkpointStep === null) ?? null
  }

  const inUse = (id: ModelId): boolean => deps.jobs.inStates([...activeStates, 'queued']).some(({ request }) => request.modelId === id)

  return {
    list: (): readonly ModelSummary[] => store.list(),
    get,
    rootOf,
    addBase,

    /** The demo model stands in every installation; its folder moves with the app. */
    async ensureDemo(): Promise<void> {
      const known = store.list().find(({ kind }) => kind === 'demo')
      const folder = await deps.readFolder(deps.demoFolder)
      if (folder.kind === 'unusable') {
        if (known !== undefined) store.patch(known.id, { problem: folder.problem })
      } else if (known === undefined) addBase('demo', 'Demo model', deps.demoFolder, folder.model, null)
      else if (known.path !== deps.demoFolder || known.problem !== null) store.patch(known.id, { path: deps.demoFolder, problem: null })
    },

    async addFolder(path: string, name: string): Promise<{ readonly modelId: ModelId } | { readonly problem: string }> {
      const known = store.byPath(path)
      if (known !== null) return { modelId: known.id }
      const folder = await deps.readFolder(path)
      if (folder.kind === 'unusable') return { problem: folder.problem }
      if (folder.model.kind === 'adapter') return { problem: 'This folder holds an adapter. Add its base model; adapters come from runs.' }
      return { modelId: addBase('folder', name, path, folder.model, null).id }
    },

    addRemote: (remote: RemoteModel): ModelSummary =>
      addRemoteModel({ name: remote.name, kind: 'remote', baseModelId: null, jobId: null, method: null, backend: null, checkpointStep: null, bestEvalLoss: null }, remote),

    /** Under which name Azure answers for a model. */
    setDeployment(id: ModelId, deployment: string | null): void {
      const { remote } = get(id)
      if (remote === null) throw new AppError('MODEL_UNUSABLE', 'this model is on this machine')
      store.patch(id, { remote: { ...remote, deployment } })
      deps.onChanged()
    },

    /** What a job needs of its model. Throws MODEL_NOT_FOUND, MODEL_UNUSABLE. */
    async planned(request: Pick<JobRequest, 'modelId'>): Promise<PlannedModel> {
      const model = get(request.modelId)
      if (model.remote !== null) {
        const shape: NotKnown = { kind: 'not-known', reason: 'field-missing', detail: 'config.json' }
        return { spec: { modelId: model.id, name: model.name, path: '', remote: model.remote }, contextLength: null, hasChatTemplate: true, shape, problem: null }
      }
      const folder = await deps.readFolder(model.path)
      const base = { spec: { modelId: model.id, name: model.name, path: model.path, remote: null }, contextLength: model.contextLength, hasChatTemplate: model.hasChatTemplate }
      const unknown: NotKnown = { kind: 'not-known', reason: 'field-missing', detail: 'config.json' }
      if (folder.kind === 'unusable') return { ...base, shape: unknown, problem: `${model.name}: ${folder.problem}` }
      if (folder.model.kind === 'adapter') return { ...base, shape: unknown, problem: 'Training on top of an adapter needs a merged model. Save it merged first, then add that folder.' }
      return { ...base, shape: parseModelShape(folder.model.config), problem: null }
    },

    /** Registers the output of a run that ended, if it left one, and marks which checkpoints are still there. */
    async collect(jobId: JobId, outputs: readonly RemoteOutput[]): Promise<ModelSummary | null> {
      const { runFolder, request } = deps.jobs.record(jobId)
      if (runFolder === null) return null
      if (outputs.length > 0) return collectRemote(jobId, outputs)
      const checkpoints = deps.checkpoints.list(jobId).toSorted((a, b) => a.step - b.step)
      // Those of a whole model stay in the bucket, where a new run goes on from them.
      const inBucket = new Set(request.backend === 'sagemaker' && request.settings.method === 'full' ? checkpoints.slice(-request.settings.keepCheckpoints).map(({ step }) => step) : [])
      for (const { step, path } of checkpoints) {
        const sizeBytes = await deps.folderSize(path)
        deps.checkpoints.set(jobId, step, { present: sizeBytes > 0 || inBucket.has(step), sizeBytes: sizeBytes > 0 ? sizeBytes : null })
      }
      return addMade(jobId, join(runFolder, outputFolders[request.settings.method]), null, deps.jobs.summary(jobId).bestEvalLoss)
    },

    async fromCheckpoint(jobId: JobId, step: number): Promise<ModelId> {
      const checkpoint = deps.checkpoints.list(jobId).find((known) => known.step === step && known.present)
      const made = checkpoint === undefined ? null : await addMade(jobId, checkpoint.path, step, checkpoint.evalLoss)
      if (made === null) throw new AppError('CHECKPOINT_NOT_FOUND', `no usable checkpoint at step ${step}`, { data: { step } })
      return made.id
    },

    rename(id: ModelId, name: string): void {
      store.patch(get(id).id, { name })
      deps.onChanged()
    },

    /** Takes a model from the list. Files are deleted only where the app made them, and then for good. */
    async remove(id: ModelId, deleteFiles: boolean): Promise<{ readonly undoable: boolean }> {
      const model = get(id)
      if (inUse(id) || store.list().some((other) => other.baseModelId === id)) throw new AppError('MODEL_IN_USE', `${model.name} is the base of a run or of another model`)
      const owned = deps.ownedRoots.some((root) => model.path.startsWith(`${root}${sep}`))
      const erase = deleteFiles && owned && model.kind !== 'demo' && model.path !== ''
      if (erase) await deps.removeFolder(model.path)
      store.remove(id, deps.now())
      if (erase) store.purge(id)
      deps.onChanged()
      return { undoable: !erase }
    },
    restore(id: ModelId): void {
      store.restore(id)
      deps.onChanged()
    },

    /** Python that loads the model outside of Tunesmith. */
    snippet(id: ModelId): string {
      const model = get(id)
      if (model.remote !== null) throw new AppError('MODEL_UNUSABLE', `${model.name} is at a service; there is no file to load`)
      return renderSnippet({ kind: model.kind === 'adapter' ? 'adapter' : 'model', path: model.path, basePath: rootOf(model).path, hasChatTemplate: model.hasChatTemplate })
    },
  }
}
export type Models = ReturnType<typeof createModels>

function parametersOf(config: unknown): number | null {
  const shape: ModelShape | NotKnown = parseModelShape(config)
  return 'kind' in shape ? null : totalParameters(shape)
}
