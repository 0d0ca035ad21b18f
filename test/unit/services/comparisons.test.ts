import { describe, expect, it, onTestFinished } from 'vitest'
import { createComparisons } from '../../../electron/services/comparisons'
import type { ComparisonsDeps, NewComparisonRequest } from '../../../electron/services/comparisons'
import type { ComparisonId } from '../../../electron/shared/ids'
import type { ComparisonSummary } from '../../../electron/shared/comparison'
import type { ModelSummary } from '../../../electron/shared/model'
import { generationKey, referenceKey } from '../../../electron/storage/generation-key'
import { until } from '../../support/run-folders'
import { comparisonId, connectionId, datasetId, jobId, modelId, openTemporary } from '../storage/storage-fixtures'
import { createFakeInference } from './fake-inference'
import type { FakeAnswers } from './fake-inference'

const facts = { sizeBytes: 1, parameters: 1, architecture: null, contextLength: null, hasChatTemplate: true, endOfTurn: null, license: null, hubId: null, remote: null, createdAtMs: 1, problem: null, environmentId: null, bestEvalLoss: null, backend: null, checkpointStep: null }
const base: Omit<ModelSummary, 'version'> = { ...facts, id: modelId(1), name: 'base', kind: 'folder', path: '/base', baseModelId: null, jobId: null, method: null }
const tuned: Omit<ModelSummary, 'version'> = { ...facts, id: modelId(2), name: 'tuned', kind: 'adapter', path: '/tuned', baseModelId: base.id, jobId: jobId(1), method: 'lora' }

const remote: Omit<ModelSummary, 'version'> = { ...facts, id: modelId(3), name: 'remote', kind: 'remote-tuned', path: '', baseModelId: base.id, jobId: jobId(2), method: 'lora', remote: { connectionId: connectionId(1), name: 'ft:tiny', deployment: null, shutdownDate: null } }

/** Half of the prompts are right for the base; the tuned model answers all of them, or as it is told. */
function setUp(answers: FakeAnswers, change: Partial<ComparisonsDeps> = {}) {
  const { stores } = openTemporary()
  const models = new Map([base, tuned].map((model) => [model.id, stores.models.add(model)]))
  const get = (id: ModelSummary['id']): ModelSummary => models.get(id) ?? { ...base, version: null }
  const inference = createFakeInference(answers)
  let next = 1
  const make = () => {
    const comparisons = createComparisons({
      store: stores.comparisons, models: { get, rootOf: (model) => (model.kind === 'adapter' ? get(base.id) : model) }, inference, answerRemotely: () => Promise.reject(new Error('no model here is remote')), onRemoteAnswer: () => undefined, generationKey, referenceKey,
      fingerprint: (folder) => Promise.resolve(`weights of ${folder}`),
      promptsOf: (_id, _part, limit) => Promise.resolve({ name: 'held out', prompts: Array.from({ length: limit }, (_, index) => ({ index, messages: [{ role: 'user' as const, content: `question ${index}` }], reference: `answer ${index}` })) }),
      leakedPrompts: () => Promise.resolve(0), newId: () => comparisonId(next++), now: () => 1000, onChanged: () => undefined, onAnswers: () => undefined, ...change,
    })
    onTestFinished(() => comparisons.close())
    return comparisons
  }
  const comparisons = make()
  const ends = (id: ComparisonId): Promise<ComparisonSummary> => until('the comparison ends', () => {
    const found = comparisons.get(id)
    return !['waiting', 'running'].includes(found.state) && found
  })
  return { comparisons, make, inference, stores, ends }
}
const request = (prompts: number, change: Partial<NewComparisonRequest> = {}): NewComparisonRequest => ({
  name: null, modelIds: [tuned.id, base.id], prompts: { kind: 'dataset', datasetId: datasetId(1), part: 'held-out', limit: prompts },
  sampling: { temperature: 0, topP: 1, maxNewTokens: 8, seed: 1 }, precision: 'float32', ...change,
})
const number = (prompt: string): number => Number(prompt.split(' ')[1])
const tunedKnowsAll: FakeAnswers = (adapter, prompt) => (adapter !== null || number(prompt) % 2 === 0 ? ` answer ${number(prompt)}\n` : 'no idea')

