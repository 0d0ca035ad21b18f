import type { ComparisonAnswer, ComparisonPrompt, ComparisonSummary, ModelScore, PairResult } from '../shared/comparison'

/** What a report shows. `names` gives the name of each model by id. */
export interface Report {
  readonly comparison: ComparisonSummary
  readonly names: Readonly<Record<string, string>>
  readonly prompts: readonly ComparisonPrompt[]
  readonly answers: readonly ComparisonAnswer[]
  readonly curves: readonly { readonly name: string; readonly step: readonly number[]; readonly evalLoss: readonly number[] }[]
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that HTML shows as it is, wherever it comes from. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)}%`
const signed = (points: number): string => `${points > 0 ? '+' : ''}${points.toFixed(1)}`

/** One HTML page without any reference to another file. */
export function renderReport(report: Report): string {
  const { comparison, curves } = report
  const title = escapeHtml(comparison.name)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title><style>${style}</style></head><body>
<h1>${title}</h1>
<p>${escapeHtml(comparison.promptSetName)}: ${comparison.promptCount} prompts. ${escapeHtml(samplingText(comparison))} Made on ${escapeHtml(comparison.device)}, weights in ${comparison.precision}.</p>
${comparison.pairs.map((pair) => pairText(pair, report)).join('\n')}
${scoreTable(comparison.scores, report)}
${curves.some(({ step }) => step.length > 1) ? curveChart(curves) : ''}
${leakText(comparison.leakedPrompts)}
${answerTable(report)}
</body></html>
`
}

const style = `body{font:14px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#171c1c;background:#fff}
h1{font-size:22px}h2{font-size:16px;margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;vertical-align:top;padding:6px 8px;border-bottom:1px solid #d8dcdb}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.verdict{font-size:18px;font-weight:600}.right{color:#17693f}.wrong{color:#b3261e}pre{white-space:pre-wrap;margin:0;font:13px/1.5 ui-monospace,monospace}
@media(prefers-color-scheme:dark){body{color:#e9eeed;background:#131718}th,td{border-color:#2d3437}.right{color:#5cc58c}.wrong{color:#f58a7e}}`

function samplingText({ sampling: { temperature, topP, maxNewTokens, seed } }: ComparisonSummary): string {
  return temperature === 0 ? `Greedy answers of at most ${maxNewTokens} tokens.` : `Temperature ${temperature}, top-p ${topP}, seed ${seed}, at most ${maxNewTokens} tokens.`
}

const verdictWords = { better: 'Better', worse: 'Worse', same: 'The same', 'not-enough-data': 'Not enough data to tell' } as const

function pairText(pair: PairResult, { names }: Report): string {
  const nameOf = (id: string) => escapeHtml(names[id] ?? id)
  return `<section><h2>${nameOf(pair.candidateModelId)} against ${nameOf(pair.baseModelId)}</h2>
<p class="verdict">${verdictWords[pair.verdict]}: ${signed(pair.differencePoints)} points (95%: ${signed(pair.differenceLow)} to ${signed(pair.differenceHigh)})</p>
<p>${pair.candidateWins} gained, ${pair.baseWins} lost, ${pair.ties} the same; exact sign test p = ${pair.pValue < 0.0001 ? pair.pValue.toExponential(1) : pair.pValue.toFixed(4)}.</p></section>`
}

