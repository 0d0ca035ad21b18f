import { describe, expect, it } from 'vitest'
import { curveChart, renderReport } from '../../../electron/codegen/render-report'
import type { Report } from '../../../electron/codegen/render-report'
import { renderSnippet } from '../../../electron/codegen/render-snippet'
import { comparisonId, modelId } from '../storage/storage-fixtures'

const nasty = `</pre><script>alert("1")</script>&'`
const [base, tuned] = [modelId(1), modelId(2)]
const generation = { text: nasty, tokens: 3, promptTokens: null, firstTokenMs: 1, totalMs: 2, stopped: 'end-of-turn' as const }
const report: Report = {
  comparison: {
    id: comparisonId(1), name: nasty, state: 'done', createdAtMs: 1, finishedAtMs: 2, modelIds: [base, tuned], datasetId: null, promptSetName: nasty, promptCount: 1,
    sampling: { temperature: 0, topP: 1, maxNewTokens: 8, seed: 1 }, precision: 'float32', device: nasty, doneAnswers: 2, totalAnswers: 2, reusedAnswers: 0, waitingFor: null, error: null,
    scores: [{ modelId: tuned, prompts: 1, right: 1, rate: 1, rateLow: 0.2, rateHigh: 1, perplexity: null, perplexityLow: null, perplexityHigh: null, tokensPerSecond: null, firstTokenMs: null }],
    pairs: [{ baseModelId: base, candidateModelId: tuned, baseWins: 0, candidateWins: 1, ties: 0, pValue: 1, differencePoints: 100, differenceLow: -5, differenceHigh: 100, verdict: 'not-enough-data' }],
    leakedPrompts: 2,
  },
  names: { [base]: nasty, [tuned]: 'tuned' },
  prompts: [{ index: 0, messages: [{ role: 'user', content: nasty }], reference: nasty }],
  answers: [{ modelId: base, index: 0, generation, right: false, referenceNll: 1, referenceTokens: 2 }],
  curves: [{ name: nasty, step: [1, 2, 3], evalLoss: [2, Number.NaN, 1] }],
}

describe('the report of a comparison', () => {
  const html = renderReport(report)
  it('shows every text as text: an answer of a model must not run in the reader\'s browser', () => {
    expect(html).not.toContain('<script>')
    expect(html.match(/&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(8)
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/(?:src|href)=["']?http/)
  })
  it('says the verdict, the leak, and leaves unknown numbers empty', () => {
    expect(html).toContain('Not enough data to tell: +100.0 points (95%: -5.0 to +100.0)')
    expect(html).toContain('2 prompts also stand in the training data')
    expect(html).not.toMatch(/null|undefined|NaN/)
  })
  it('draws what is finite', () => {
    expect(curveChart(report.curves).match(/points="([^"]*)"/)?.[1]?.split(' ')).toHaveLength(2)
  })
})

describe('the snippet that loads a model elsewhere', () => {
  it('quotes paths as Python does, whatever they hold', () => {
    const path = 'C:\\new "folder"\n\u2028x'
    const text = renderSnippet({ kind: 'adapter', path, basePath: '/base', hasChatTemplate: true })
    expect(text).toContain('"C:\\\\new \\"folder\\"\\n\\u2028x"')
    expect(text.split('\n').every((line) => !line.includes('\u2028'))).toBe(true)
    expect(text).toContain('PeftModel.from_pretrained(model, ')
  })
  it('asks a base without a chat template with bare text, where apply_chat_template would fail', () => {
    const text = renderSnippet({ kind: 'model', path: '/m', basePath: '/m', hasChatTemplate: false })
    expect(text).not.toContain('apply_chat_template')
    expect(text).not.toContain('peft')
    expect(text).toContain('tokenizer("The capital of Japan is"')
  })
})
