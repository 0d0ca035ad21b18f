import { setImmediate } from 'node:timers/promises'
import { AppError, messageOf } from '../shared/app-error'
import type { ComparisonAnswer, ComparisonPrompt, ComparisonSummary, Generation, Precision, Sampling } from '../shared/comparison'
import type { ComparisonId, DatasetId, ModelId } from '../shared/ids'
import type { ModelSummary } from '../shared/model'
import { comparePairs, isRight, scoreModel } from '../domain/comparison-scores'
import type { RemoteModel } from '../shared/cloud'
import type { ComparisonsStore } from '../storage/comparisons-store'
import type { GenerationInput } from '../storage/generation-key'
import type { Inference } from './inference'
import type { Models } from './models'

/** How a model at a service answers; the time to the first token holds the way there and back. */
export type AnswerRemotely = (
  model: RemoteModel, messages: ComparisonPrompt['messages'], sampling: Sampling, options: { readonly signal: AbortSignal; readonly onToken: ((text: string) => void) | null },
) => Promise<Omit<Generation, 'stopped'> & { readonly stopped: 'end-of-turn' | 'length' | 'stopped' }>

export interface ComparisonsDeps {
  readonly store: ComparisonsStore
  readonly models: Pick<Models, 'get' | 'rootOf'>
  readonly inference: Inference
  readonly answerRemotely: AnswerRemotely
  /** Tokens that a service counted for a model in a comparison, for the ledger. */
  readonly onRemoteAnswer: (id: ComparisonId, model: ModelSummary, tokens: { readonly input: number; readonly output: number }) => void
  readonly generationKey: (input: GenerationInput) => string
  readonly referenceKey: (input: Omit<GenerationInput, 'sampling'> & { readonly reference: string }) => string
  /** Changes when the weights of a folder change. */
  readonly fingerprint: (folder: string) => Promise<string>
  readonly promptsOf: (datasetId: DatasetId, part: 'eval' | 'held-out', limit: number) => Promise<{ readonly name: string; readonly prompts: readonly ComparisonPrompt[] }>
  /** How many prompts stand in the training data of one of the models; null where that is not known. */
  readonly leakedPrompts: (prompts: readonly ComparisonPrompt[], modelIds: readonly ModelId[]) => Promise<number | null>
  readonly newId: () => ComparisonId
  readonly now: () => number
  readonly onChanged: () => void
  readonly onAnswers: (id: ComparisonId, answers: readonly ComparisonAnswer[]) => void
}

export interface NewComparisonRequest {
  readonly name: string | null
  readonly modelIds: readonly ModelId[]
  readonly prompts: { readonly kind: 'dataset'; readonly datasetId: DatasetId; readonly part: 'eval' | 'held-out'; readonly limit: number } | { readonly kind: 'typed'; readonly prompts: readonly string[] }
  readonly sampling: Sampling
  readonly precision: Precision
}

/** Between two pushes of answers; the window redraws its list with each. */
const pushEveryMs = 250

