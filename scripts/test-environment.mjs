// Makes the Python environment of the tests in .cache/test-env with the app's own installer, so that this is tested as well.
// Runs under the Node of node_modules, which scripts/test.mjs takes care of.
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runnerImport } from 'vite'
import { Stop, at, main, say, seconds } from './project.mjs'

const folder = at('.cache', 'test-env')
const listsFolder = at('python-templates', 'environments')
const marker = join(folder, 'lists.sha256')
const log = at('.cache', 'test-env.log')

const listsHash = () => ['torch.txt', 'cpu.txt'].reduce((hash, list) => hash.update(readFileSync(join(listsFolder, list))), createHash('sha256')).digest('hex')

await main(async () => {
  const wanted = listsHash()
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  const startedMs = Date.now()
  say('Making the Python environment of the tests (1.8 GB, some minutes)')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(at('.cache'), { recursive: true })
  writeFileSync(log, '')
  const { module } = await runnerImport(at('electron', 'process', 'environments', 'environment-installer.ts'))
  const outcome = await module.installEnvironment({
    profile: 'cpu',
    folder,
    listsFolder,
    wheels: null,
    driverVersion: null,
    done: new Set(),
    signal: new AbortController().signal,
    onStep: (step, state, detail) => {
      if (state === 'done') say(`  ${step}${detail === '' ? '' : `: ${detail}`}`)
    },
    onLog: (text) => appendFileSync(log, text),
  })
  if (outcome.kind !== 'ready') throw new Stop(outcome.kind === 'failed' ? `${outcome.step} failed: ${outcome.problem.message}\n${outcome.problem.next}\nThe log is ${log}.` : 'cancelled')
  writeFileSync(marker, wanted)
  say(`  done in ${seconds(startedMs)}`)
})
