// Writes demo-report/index.html: readable offline, without scripts.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value) => String(value).replace(/[&<>"']/g, (character) => escapes[character])
const percent = (ratio) => `${(ratio * 100).toFixed(1)}%`

const style = `body{font:14px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;color:#171c1c;background:#fff}h1{font-size:22px}h2{font-size:16px;margin-top:2rem}
table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #d8dcdb}td.n{text-align:right;font-variant-numeric:tabular-nums}.verdict{font-size:18px;font-weight:600}
img{max-width:100%;border:1px solid #d8dcdb;border-radius:6px}figure{margin:1rem 0}@media(prefers-color-scheme:dark){body{color:#e9eeed;background:#131718}th,td,img{border-color:#2d3437}}`

const width = 960, height = 320, left = 56, bottom = 36, top = 16

/** Training loss as a line, evaluation loss as points joined by a line, over steps. */
function curve({ step, loss, evalLoss }) {
  const pairs = (values) => step.flatMap((at, i) => (Number.isFinite(values[i]) ? [[at, values[i]]] : []))
  const [train, evaluation] = [pairs(loss), pairs(evalLoss)]
  const all = [...train, ...evaluation]
  const [lastStep, high] = [Math.max(1, ...all.map(([at]) => at)), Math.max(...all.map(([, value]) => value))]
  const x = (at) => left + (at / lastStep) * (width - left - 16)
  const y = (value) => height - bottom - (value / high) * (height - bottom - top)
  const line = (points) => points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  const marks = evaluation.map(([at, value]) => `<circle cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3.5" fill="#fff" stroke="#e46810" stroke-width="1.75"/>`).join('')
  const label = (words, atX, atY, anchor) => `<text x="${atX}" y="${atY}" text-anchor="${anchor}" font-size="12" fill="currentColor">${words}</text>`
  return `<svg viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="Loss over ${lastStep} steps, from ${train[0]?.[1].toFixed(3)} to ${train.at(-1)?.[1].toFixed(3)}">
<line x1="${left}" y1="${height - bottom}" x2="${width - 16}" y2="${height - bottom}" stroke="currentColor" stroke-opacity=".3"/>
<polyline fill="none" stroke="#1192d7" stroke-width="2" points="${line(train)}"/><polyline fill="none" stroke="#e46810" stroke-width="1.75" points="${line(evaluation)}"/>${marks}
${label(high.toFixed(2), left - 8, top + 8, 'end')}${label('0', left - 8, height - bottom, 'end')}${label('step 0', left, height - 12, 'start')}${label(`step ${lastStep}`, width - 16, height - 12, 'end')}
${label('training', width - 100, top + 8, 'start')}<rect x="${width - 120}" y="${top}" width="14" height="3" fill="#1192d7"/>${label('evaluation', width - 100, top + 26, 'start')}<rect x="${width - 120}" y="${top + 18}" width="14" height="3" fill="#e46810"/></svg>`
}

const rows = (pairs) => pairs.map(([name, value]) => `<tr><th>${text(name)}</th><td>${text(value)}</td></tr>`).join('\n')

function scoreRow(name, { right, prompts, rate, rateLow, rateHigh, perplexity, tokensPerSecond }) {
  return `<tr><th>${name}</th><td class="n">${right} of ${prompts}</td><td class="n">${percent(rate)}</td><td class="n">${percent(rateLow)} to ${percent(rateHigh)}</td><td class="n">${perplexity?.toFixed(3) ?? ''}</td><td class="n">${tokensPerSecond?.toFixed(0) ?? ''}</td></tr>`
}

function examples({ prompts, answers, job, outputModelId }) {
  const answerOf = (modelId, index) => answers.find((answer) => answer.modelId === modelId && answer.index === index)?.generation.text ?? ''
  return prompts.slice(0, 8).map(({ index, messages }) => `<tr><td>${text(messages.at(-1).content)}</td><td>${text(answerOf(job.modelId, index))}</td><td>${text(answerOf(outputModelId, index))}</td></tr>`).join('\n')
}

/** Writes the report beside the screenshots that are in the folder already. */
export function writeDemoReport(folder, result) {
  const { job: detail, comparison, pair, base, tuned, prompts, answers, times, electron, environment, wish } = result
  const { job, versions, points } = detail
  const { settings } = job
  const pictures = readdirSync(folder).filter((name) => name.endsWith('.png')).sort()
  const facts = [
    ['Run', job.name], ['Model', job.modelName], ['Data', `${job.datasetName}, ${detail.trainRows} rows to train on, ${detail.evalRows} to measure`], ['Backend and method', `${job.backend}, ${settings.method}`],
    ['Steps', `${job.step} of ${settings.microBatch * settings.gradientAccumulation} rows`], ['Learning rate', settings.learningRate], ['Rank and alpha', `${settings.rank} and ${settings.alpha}`],
    ['Trained tokens', `${detail.trainedTokens} of ${detail.totalTokens}`], ['Best evaluation loss', job.bestEvalLoss?.toFixed(4) ?? 'none'], ['Environment', `${environment.name}, Python ${environment.pythonVersion}`],
    ['Versions', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')], ['Electron', `${electron.version}${electron.kind === 'official' ? '' : ' (development copy)'}`], ['Run folder', detail.runFolder],
  ]
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tunesmith demo</title><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: file:"><style>${style}</style></head><body>
<h1>Tunesmith demo: ${text(job.name)}</h1>
${wish.model === null ? '<p>The demo model is a toy for learning the tool: 1.8 million parameters, made by a script of this repository.</p>' : ''}
<p class="verdict">${pair.verdict === 'better' ? 'The tuned model is better than its base' : `Verdict: ${text(pair.verdict)}`}: ${pair.candidateWins} gained, ${pair.baseWins} lost, ${pair.ties} the same</p>
<p>${comparison.promptCount} held-out prompts, ${comparison.leakedPrompts ?? 'an unknown number of'} of them in the training data; exact sign test p = ${pair.pValue.toExponential(1)}. <a href="comparison.html">Every answer side by side</a></p>
<table><thead><tr><th></th><th>Exact match</th><th>Rate</th><th>95% Wilson interval</th><th>Perplexity</th><th>Tokens/s</th></tr></thead><tbody>${scoreRow('Base', base)}${scoreRow('Tuned', tuned)}</tbody></table>
<h2>Loss</h2>${curve(points)}
<h2>Before and after</h2><table><thead><tr><th>Prompt</th><th>Base</th><th>Tuned</th></tr></thead><tbody>${examples({ prompts, answers, job, outputModelId: detail.outputModelId })}</tbody></table>
<h2>Facts of the run</h2><table><tbody>${rows(facts)}</tbody></table>
<h2>Time of each step</h2><table><tbody>${rows(times.map(({ name, seconds }) => [name, `${seconds.toFixed(1)} s`]))}</tbody></table>
<h2>Pages</h2>${pictures.map((name) => `<figure><img src="${name}" alt="${text(name.replace('.png', ''))}"><figcaption>${text(name.replace('.png', ''))}</figcaption></figure>`).join('\n')}
</body></html>
`
  writeFileSync(join(folder, 'index.html'), html)
}
