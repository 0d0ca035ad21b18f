// npm test: sets up and runs everything. `npm test -- unit security` runs parts of it; `--verbose` shows their output.
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build } from './build.mjs'
import { ensureDisplay } from './display.mjs'
import { makePeers } from './peers.mjs'
import { Stop, at, main, node, run, say, seconds, tool } from './project.mjs'
import { setUp } from './setup.mjs'

const vitest = (project) => ({ args: ['vitest/vitest.mjs', 'run', `--project=${project}`], report: 'vitest' })
const playwright = (project) => ({ args: ['playwright/cli.js', 'test', `--project=${project}`], report: 'playwright', electron: true })

/** The parts in their order: cheap ones first. `python`: needs the environment to train in. */
const parts = {
  types: [{ args: ['typescript/bin/tsc', '-b'] }],
  lint: [{ args: ['eslint/bin/eslint.js', '.'] }],
  layers: [vitest('layers')],
  unit: [vitest('unit'), vitest('renderer')],
  integration: [{ ...vitest('integration'), python: true }],
  security: [{ ...vitest('security'), python: true }, playwright('security')],
  e2e: [{ ...playwright('e2e'), python: true }],
}

const results = at('test-results')
const verbose = process.argv.includes('--verbose')
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))

/** Passed and failed tests of a command; a command without a report counts as one. */
function counts(report, file, code) {
  if (report === undefined) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const json = JSON.parse(readFileSync(file, 'utf8'))
  const found =
    report === 'vitest'
      ? { passed: json.numPassedTests, failed: json.numFailedTests, skipped: json.numPendingTests + json.numTodoTests }
      : { passed: json.stats.expected, failed: json.stats.unexpected + json.stats.flaky, skipped: json.stats.skipped }
  // A file that does not load fails without a failed test.
  return code !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found
}

const reporterArguments = (report, file) => (report === 'vitest' ? ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`] : [])

async function runCommand({ args: [path, ...args], report }, name, env) {
  const file = at('test-results', `${name}.json`)
  rmSync(file, { force: true })
  const log = createWriteStream(at('test-results', `${name}.log`))
  const { code } = await tool(path, [...args, ...reporterArguments(report, file)], { output: verbose ? 'inherit' : log, env: { ...env, NO_COLOR: '1', PLAYWRIGHT_JSON_OUTPUT_FILE: file } })
  await new Promise((resolve) => log.end(resolve))
  return { code, name, ...counts(report, file, code) }
}

/** The end of a failed command's output, where the failures are. */
function showFailure(name) {
  if (verbose) return
  const text = readFileSync(at('test-results', `${name}.log`), 'utf8').trimEnd()
  say(text.split('\n').slice(-120).join('\n'))
  say(`  All of it: test-results/${name}.log`)
}

async function runPart(part, env) {
  const startedMs = Date.now()
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const [index, command] of parts[part].entries()) {
    const result = await runCommand(command, index === 0 ? part : `${part}-${index + 1}`, env)
    for (const key of Object.keys(sum)) sum[key] += result[key]
    if (result.code !== 0) showFailure(result.name)
  }
  say(`${part.padEnd(12)} ${String(sum.passed).padStart(4)} passed ${String(sum.failed).padStart(3)} failed${sum.skipped === 0 ? '' : ` ${sum.skipped} skipped`}   ${seconds(startedMs)}`)
  return sum
}

/** What the chosen commands need beyond the packages: a Python to train in and the tests' AWS, the built app, a display. */
async function prepare(commands, electron) {
  const env = { TUNESMITH_ELECTRON: electron.path }
  if (commands.some(({ python }) => python) && process.env.TUNESMITH_TEST_PYTHON === undefined) {
    const { code } = await run(node, [at('scripts', 'test-environment.mjs')])
    if (code !== 0) throw new Stop('The Python environment of the tests could not be made.')
  }
  if (commands.some(({ python }) => python)) await makePeers()
  if (!commands.some((command) => command.electron)) return { env, close: () => undefined }
  await build()
  const display = await ensureDisplay({ quiet: true })
  return { env: { ...env, ...display.env }, close: display.close }
}

await main(async () => {
  const unknown = chosen.filter((part) => !Object.hasOwn(parts, part))
  if (unknown.length > 0) throw new Stop(`There is no part called ${unknown.join(', ')}. Parts: ${Object.keys(parts).join(', ')}`)
  const names = Object.keys(parts).filter((part) => chosen.length === 0 || chosen.includes(part))
  const startedMs = Date.now()
  const electron = await setUp({ forTests: true })
  mkdirSync(results, { recursive: true })
  const { env, close } = await prepare(names.flatMap((part) => parts[part]), electron)
  say(`Tests with Electron ${electron.version}${electron.kind === 'official' ? '' : ' (development copy)'}; set up in ${seconds(startedMs)}`)
  const total = { passed: 0, failed: 0, skipped: 0 }
  try {
    for (const part of names) {
      const sum = await runPart(part, env)
      for (const key of Object.keys(total)) total[key] += sum[key]
    }
  } finally {
    close()
  }
  say(`All parts took ${seconds(startedMs)}.`)
  // For the benchmark table; a part of the tests says nothing about the whole.
  if (chosen.length === 0) writeFileSync(at('test-results', 'times.json'), `${JSON.stringify({ at: new Date().toISOString(), seconds: (Date.now() - startedMs) / 1000, ...total })}\n`)
  say(`${total.passed} passed, ${total.failed} failed${total.skipped === 0 ? '' : `, ${total.skipped} skipped`}`)
  return total.failed === 0 ? 0 : 1
})
