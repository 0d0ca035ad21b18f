// npm run bench -- [names] [--pairs N] [--seconds S] [--rounds N] [--keep]
// Runs the benchmarks of test/bench one after the other and writes what they measured into docs/benchmarks.md.
// Without names all of them; the options make them shorter, and --keep leaves the table as it is.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { ownMark, watchLoad } from './bench-load.mjs'
import { build } from './build.mjs'
import { ensureDisplay } from './display.mjs'
import { Stop, at, main, node, run, say, seconds, tool } from './project.mjs'
import { setUp } from './setup.mjs'

const results = at('test', 'bench', 'results.json')
const page = at('docs', 'benchmarks.md')
const marks = ['<!-- The table: written by npm run bench -->', '<!-- End of the table -->']
const suffix = '.bench.ts'

const names = readdirSync(at('test', 'bench')).filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length)).sort()
/** In this order in the table; others come after them. */
const order = ['training', 'callback', 'ingest', 'live', 'chart', 'start', 'kill', 'faults', 'cloud-kill', 'upload', 'catch-up', 'polling', 'retrain', 'durations']
const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length)

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { pairs: { type: 'string' }, seconds: { type: 'string' }, rounds: { type: 'string' }, keep: { type: 'boolean' } } })
    const unknown = positionals.filter((name) => !names.includes(name))
    if (unknown.length > 0) throw new Stop(`There is no benchmark called ${unknown.join(', ')}. There are: ${names.join(', ')}`)
    const { keep = false, ...numbers } = values
    return { chosen: (positionals.length === 0 ? names : positionals).toSorted((a, b) => place(a) - place(b)), keep, numbers }
  } catch (error) {
    throw error instanceof Stop ? error : new Stop(error.message)
  }
}

/** Passes the output on and picks the rows out of it. */
function rowReader() {
  const rows = []
  let rest = ''
  return {
    rows,
    write(chunk) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        if (line.startsWith('{"figure":')) rows.push(JSON.parse(line))
        else if (line.trim() !== '') say(`  ${line}`)
      }
    },
  }
}

async function runBench(name, numbers, env) {
  const mark = `${process.pid}-${name}`
  const options = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`BENCH_${key.toUpperCase()}`, value]))
  const output = rowReader()
  const stop = watchLoad(mark)
  const startedMs = Date.now()
  say(`${name}`)
  const { code } = await tool('vitest/vitest.mjs', ['run', '--project=bench', '--disable-console-intercept', '--reporter=dot', `test/bench/${name}${suffix}`], { output, env: { ...env, ...options, [ownMark]: mark, NO_COLOR: '1' } })
  const { load, foreignShare } = stop()
  for (const row of output.rows) say(`  ${row.met === null ? '   ' : row.met ? 'yes' : 'NO '} ${row.figure}: ${measured(row)}${row.bound === null ? '' : `   (${row.bound})`}`)
  say(`  ${seconds(startedMs)}, load ${load.toFixed(1)}, other programs ${percent(foreignShare)} of the processors`)
  const command = ['npm run bench --', name, ...Object.entries(numbers).map(([key, value]) => `--${key} ${value}`)].join(' ')
  return { code, rows: output.rows, at: new Date(startedMs).toISOString(), load, foreignShare, command }
}

const percent = (share) => (share === null ? 'unknown' : `${(share * 100).toFixed(1)}%`)
function number(value, unit) {
  if (unit === 'ratio') return value.toFixed(3)
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return Number.isInteger(value) ? String(value) : value.toPrecision(3)
}

function measured({ median, min, max, p95, interval, samples, unit }) {
  const show = (value) => number(value, unit)
  const unitWord = unit === 'ratio' ? '' : ` ${unit}`
  if (samples === 1) return `${show(median)}${unitWord}`
  const parts = [p95 === undefined ? '' : `95%: ${show(p95)}${unitWord}; `, `${show(median)}${unitWord} (${show(min)} to ${show(max)}; n = ${samples})`, interval === undefined ? '' : `, interval ${show(interval[0])} to ${show(interval[1])}`]
  return parts.join('')
}

/** The table, one row a figure, then when and with what load each benchmark ran. */
function table(all) {
  const ran = Object.entries(all).toSorted(([a], [b]) => place(a) - place(b))
  const rows = ran.flatMap(([, { rows: found, command }]) => found.map((row) => [row.figure, row.bound ?? '', measured(row), row.peer ?? '', `\`${command}\``, row.met === null ? '' : row.met ? 'yes' : '**no**']))
  const line = (cells) => `| ${cells.join(' | ')} |`
  const loads = ran.map(([name, { at: when, load, foreignShare, machine }]) => line([name, when.slice(0, 16).replace('T', ' '), load.toFixed(1), percent(foreignShare), machine]))
  return [
    line(['figure', 'bound', 'measured: median (minimum to maximum)', 'peer', 'command', 'met']), line(Array(6).fill('---')), ...rows.map(line), '',
    line(['benchmark', 'when (UTC)', 'highest load', 'other programs', 'machine']), line(Array(5).fill('---')), ...loads,
  ].join('\n')
}

function writeTable(all) {
  const text = readFileSync(page, 'utf8')
  const [from, to] = marks.map((mark) => text.indexOf(mark))
  if (from === -1 || to < from) throw new Stop(`docs/benchmarks.md has lost its marks: ${marks.join(' and ')}`)
  writeFileSync(page, `${text.slice(0, from + marks[0].length)}\n\n${table(all)}\n\n${text.slice(to)}`)
}

async function pythonOf() {
  if (process.env.TUNESMITH_TEST_PYTHON !== undefined) return
  const { code } = await run(node, [at('scripts', 'test-environment.mjs')])
  if (code !== 0) throw new Stop('The Python environment of the benchmarks could not be made.')
}

await main(async () => {
  const { chosen, keep, numbers } = readArguments()
  const electron = await setUp({ forTests: true })
  await pythonOf()
  await build()
  const display = await ensureDisplay({ quiet: true })
  const env = { ...display.env, TUNESMITH_ELECTRON: electron.path }
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GB; Electron ${electron.version}`
  let failed = false
  try {
    for (const name of chosen) {
      const { code, ...result } = await runBench(name, numbers, env)
      failed ||= code !== 0 || result.rows.some(({ met }) => met === false)
      // A benchmark that broke off has no figures to show; what it had before stays.
      if (keep || code !== 0 || result.rows.length === 0) continue
      const all = { ...(existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {}), [name]: { ...result, machine } }
      writeFileSync(results, `${JSON.stringify(all, null, 2)}\n`)
      writeTable(all)
    }
  } finally {
    display.close()
  }
  return failed ? 1 : 0
})
