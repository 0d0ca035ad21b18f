import type { ComparisonAnswer, ModelScore, PairResult } from '../shared/comparison'
import type { ModelId } from '../shared/ids'
import { comparePaired } from './comparison-verdict'
import { median, perplexity, wilsonInterval } from './statistics'

/** Exact match after trimming and joining runs of white space, since a model's trailing newline is no mistake. */
export function isRight(answer: string, reference: string): boolean {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ')
  return plain(answer) === plain(reference)
}

/** Rates with Wilson's 95% interval, perplexity over all reference tokens, and speeds as medians over prompts. */
export function scoreModel(modelId: ModelId, answers: readonly ComparisonAnswer[]): ModelScore {
  const judged = answers.filter(({ right }) => right !== null)
  const right = judged.filter((answer) => answer.right === true).length
  const rate = wilsonInterval(right, judged.length)
  const scored = answers.flatMap(({ referenceNll, referenceTokens }) => (referenceNll === null || referenceTokens === null || referenceTokens === 0 ? [] : [{ nll: referenceNll, tokens: referenceTokens }]))
  const ppl = scored.length === 0 ? null : perplexity(scored.map(({ nll }) => nll), scored.map(({ tokens }) => tokens))
  const speeds = answers.flatMap(({ generation: { tokens, totalMs } }) => (tokens > 1 && totalMs > 0 ? [(tokens * 1000) / totalMs] : []))
  return {
    modelId, prompts: answers.length, right, rate: rate.value, rateLow: rate.low, rateHigh: rate.high,
    perplexity: ppl?.value ?? null, perplexityLow: ppl?.low ?? null, perplexityHigh: ppl?.high ?? null,
    tokensPerSecond: speeds.length === 0 ? null : median(speeds),
    firstTokenMs: answers.length === 0 ? null : median(answers.map(({ generation }) => generation.firstTokenMs)),
  }
}

/** Every later model against every earlier one, on the prompts that both answered and that have a reference. */
export function comparePairs(modelIds: readonly ModelId[], answers: readonly ComparisonAnswer[]): PairResult[] {
  const rightOf = new Map<ModelId, Map<number, boolean>>(modelIds.map((id) => [id, new Map()]))
  for (const { modelId, index, right } of answers) if (right !== null) rightOf.get(modelId)?.set(index, right)
  return modelIds.flatMap((candidate, place) =>
    modelIds.slice(0, place).map((base) => {
      const baseRight = rightOf.get(base) ?? new Map<number, boolean>()
      const shared = [...(rightOf.get(candidate) ?? new Map<number, boolean>())].flatMap(([index, right]) => {
        const other = baseRight.get(index)
        return other === undefined ? [] : [{ right, other }]
      })
      const verdict = comparePaired(shared.map(({ right }) => right), shared.map(({ other }) => other))
      return {
        baseModelId: base, candidateModelId: candidate, baseWins: verdict.lost, candidateWins: verdict.gained, ties: verdict.same, pValue: verdict.pValue,
        differencePoints: verdict.differencePoints, differenceLow: verdict.differenceLow, differenceHigh: verdict.differenceHigh, verdict: verdict.verdict,
      }
    }),
  )
}
