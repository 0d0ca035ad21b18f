// npm run demo: the main job through the real window, unattended, with a report at the end.
// npm run demo -- --model FOLDER --data FILE [--backend unsloth|huggingface] [--method qlora|lora|full] [--steps N]
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { writeDemoReport } from './demo-report.mjs'
import { DemoWindow } from './demo-window.mjs'
import { ensureDisplay } from './display.mjs'
import { sandboxArguments } from './electron.mjs'
import { Stop, at, main, root, say, seconds } from './project.mjs'
import { setUp } from './setup.mjs'

/** A verdict on fewer prompts would be luck. */
const leastPrompts = 100
const usage = 'npm run demo -- [--model FOLDER --data FILE] [--backend unsloth|huggingface] [--method qlora|lora|full] [--steps N]'

function readArguments() {
  let values
  try {
    ;({ values } = parseArgs({ options: { model: { type: 'string' }, data: { type: 'string' }, backend: { type: 'string', default: 'unsloth' }, method: { type: 'string', default: 'qlora' }, steps: { type: 'string' } } }))
  } catch (error) {
    throw new Stop(`${error.message}\nUse: ${usage}`)
  }
  const { model, data, backend, method, steps } = values
  if (!['unsloth', 'huggingface'].includes(backend)) throw new Stop(`There is no backend called ${backend}. Use: ${usage}`)
  if (!['qlora', 'lora', 'full'].includes(method)) throw new Stop(`There is no method called ${method}. Use: ${usage}`)
  if (steps !== undefined && !/^[1-9]\d{0,6}$/.test(steps)) throw new Stop(`--steps wants a number of steps, not ${steps}.`)
  if (model !== undefined && !(existsSync(model) && statSync(model).isDirectory())) throw new Stop(`${model} is not a folder.`)
  if (data !== undefined && !existsSync(data)) throw new Stop(`${data} is not there.`)
  return { model: model === undefined ? null : resolve(model), data: data === undefined ? null : resolve(data), backend, method, steps: steps === undefined ? null : Number(steps) }
}

/** Runs a step and remembers how long it took. */
async function timed(times, name, work) {
  const startedMs = Date.now()
  say(`${name}`)
  const result = await work()
  times.push({ name, seconds: (Date.now() - startedMs) / 1000 })
  say(`  ${seconds(startedMs)}`)
  return result
}

/** Keeps how long the last demos took, for the benchmark table; other arguments than none would not compare. */
function keepTotal(total) {
  const file = at('.cache', 'demo-times.json')
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  writeFileSync(file, `${JSON.stringify([...earlier, total].slice(-20), null, 2)}\n`)
}

function summary({ base, tuned, pair, comparison }) {
  const percent = (ratio) => `${(ratio * 100).toFixed(1)}%`
  const rate = ({ right, prompts, rate: value, rateLow, rateHigh }) => `${right} of ${prompts} right (${percent(value)}, 95%: ${percent(rateLow)} to ${percent(rateHigh)})`
  return [
    `Base model    ${rate(base)}, perplexity ${base.perplexity?.toFixed(2) ?? 'not known'}`,
    `Tuned model   ${rate(tuned)}, perplexity ${tuned.perplexity?.toFixed(2) ?? 'not known'}`,
    `Verdict       ${pair.verdict}: ${pair.candidateWins} gained, ${pair.baseWins} lost, ${pair.ties} the same on ${comparison.promptCount} held-out prompts; exact sign test p = ${pair.pValue.toExponential(1)}`,
  ]
}

await main(async () => {
  const wish = readArguments()
  const times = []
  const startedMs = Date.now()
  const electron = await timed(times, 'Installing what is missing', () => setUp())
  await timed(times, 'Building', () => build())
  const display = await ensureDisplay()
  const report = at('demo-report')
  rmSync(report, { recursive: true, force: true })
  mkdirSync(report, { recursive: true })
  // A data folder of its own, kept: a second demo finds its environment there.
  const home = process.env.TUNESMITH_HOME ?? at('.cache', 'demo-home')
  mkdirSync(home, { recursive: true })
  const window = await timed(times, `Opening the window (Electron ${electron.version})`, () => DemoWindow.open({ electron, args: [...sandboxArguments(), root], home, env: display.env, screens: report }))
  let result
  try {
    const environmentMade = !(await window.ask('environments.list')).some(({ state }) => state === 'ready')
    const environment = await timed(times, 'Setting up the Python environment', () => window.setUpEnvironment(say))
    await timed(times, 'Choosing the model', () => window.chooseModel(wish.model))
    await timed(times, 'Importing the data', () => window.chooseData(wish.data))
    const job = await timed(times, `Training with ${wish.backend} (${wish.method})`, () => window.train(wish, say))
    const compared = await timed(times, 'Comparing the tuned model with its base', () => window.compare(job, say))
    await window.visitPages()
    result = { environment, environmentMade, job, ...compared }
    await window.saveComparisonReport(resolve(report, 'comparison.html'))
    writeDemoReport(report, { ...result, times, electron, wish })
  } finally {
    await window.close()
    display.close()
  }
  say('')
  for (const line of summary(result)) say(line)
  for (const { name, seconds: took } of times) say(`${took.toFixed(1).padStart(8)} s  ${name}`)
  say(`Report: ${resolve(report, 'index.html')}   (${seconds(startedMs)} in all)`)
  if (process.argv.length === 2) keepTotal({ at: new Date().toISOString(), seconds: (Date.now() - startedMs) / 1000, environmentMade: result.environmentMade })
  if (result.pair.verdict !== 'better') {
    say('The tuned model did not beat its base.')
    return 1
  }
  if (result.comparison.promptCount < leastPrompts) {
    say(`There were ${result.comparison.promptCount} held-out prompts; at least ${leastPrompts} are needed for a verdict that counts.`)
    return 1
  }
  return 0
})