/** Runs comparisons one after the other; every answer is stored as it comes, so a restart goes on where it was. */
export function createComparisons(deps: ComparisonsDeps) {
  const { store } = deps
  let working: Promise<void> | null = null
  let closed = false
  const aborts = new Map<ComparisonId, AbortController>()
  /** Taken off the list while they were answered: hidden, not ended, so that an undo goes on where they were. */
  const removed = new Set<ComparisonId>()

  const summary = (id: ComparisonId): ComparisonSummary => {
    const found = store.get(id)
    if (found === null) throw new AppError('COMPARISON_NOT_FOUND', id)
    return found
  }
  const patch = (id: ComparisonId, change: Parameters<ComparisonsStore['patch']>[1]) => {
    store.patch(id, change)
    deps.onChanged()
  }

  const work = async (): Promise<void> => {
    for (let next = store.inStates(['waiting', 'running'])[0]; next !== undefined && !closed; next = store.inStates(['waiting', 'running'])[0]) {
      const abort = new AbortController()
      aborts.set(next, abort)
      try {
        await answerAll(next, abort.signal)
      } catch (error) {
        if (closed) return
        if (removed.has(next)) continue
        if (abort.signal.aborted) patch(next, { state: 'cancelled', finishedAtMs: deps.now(), waitingFor: null })
        else patch(next, { state: 'failed', finishedAtMs: deps.now(), error: messageOf(error), waitingFor: null })
      } finally {
        aborts.delete(next)
        removed.delete(next)
      }
    }
  }
  const wake = (): void => {
    working ??= work().finally(() => {
      working = null
    })
  }

  const answerAll = async (id: ComparisonId, signal: AbortSignal): Promise<void> => {
    const { modelIds, sampling, precision } = summary(id)
    const prompts = store.prompts(id)
    const answered = new Set(store.answers(id).map(({ modelId, index }) => `${modelId} ${index}`))
    patch(id, { state: 'running', error: null })
    const push = createAnswerPush(id)
    // Models on the same base come after one another, so that it is loaded once.
    for (const model of [...modelIds.map(deps.models.get)].sort((a, b) => deps.models.rootOf(a).id.localeCompare(deps.models.rootOf(b).id))) {
      const identity = await identityOf(model)
      for (const prompt of prompts) {
        if (signal.aborted) throw new AppError('CANCELLED', 'the comparison was cancelled')
        if (answered.has(`${model.id} ${prompt.index}`)) continue
        push(await answerOne(id, model, identity, prompt, sampling, precision, signal))
        // Stored answers come without waiting for anything; thousands of them must not hold up other requests.
        await setImmediate()
      }
    }
    push(null)
    const answers = store.answers(id)
    const scores = modelIds.map((modelId) => scoreModel(modelId, answers.filter((answer) => answer.modelId === modelId)))
    store.finish(id, { scores, pairs: comparePairs(modelIds, answers) }, deps.now())
    deps.onChanged()
  }

  const answerOne = async (
    id: ComparisonId, model: ModelSummary, identity: string, { index, messages, reference }: ComparisonPrompt, sampling: Sampling, precision: Precision, signal: AbortSignal,
  ): Promise<ComparisonAnswer> => {
    if (model.remote !== null) return answerOneRemotely(id, model, model.remote, identity, { index, messages, reference }, sampling, precision, signal)
    const key = deps.generationKey({ model: identity, messages, sampling, precision })
    const scoreKey = reference === null ? null : deps.referenceKey({ model: identity, messages, precision, reference })
    const stored = store.generation(key)
    const storedScore = scoreKey === null ? null : store.referenceScore(scoreKey)
    const reused = stored !== null && (scoreKey === null || storedScore !== null)
    if (!reused) {
      const adapter = model.kind === 'adapter' ? model.path : null
      await deps.inference.with(deps.models.rootOf(model).path, precision, async (worker, place) => {
        if (summary(id).device !== place.name || summary(id).waitingFor !== place.note) patch(id, { device: place.name, waitingFor: place.note })
        if (stored === null) {
          const { stopped, ...made } = await worker.generate(adapter, messages, sampling, null, signal)
          if (stopped === 'stopped') throw new AppError('CANCELLED', 'the comparison was cancelled')
          store.saveGeneration(key, { ...made, promptTokens: null, stopped }, deps.now())
        }
        if (scoreKey !== null && reference !== null && storedScore === null) {
          const { nll, tokens } = await worker.score(adapter, messages, reference)
          if (nll !== null) store.saveReferenceScore(scoreKey, { nll, tokens }, deps.now())
        }
      })
    }
    const generation = store.generation(key)
    if (generation === null) throw new AppError('INTERNAL', 'an answer was not stored')
    const score = scoreKey === null ? null : store.referenceScore(scoreKey)
    const right = reference === null ? null : isRight(generation.text, reference)
    const answer: ComparisonAnswer = { modelId: model.id, index, generation, right, referenceNll: score?.nll ?? null, referenceTokens: score?.tokens ?? null }
    store.addAnswer(id, { modelId: model.id, index, generationKey: key, right, referenceNll: answer.referenceNll, referenceTokens: answer.referenceTokens, reused })
    return answer
  }

  /** A service tells no likelihoods, so there is no perplexity. */
  const answerOneRemotely = async (
    id: ComparisonId, model: ModelSummary, remote: RemoteModel, identity: string, { index, messages, reference }: ComparisonPrompt, sampling: Sampling, precision: Precision, signal: AbortSignal,
  ): Promise<ComparisonAnswer> => {
    const key = deps.generationKey({ model: identity, messages, sampling, precision })
    const reused = store.generation(key) !== null
    if (!reused) {
      const { stopped, ...made } = await deps.answerRemotely(remote, messages, sampling, { signal, onToken: null })
      // What was written until a stop is billed as well.
      deps.onRemoteAnswer(id, model, { input: made.promptTokens ?? 0, output: made.tokens })
      if (stopped === 'stopped') throw new AppError('CANCELLED', 'the comparison was cancelled')
      store.saveGeneration(key, { ...made, stopped }, deps.now())
    }
    const generation = store.generation(key)
    if (generation === null) throw new AppError('INTERNAL', 'an answer was not stored')
    const right = reference === null ? null : isRight(generation.text, reference)
    store.addAnswer(id, { modelId: model.id, index, generationKey: key, right, referenceNll: null, referenceTokens: null, reused })
    return { modelId: model.id, index, generation, right, referenceNll: null, referenceTokens: null }
  }

  /** The exact weights behind an answer: an adapter's answers are those of its base with it. */
  const identityOf = async (model: ModelSummary): Promise<string> => {
    if (model.remote !== null) return `remote ${model.remote.connectionId} ${model.remote.deployment ?? model.remote.name}`
    const root = deps.models.rootOf(model)
    const base = await deps.fingerprint(root.path)
    return root.id === model.id ? base : `${base}+${await deps.fingerprint(model.path)}`
  }

  const createAnswerPush = (id: ComparisonId) => {
    let pending: ComparisonAnswer[] = []
    let last = 0
    return (answer: ComparisonAnswer | null): void => {
      if (answer !== null) pending.push(answer)
      if (pending.length === 0 || (answer !== null && deps.now() - last < pushEveryMs)) return
      last = deps.now()
      deps.onAnswers(id, pending)
      deps.onChanged()
      pending = []
    }
  }

  return {
    list: () => store.list(),
    get: summary,
    answers: (id: ComparisonId) => ({ prompts: store.prompts(id), answers: store.answers(id) }),

    async create(request: NewComparisonRequest): Promise<ComparisonId> {
      // The base leads, so that every verdict reads "tuned against base".
      const modelIds = [...new Set(request.modelIds)].sort((a, b) => Number(isTuned(deps.models.get(a))) - Number(isTuned(deps.models.get(b))))
      if (modelIds.length < 2) throw new AppError('VALIDATION_FAILED', 'a comparison needs two different models')
      const { name: setName, prompts } = request.prompts.kind === 'dataset'
        ? await deps.promptsOf(request.prompts.datasetId, request.prompts.part, request.prompts.limit)
        : { name: 'typed prompts', prompts: request.prompts.prompts.map((content, index) => ({ index, messages: [{ role: 'user' as const, content }], reference: null })) }
      if (prompts.length === 0) throw new AppError('DATASET_INVALID', 'there is no prompt in this part of the dataset')
      const id = deps.newId()
      store.add({
        id, name: request.name ?? modelIds.map((modelId) => deps.models.get(modelId).name).join(' and ').slice(0, 120), createdAtMs: deps.now(), modelIds,
        datasetId: request.prompts.kind === 'dataset' ? request.prompts.datasetId : null, promptSetName: setName, sampling: request.sampling, precision: request.precision,
        device: '', leakedPrompts: await deps.leakedPrompts(prompts, modelIds), prompts,
      })
      deps.onChanged()
      wake()
      return id
    },

    cancel(id: ComparisonId): void {
      aborts.get(id)?.abort()
      if (summary(id).state === 'waiting') patch(id, { state: 'cancelled', finishedAtMs: deps.now() })
    },
    remove(id: ComparisonId): void {
      if (aborts.has(id)) removed.add(id)
      aborts.get(id)?.abort()
      store.remove(id, deps.now())
      deps.onChanged()
    },
    restore(id: ComparisonId): void {
      store.restore(id)
      deps.onChanged()
      wake()
    },
    recover: wake,
    async close(): Promise<void> {
      closed = true
      for (const abort of aborts.values()) abort.abort()
      await working
    },
  }
}
export type Comparisons = ReturnType<typeof createComparisons>

const isTuned = ({ kind }: ModelSummary): boolean => kind === 'adapter' || kind === 'full' || kind === 'remote-tuned'