function scoreTable(scores: readonly ModelScore[], { names }: Report): string {
  const rows = scores.map((score) => `<tr><td>${escapeHtml(names[score.modelId] ?? score.modelId)}</td><td class="n">${score.right} of ${score.prompts}</td><td class="n">${percent(score.rate)}</td>
<td class="n">${percent(score.rateLow)} to ${percent(score.rateHigh)}</td><td class="n">${score.perplexity?.toFixed(3) ?? ''}</td><td class="n">${score.tokensPerSecond?.toFixed(1) ?? ''}</td><td class="n">${score.firstTokenMs === null ? '' : `${score.firstTokenMs.toFixed(0)} ms`}</td></tr>`)
  return `<h2>Scores</h2><table><thead><tr><th>Model</th><th class="n">Exact match</th><th class="n">Rate</th><th class="n">95% Wilson interval</th><th class="n">Perplexity</th><th class="n">Tokens/s</th><th class="n">First token</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

function leakText(leaked: number | null): string {
  if (leaked === null) return '<p>Whether prompts stand in the training data is not known.</p>'
  return leaked === 0 ? '<p>No prompt stands in the training data.</p>' : `<p class="wrong">${leaked} prompts also stand in the training data; the rates flatter the tuned model.</p>`
}

const width = 1000, height = 260, pad = 48
const lineColours = ['#1192d7', '#e46810', '#21775d', '#b45d94', '#23299f', '#775b02', '#7c0020', '#423c4d'] as const

/** Evaluation losses over steps as an inline SVG. */
export function curveChart(curves: Report['curves']): string {
  const steps = curves.flatMap(({ step }) => step)
  const losses = curves.flatMap(({ evalLoss }) => evalLoss).filter((loss) => Number.isFinite(loss))
  const [firstStep, lastStep] = [Math.min(...steps), Math.max(...steps, 1)]
  const [low, high] = [Math.min(...losses), Math.max(...losses)]
  const x = (step: number) => pad + ((step - firstStep) / Math.max(1, lastStep - firstStep)) * (width - 2 * pad)
  const y = (loss: number) => height - pad - ((loss - low) / Math.max(1e-9, high - low)) * (height - 2 * pad)
  const lines = curves.map(({ name, step, evalLoss }, place) => {
    const colour = lineColours[place % lineColours.length] ?? lineColours[0]
    const points = step.flatMap((at, i) => (Number.isFinite(evalLoss[i]) ? [`${x(at).toFixed(1)},${y(evalLoss[i] ?? 0).toFixed(1)}`] : [])).join(' ')
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points}"/><text x="${width - pad}" y="${pad + place * 16}" text-anchor="end" fill="${colour}" font-size="12">${escapeHtml(name)}</text>`
  })
  const axis = (text: string, atX: number, atY: number, anchor: string) => `<text x="${atX}" y="${atY}" text-anchor="${anchor}" font-size="12" fill="currentColor">${text}</text>`
  return `<h2>Evaluation loss</h2><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Evaluation loss over steps, from ${high.toFixed(4)} to ${low.toFixed(4)}" width="100%">${lines.join('')}
${axis(high.toFixed(3), pad - 6, pad + 4, 'end')}${axis(low.toFixed(3), pad - 6, height - pad + 4, 'end')}${axis(`step ${firstStep}`, pad, height - 16, 'start')}${axis(`step ${lastStep}`, width - pad, height - 16, 'end')}
<line x1="${pad}" y1="${height - pad}" x2="${width - pad}" y2="${height - pad}" stroke="currentColor" stroke-opacity=".3"/></svg>`
}

function answerTable({ comparison, prompts, answers, names }: Report): string {
  const byPrompt = new Map<number, Map<string, ComparisonAnswer>>()
  for (const answer of answers) byPrompt.set(answer.index, (byPrompt.get(answer.index) ?? new Map<string, ComparisonAnswer>()).set(answer.modelId, answer))
  const head = comparison.modelIds.map((id) => `<th>${escapeHtml(names[id] ?? id)}</th>`).join('')
  const rows = prompts.map(({ index, messages, reference }) => {
    const cells = comparison.modelIds.map((id) => {
      const answer = byPrompt.get(index)?.get(id)
      const mark = answer === undefined || answer.right === null ? '' : answer.right ? '<span class="right">right</span>' : '<span class="wrong">wrong</span>'
      return `<td>${mark}<pre>${escapeHtml(answer?.generation.text ?? '')}</pre></td>`
    })
    return `<tr><td class="n">${index + 1}</td><td><pre>${escapeHtml(messages.map(({ content }) => content).join('\n'))}</pre></td><td><pre>${escapeHtml(reference ?? '')}</pre></td>${cells.join('')}</tr>`
  })
  return `<h2>Answers</h2><table><thead><tr><th class="n">No.</th><th>Prompt</th><th>Reference</th>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}
