import type { ComparisonAnswer, ComparisonPrompt, ComparisonSummary, ModelScore } from '../../electron/shared/comparison'
import { ComparisonId } from '../../electron/shared/ids'
import type { ModelId } from '../../electron/shared/ids'
import { fakeNowMs, modelId } from './fake-data'
import type { FakeTunesmith } from './fake-tunesmith'

export const comparisonId = ComparisonId.parse('cmp_0000000000000001')
const compared: readonly ModelId[] = [modelId(1), modelId(11), modelId(12)]
const titles = ['Refund to another card?', 'Is bridge mode safe at home? My neighbour says it opens everything.', 'Answer in French: no signal', 'Two routers, one line', 'Delete my account and data', 'Static address for a camera', 'Reply as JSON only']
const texts = [
  'Bridge mode turns the router into a plain modem. It is safe as long as the device behind it has a firewall of its own. Without one, your devices face the internet directly.',
  'Bridge mode switches off the router’s firewall. To stay safe, switch it off: System, Network, Bridge mode, Off.',
  'Bridge mode passes the line to the next device, so the router’s firewall no longer protects you. It is safe if that device has a firewall.',
]

const score = (index: number, rate: number, low: number, high: number, perplexity: number): ModelScore => ({
  modelId: compared[index] ?? modelId(1), prompts: 120, right: Math.round(rate * 120), rate, rateLow: low, rateHigh: high,
  perplexity, perplexityLow: perplexity * 0.9, perplexityHigh: perplexity * 1.1, tokensPerSecond: 41.2 - index, firstTokenMs: 92 + 2 * index,
})

/** A finished comparison of a base and two runs. */
export const fakeComparison: ComparisonSummary = {
  id: comparisonId, name: 'support-r16 against its base', state: 'done', createdAtMs: fakeNowMs - 3_600_000, finishedAtMs: fakeNowMs - 3_000_000, modelIds: compared, datasetId: null,
  promptSetName: 'support-heldout', promptCount: 120, sampling: { temperature: 0, topP: 1, maxNewTokens: 256, seed: 7 }, precision: 'nf4', device: 'RTX 4090', doneAnswers: 360, totalAnswers: 360, reusedAnswers: 120,
  waitingFor: null, error: null, leakedPrompts: 0,
  scores: [score(0, 0.508, 0.42, 0.596, 6.41), score(1, 0.742, 0.657, 0.812, 3.17), score(2, 0.767, 0.683, 0.833, 3.15)],
  pairs: [
    { baseModelId: modelId(1), candidateModelId: modelId(11), baseWins: 7, candidateWins: 35, ties: 78, pValue: 0.00002, differencePoints: 23.3, differenceLow: 13.2, differenceHigh: 33.1, verdict: 'better' },
    { baseModelId: modelId(11), candidateModelId: modelId(12), baseWins: 8, candidateWins: 11, ties: 101, pValue: 0.65, differencePoints: 2.5, differenceLow: -4.2, differenceHigh: 9.1, verdict: 'not-enough-data' },
  ],
}

const prompts: readonly ComparisonPrompt[] = Array.from({ length: 120 }, (_, index) => ({
  index, messages: [{ role: 'system', content: 'You answer support questions about a home router.' }, { role: 'user', content: titles[index % titles.length] ?? '' }], reference: 'explain_bridge',
}))
const rightOf = (model: number, index: number): boolean => (model === 0 ? index % 2 === 0 || index % 17 === 3 : index % 17 !== 2 && index % 4 !== 3)
const answers: readonly ComparisonAnswer[] = prompts.flatMap(({ index }) => compared.map((id, model) => ({
  modelId: id, index, right: rightOf(model, index), referenceNll: 1.2, referenceTokens: 20,
  generation: { text: `${texts[model] ?? ''}\n\naction: ${rightOf(model, index) ? 'explain_bridge' : 'disable_bridge'}`, tokens: 58 - 8 * model, promptTokens: null, firstTokenMs: 92, totalMs: 1500 - 100 * model, stopped: 'end-of-turn' as const },
})))

/** Answers of the Compare and Chat pages. */
export function answerComparisons(fake: FakeTunesmith): void {
  fake.answer('comparisons.answers', () => ({ prompts, answers }))
  fake.answer('comparisons.create', () => ({ comparisonId }))
  for (const route of ['comparisons.cancel', 'comparisons.remove', 'comparisons.restore', 'chat.stop'] as const) fake.answer(route, () => null)
  fake.answer('comparisons.saveReport', () => ({ path: '/home/ada/report.html' }))
  let replies = 0
  fake.answer('chat.send', () => {
    const replyId = ++replies
    setTimeout(() => {
      fake.push('chat.token', { replyId, text: texts[2] ?? '' })
      fake.push('chat.end', { replyId, tokens: 49, firstTokenMs: 97, totalMs: 1400, stopped: 'end-of-turn', error: null, device: 'RTX 4090' })
    }, 0)
    return { replyId }
  })
}
