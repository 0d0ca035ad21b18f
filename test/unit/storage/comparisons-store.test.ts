import { describe, expect, it } from 'vitest'
import type { ComparisonSummary, Generation, ModelScore, PairResult, Sampling } from '../../../electron/shared/comparison'
import { generationKey, referenceKey, type GenerationInput } from '../../../electron/storage/generation-key'
import type { NewComparison } from '../../../electron/storage/comparisons-store'
import { comparisonId, datasetId, jobId, modelId, openTemporary } from './storage-fixtures'

const sampling: Sampling = { temperature: 0.7, topP: 0.9, maxNewTokens: 64, seed: 1 }
const input: GenerationInput = { model: 'model_1', messages: [{ role: 'user', content: 'Hi' }], sampling, precision: 'bfloat16' }
const comparison: NewComparison = {
  id: comparisonId(1), name: 'Base or tuned', createdAtMs: 1, modelIds: [modelId(1), modelId(2)], datasetId: datasetId(1), promptSetName: 'held out', sampling, precision: 'float32', device: 'CPU',
  leakedPrompts: 0, prompts: [0, 1].map((index) => ({ index, messages: [{ role: 'user', content: `p${index}` }], reference: 'r' })),
}
const generation: Generation = { text: 'hello\u0000\u2028"', tokens: 3, promptTokens: null, firstTokenMs: 1.5, totalMs: 9.25, stopped: 'length' }
const pair: PairResult = {
  baseModelId: modelId(1), candidateModelId: modelId(2), baseWins: 1, candidateWins: 3, ties: 6, pValue: 0.625, differencePoints: 20, differenceLow: -5, differenceHigh: 45,
  verdict: 'not-enough-data',
}
const score: ModelScore = {
  modelId: modelId(2), prompts: 10, right: 5, rate: 0.5, rateLow: 0.2, rateHigh: 0.8, perplexity: 3, perplexityLow: 2, perplexityHigh: 4, tokensPerSecond: 120, firstTokenMs: 30,
}

describe('generation keys', () => {
  // Catches an answer that is shown for a question, model or sampling it was not made with.
  it('differ in everything that changes the text, and in nothing else', () => {
    const key = generationKey(input)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    const others: GenerationInput[] = [
      { ...input, model: 'model_2' }, { ...input, precision: 'float32' }, { ...input, messages: [{ role: 'system', content: 'Hi' }] }, { ...input, messages: [...input.messages, ...input.messages] },
      ...(['temperature', 'topP', 'maxNewTokens', 'seed'] as const).map((name) => ({ ...input, sampling: { ...sampling, [name]: 0.5 } })),
    ]
    expect(new Set([key, ...others.map(generationKey)]).size).toBe(others.length + 1)
    expect(generationKey({ ...input, sampling: { seed: 1, maxNewTokens: 64, topP: 0.9, temperature: 0.7 } })).toBe(key)
    const greedy = { ...sampling, temperature: 0 }
    expect(generationKey({ ...input, sampling: { ...greedy, seed: 7 } })).toBe(generationKey({ ...input, sampling: greedy }))
    expect(referenceKey({ ...input, reference: 'a' })).not.toBe(referenceKey({ ...input, reference: 'b' }))
  })
})

describe('comparisons', () => {
  it('goes from waiting to done with answers, scores and one row per pair', () => {
    const { stores, database } = openTemporary()
    const store = stores.comparisons
    stores.models.add({
      id: modelId(2), name: 'Tuned', kind: 'adapter', path: '/a', sizeBytes: 1, parameters: null, architecture: null, contextLength: null, hasChatTemplate: true, endOfTurn: null, license: null,
      hubId: null, remote: null, createdAtMs: 1, baseModelId: modelId(1), jobId: jobId(1), method: 'lora', backend: 'huggingface', checkpointStep: null, environmentId: null, bestEvalLoss: null, problem: null,
    })
    store.add(comparison)
    const waiting: ComparisonSummary = {
      id: comparison.id, name: 'Base or tuned', state: 'waiting', createdAtMs: 1, finishedAtMs: null, modelIds: comparison.modelIds, datasetId: datasetId(1), promptSetName: 'held out', promptCount: 2,
      sampling, precision: 'float32', device: 'CPU', doneAnswers: 0, totalAnswers: 4, reusedAnswers: 0, waitingFor: null, error: null, scores: [], pairs: [], leakedPrompts: 0,
    }
    expect(store.get(comparison.id)).toEqual(waiting)
    expect(store.prompts(comparison.id)).toEqual(comparison.prompts)
    store.patch(comparison.id, { state: 'running', waitingFor: 'the GPU' })
    expect(store.inStates(['waiting'])).toEqual([])
    expect(store.inStates(['running'])).toEqual([comparison.id])

    store.saveGeneration('k', generation, 1)
    // The first text stands: comparisons that showed it must show it again.
    store.saveGeneration('k', { ...generation, text: 'another' }, 2)
    expect(store.generation('k')).toEqual(generation)
    expect(store.generation('other')).toBeNull()
    store.saveReferenceScore('r', { nll: 1.25, tokens: 4 }, 1)
    expect(store.referenceScore('r')).toEqual({ nll: 1.25, tokens: 4 })

    const answer = { modelId: modelId(2), index: 1, generationKey: 'k', right: true, referenceNll: 1.25, referenceTokens: 4, reused: true }
    store.addAnswer(comparison.id, answer)
    store.addAnswer(comparison.id, answer)
    expect(() => store.addAnswer(comparison.id, { ...answer, index: 0, generationKey: 'never generated' })).toThrow(/FOREIGN KEY/)
    expect(store.answers(comparison.id)).toEqual([{ modelId: modelId(2), index: 1, generation, right: true, referenceNll: 1.25, referenceTokens: 4 }])
    expect(store.get(comparison.id)).toMatchObject({ doneAnswers: 1, reusedAnswers: 1 })

    store.finish(comparison.id, { scores: [score], pairs: [pair] }, 99)
    store.finish(comparison.id, { scores: [score], pairs: [pair] }, 100)
    expect(store.list()).toMatchObject([{ state: 'done', finishedAtMs: 100, waitingFor: null, scores: [score], pairs: [pair] }])
    expect(database.connection.prepare('SELECT base_wins, fine_tuned_wins, ties FROM model_comparisons').all()).toEqual([{ base_wins: 1, fine_tuned_wins: 3, ties: 6 }])
    expect(database.connection.prepare('SELECT win_rate, tokens_per_second, latency_ms FROM fine_tuned_models').get()).toEqual({ win_rate: 0.75, tokens_per_second: 120, latency_ms: 30 })
  })

  it('hides, restores and purges, and keeps the texts for the next comparison', () => {
    const { stores } = openTemporary()
    const store = stores.comparisons
    store.add(comparison)
    store.saveGeneration('k', generation, 1)
    store.addAnswer(comparison.id, { modelId: modelId(1), index: 0, generationKey: 'k', right: null, referenceNll: null, referenceTokens: null, reused: false })
    store.remove(comparison.id, 5)
    expect(store.list()).toEqual([])
    store.restore(comparison.id)
    expect(store.list()).toMatchObject([{ doneAnswers: 1, reusedAnswers: 0 }])
    store.remove(comparison.id, 6)
    expect(store.removedBefore(6)).toEqual([comparison.id])
    store.purge(comparison.id)
    expect(store.get(comparison.id)).toBeNull()
    expect(store.generation('k')).toEqual(generation)
    expect(() => store.answers(comparison.id)).toThrow(/no comparison/)
  })
})
