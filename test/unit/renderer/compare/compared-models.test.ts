import { describe, expect, test } from 'vitest'
import type { PairResult } from '../../../../electron/shared/comparison'
import { answerKey, comparedModels, filterPrompts, mainPair, pairCounts, samplingWords, settingDifferences, verdictLine } from '../../../../renderer/src/pages/compare/compared-models'
import type { Answers } from '../../../../renderer/src/pages/compare/compared-models'
import { fakeComparison } from '../../../support/fake-comparison'
import { fakeJob, fakeModels, fakeSettings, modelId } from '../../../support/fake-data'

const better: PairResult = { baseModelId: modelId(1), candidateModelId: modelId(11), baseWins: 7, candidateWins: 35, ties: 78, pValue: 0.00002, differencePoints: 23.3, differenceLow: 13.2, differenceHigh: 33.1, verdict: 'better' }
const worse: PairResult = { ...better, baseWins: 35, candidateWins: 7, differencePoints: -23.3, differenceLow: -33.1, differenceHigh: -13.2, verdict: 'worse' }
const unclear: PairResult = { ...better, verdict: 'not-enough-data', pValue: 0.65, differencePoints: 2.5, differenceLow: -4.2, differenceHigh: 9.1 }

describe('the verdict in words', () => {
  test('says how many and how sure, in the right direction', () => {
    expect(verdictLine(better)).toBe('23 more right in 100 prompts (95%: 13 to 33)')
    expect(verdictLine(worse)).toBe('23 fewer right in 100 prompts (95%: 13 to 33)')
    expect(verdictLine(unclear)).toBe('Between 4 fewer and 9 more right in 100 prompts (95%)')
  })
  test('counts come with the number of prompts and a p-value that is never 0', () => {
    expect(pairCounts(better).replaceAll('\u00a0', ' ')).toBe('35 gained, 7 lost, 78 the same of 120; exact sign test p = 0.00002')
    expect(pairCounts({ ...better, pValue: 1e-12 }).replaceAll('\u00a0', ' ')).toContain('p < 0.00001')
  })
  test('the page is about the pair that differs most surely', () => {
    expect(mainPair({ ...fakeComparison, pairs: [unclear, better] })).toBe(better)
    expect(mainPair({ ...fakeComparison, pairs: [] })).toBeNull()
  })
})

describe('compared models', () => {
  test('no two share a colour, and a run keeps its own', () => {
    const models = comparedModels([modelId(1), modelId(11), modelId(12)], fakeModels, [fakeJob(1, { colour: 3 }), fakeJob(5, { colour: 3 })])
    expect(models.map((model) => model.colour)).toEqual([8, 3, 4])
    expect(models[0]?.note).toBe('base')
  })
  test('a model that is gone keeps its place', () => {
    expect(comparedModels([modelId(99)], fakeModels, [])[0]?.name).toBe('a deleted model')
  })
})

test('gained and lost are told from both answers; an unanswered prompt is neither', () => {
  const answer = (id: ReturnType<typeof modelId>, index: number, right: boolean | null) => [answerKey(id, index), { modelId: id, index, right, referenceNll: null, referenceTokens: null, generation: { text: '', tokens: 1, promptTokens: null, firstTokenMs: 1, totalMs: 1, stopped: 'end-of-turn' as const } }] as const
  const answers: Answers = new Map([answer(modelId(1), 0, false), answer(modelId(11), 0, true), answer(modelId(1), 1, true), answer(modelId(11), 1, false), answer(modelId(1), 2, true), answer(modelId(1), 3, null), answer(modelId(11), 3, null)])
  expect(filterPrompts([0, 1, 2, 3], answers, better, 'gained')).toEqual([0])
  expect(filterPrompts([0, 1, 2, 3], answers, better, 'lost')).toEqual([1])
  expect(filterPrompts([0, 1, 2, 3], answers, null, 'lost')).toEqual([0, 1, 2, 3])
})

test('only the settings that differ are shown, and the rest is counted', () => {
  const { rows, same } = settingDifferences([fakeJob(1), fakeJob(2, { settings: { ...fakeSettings, rank: 32, alpha: 64, learningRate: 1e-4 } })])
  expect(rows).toEqual([{ name: 'Learning rate', values: ['2e-4', '1e-4'] }, { name: 'Rank, alpha', values: ['16, 32', '32, 64'] }])
  expect(same).toBeGreaterThan(10)
})

test('sampling is stated with precision and seed', () => {
  expect(samplingWords({ temperature: 0, topP: 1, maxNewTokens: 256, seed: 7 }, 'nf4')).toBe('4-bit (NF4), greedy, seed 7, at most 256 tokens')
  expect(samplingWords({ temperature: 0, topP: 1, maxNewTokens: 256, seed: 7 }, null)).toBe('greedy, seed 7, at most 256 tokens')
})