describe('running a comparison', () => {
  it('scores both models, the base first, and calls a clear difference better', async () => {
    const { comparisons, ends } = setUp(tunedKnowsAll)
    const done = await ends(await comparisons.create(request(40)))
    expect(done).toMatchObject({ state: 'done', name: 'base and tuned', modelIds: [base.id, tuned.id], device: 'CPU', waitingFor: null, doneAnswers: 80, totalAnswers: 80, reusedAnswers: 0 })
    expect(done.scores).toMatchObject([{ modelId: base.id, right: 20, prompts: 40 }, { modelId: tuned.id, right: 40, prompts: 40 }])
    expect(done.scores.map(({ perplexity }) => perplexity?.toFixed(6))).toEqual([Math.exp(2), Math.exp(1)].map((value) => value.toFixed(6)))
    for (const { rate, rateLow, rateHigh } of done.scores) expect(rateLow <= rate && rate <= rateHigh && rateLow < rateHigh).toBe(true)
    expect(done.pairs).toMatchObject([{ baseModelId: base.id, candidateModelId: tuned.id, candidateWins: 20, baseWins: 0, ties: 20, verdict: 'better' }])
  })

  // Catches an undo that brings back a comparison which nothing goes on with.
  it('goes on where it was after it was removed and brought back', async () => {
    const { comparisons, inference, stores, ends } = setUp(tunedKnowsAll)
    for (const wait of ['before the stop is noticed', 'after it'] as const) {
      const gate = Promise.withResolvers<void>()
      inference.gate = gate.promise
      const before = inference.asked.length
      const id = await comparisons.create(request(4, { sampling: { temperature: 0.7, topP: 1, maxNewTokens: 8, seed: before } }))
      await until('the first answer is on its way', () => inference.asked.length > before)
      comparisons.remove(id)
      if (wait === 'before the stop is noticed') comparisons.restore(id)
      gate.resolve()
      inference.gate = null
      if (wait === 'after it') {
        await new Promise((turn) => setImmediate(turn))
        comparisons.restore(id)
      }
      expect(await ends(id), wait).toMatchObject({ state: 'done', doneAnswers: 8, totalAnswers: 8 })
      expect(stores.comparisons.answers(id)).toHaveLength(8)
    }
  })

  it('says that it can not tell where few prompts differ: 3 of 6 are luck', async () => {
    const { comparisons, ends } = setUp(tunedKnowsAll)
    expect((await ends(await comparisons.create(request(6)))).pairs).toMatchObject([{ candidateWins: 3, baseWins: 0, verdict: 'not-enough-data' }])
  })

  it('generates the same model, prompt and sampling once, in this comparison and in any later one', async () => {
    const { comparisons, inference, ends } = setUp(tunedKnowsAll)
    const first = await ends(await comparisons.create(request(4)))
    expect(inference.asked).toHaveLength(8)
    const second = await ends(await comparisons.create(request(6)))
    expect(inference.asked).toHaveLength(12)
    expect(new Set(inference.asked).size).toBe(12)
    expect(second.reusedAnswers).toBe(8)
    expect(second.scores[0]?.right).toBe(3)
    await ends(await comparisons.create(request(4, { sampling: { temperature: 0.7, topP: 1, maxNewTokens: 8, seed: 1 } })))
    expect(inference.asked).toHaveLength(20)
    expect(first.reusedAnswers).toBe(0)
  })

  it('sets a local model beside one at a service, without likelihoods and with its tokens counted (catches a remote answer that is billed twice)', async () => {
    const billed: { readonly input: number; readonly output: number }[] = []
    const { comparisons, stores, inference, ends } = setUp(tunedKnowsAll, {
      answerRemotely: (_model, messages) => Promise.resolve({ text: `answer ${number(messages[0]?.content ?? '')}`, tokens: 3, promptTokens: 11, firstTokenMs: 40, totalMs: 90, stopped: 'end-of-turn' }),
      onRemoteAnswer: (_id, _model, tokens) => billed.push(tokens), models: { get: (id) => (id === remote.id ? { ...remote, version: null } : { ...base, version: null }), rootOf: (model) => model },
    })
    stores.models.add(remote)
    const done = await ends(await comparisons.create(request(20, { modelIds: [remote.id, base.id] })))
    expect(done.modelIds).toEqual([base.id, remote.id])
    expect(done.scores).toMatchObject([{ right: 10 }, { right: 20, perplexity: null }])
    expect(billed).toEqual(Array.from({ length: 20 }, () => ({ input: 11, output: 3 })))
    await ends(await comparisons.create(request(20, { modelIds: [remote.id, base.id] })))
    expect(billed).toHaveLength(20)
    expect(inference.asked).toHaveLength(20)
  })

  it('says which device answers, and why it is not the GPU', async () => {
    const { comparisons, inference } = setUp(tunedKnowsAll)
    inference.place = { device: { kind: 'cpu', threads: 1 }, name: 'Some CPU', note: 'Uses the CPU, because run 7 holds the GPU.' }
    let open = (): void => undefined
    inference.gate = new Promise((resolve) => (open = resolve))
    const id = await comparisons.create(request(2))
    const running = await until('it says why', () => comparisons.get(id).waitingFor !== null && comparisons.get(id))
    expect(running).toMatchObject({ state: 'running', device: 'Some CPU', waitingFor: 'Uses the CPU, because run 7 holds the GPU.' })
    open()
    const done = await until('it is done', () => comparisons.get(id).state === 'done' && comparisons.get(id))
    expect(done).toMatchObject({ device: 'Some CPU', waitingFor: null })
  })

  it('keeps how many prompts stand in the training data, also where that is not known', async () => {
    const leaky = setUp(tunedKnowsAll, { leakedPrompts: (prompts, modelIds) => Promise.resolve(modelIds.includes(tuned.id) ? prompts.length - 1 : 0) })
    expect((await leaky.ends(await leaky.comparisons.create(request(3)))).leakedPrompts).toBe(2)
    const unknown = setUp(tunedKnowsAll, { leakedPrompts: () => Promise.resolve(null) })
    expect((await unknown.ends(await unknown.comparisons.create(request(3)))).leakedPrompts).toBeNull()
  })

  it('asks typed prompts without scoring them', async () => {
    const { comparisons, ends } = setUp(() => 'hello')
    const done = await ends(await comparisons.create(request(0, { prompts: { kind: 'typed', prompts: ['Hi', 'Who are you?'] } })))
    expect(done).toMatchObject({ state: 'done', doneAnswers: 4, promptSetName: 'typed prompts' })
    expect(comparisons.answers(done.id).answers.every(({ right, referenceNll }) => right === null && referenceNll === null)).toBe(true)
  })

  it('refuses one model against itself, and an empty prompt set', async () => {
    const { comparisons } = setUp(() => '')
    await expect(comparisons.create(request(3, { modelIds: [base.id, base.id] }))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    await expect(comparisons.create(request(0))).rejects.toMatchObject({ code: 'DATASET_INVALID' })
  })
})

describe('a comparison that does not end by itself', () => {
  it('can be cancelled while it answers and while it waits; the next one runs', async () => {
    const { comparisons, inference, ends } = setUp(tunedKnowsAll)
    let open = (): void => undefined
    inference.gate = new Promise((resolve) => (open = resolve))
    const [first, second, third] = [await comparisons.create(request(4)), await comparisons.create(request(5)), await comparisons.create(request(2))]
    await until('it answers', () => inference.asked.length > 0)
    comparisons.cancel(second)
    comparisons.cancel(first)
    inference.gate = null
    open()
    expect(await ends(first)).toMatchObject({ state: 'cancelled', error: null })
    expect(await ends(second)).toMatchObject({ state: 'cancelled', doneAnswers: 0 })
    expect(await ends(third)).toMatchObject({ state: 'done' })
  })

  it('goes on after a restart with what is stored, and asks only what lacks', async () => {
    let open = (): void => undefined
    const { comparisons, make, inference, ends } = setUp((adapter, prompt) => {
      if (number(prompt) === 5 && adapter === null) inference.gate = new Promise((resolve) => (open = resolve))
      return tunedKnowsAll(adapter, prompt)
    })
    const id = await comparisons.create(request(8))
    await until('it is held at the seventh answer', () => inference.asked.length === 7)
    const closing = comparisons.close()
    open()
    inference.gate = null
    await closing
    const { state, doneAnswers } = comparisons.get(id)
    expect({ state, doneAnswers }).toEqual({ state: 'running', doneAnswers: 6 })
    const before = inference.asked.length
    make().recover()
    expect(await ends(id)).toMatchObject({ state: 'done', doneAnswers: 16, reusedAnswers: 0 })
    // The answer that the restart cut off is asked again.
    expect(inference.asked.length - before).toBe(16 - doneAnswers)
  })

  it('fails with the reason when a model is gone, and the queue goes on', async () => {
    const { comparisons, ends } = setUp((adapter) => {
      if (adapter !== null) throw new Error('the adapter folder is gone')
      return 'x'
    })
    const first = await comparisons.create(request(2))
    expect(await ends(first)).toMatchObject({ state: 'failed', error: 'the adapter folder is gone' })
    expect(await ends(await comparisons.create(request(1, { prompts: { kind: 'typed', prompts: ['again'] } })))).toMatchObject({ state: 'failed' })
  })

  it('comes back from its removal as it was', async () => {
    const { comparisons, ends } = setUp(tunedKnowsAll)
    const id = await comparisons.create(request(2))
    await ends(id)
    comparisons.remove(id)
    expect(comparisons.list()).toEqual([])
    comparisons.restore(id)
    expect(comparisons.list()).toMatchObject([{ id, state: 'done', doneAnswers: 4 }])
  })
})
