// Makes the Python environment of the tests in .cache/test-env with the app's own installer, from an offline folder of wheels
// and with no index: so every npm test on a fresh clone proves that `cpu` can be built so. The wheels come first, with pip and
// its configured sources, into .cache/wheels. Runs under the Node of node_modules, which scripts/test.mjs takes care of.
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runnerImport } from 'vite'
import { Stop, at, main, run, say, seconds } from './project.mjs'

const folder = at('.cache', 'test-env')
const wheels = at('.cache', 'wheels')
const listsFolder = at('python-templates', 'environments')
const marker = join(folder, 'lists.sha256')
const log = at('.cache', 'test-env.log')
const signal = new AbortController().signal

const listOf = (name) => join(listsFolder, name)
const listsHash = () => ['torch.txt', 'cpu.txt'].reduce((hash, list) => hash.update(readFileSync(listOf(list))), createHash('sha256')).digest('hex')
const source = async (name) => (await runnerImport(at('electron', 'process', 'environments', `${name}.ts`))).module

/** Pins of a list as `name==version`, and whether a wheel of one is there. */
const pinsOf = (list) => readFileSync(listOf(list), 'utf8').split('\n').map((line) => line.split('#')[0].trim()).filter((line) => line !== '')
const normal = (name) => name.toLowerCase().replace(/[-_.]+/g, '-')
function isThere(pin) {
  const [name, version] = pin.split(';')[0].trim().split('==')
  return readdirSync(wheels).some((file) => {
    const [wheelName, wheelVersion] = file.split('-')
    return file.endsWith('.whl') && normal(wheelName) === normal(name) && wheelVersion.split('+')[0] === version
  })
}

/** Downloads the wheels that lack, with the pip of a small environment: the system's own may be missing or locked. */
async function downloadWheels() {
  mkdirSync(wheels, { recursive: true })
  const missing = ['torch.txt', 'cpu.txt'].filter((list) => !pinsOf(list).every(isThere))
  if (missing.length === 0) return
  const startedMs = Date.now()
  say('Downloading the Python packages of the tests (0.6 GB)')
  const { findPython, environmentPython } = await source('python-finder')
  const { resolveTorch } = await source('package-installer')
  const { cpuBuildIndexUrl } = (await runnerImport(at('electron', 'domain', 'cuda-build.ts'))).module
  const search = await findPython()
  if (search.kind !== 'found' || !search.python.hasVenv) throw new Stop('Tests need Python 3.11, 3.12 or 3.13 with venv. On Debian or Ubuntu: sudo apt install python3 python3-venv')
  const tools = at('.cache', 'pip')
  const made = await run(search.python.path, ['-m', 'venv', tools], { output: 'collect' })
  if (made.code !== 0) throw new Stop(`No environment for pip could be made:\n${made.text}`)
  const pip = { kind: 'pip', version: '' }
  const resolved = await resolveTorch(pip, search.python.path, listOf('torch.txt'), { wheels: null, extraIndexUrl: null }, { folder: tools, signal, onOutput: () => undefined })
  const cpuIndex = 'version' in resolved && !resolved.cuda ? [] : ['--extra-index-url', cpuBuildIndexUrl]
  for (const list of missing) {
    const pins = pinsOf(list).filter((pin) => !isThere(pin))
    const { code, text } = await run(
      environmentPython(tools), ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--quiet', '--dest', wheels, ...(list === 'torch.txt' ? cpuIndex : []), ...pins.map((pin) => pin.replace(/\s/g, ''))],
      { output: 'collect' },
    )
    if (code !== 0) throw new Stop(`Packages could not be downloaded:\n${text.slice(-4000)}`)
  }
  say(`  done in ${seconds(startedMs)}`)
}

/** Nothing answers here, so that an installer that asks an index after all fails. */
const nowhere = 'http://127.0.0.1:9'

async function install() {
  const startedMs = Date.now()
  say('Making the Python environment of the tests from them (1.8 GB, some minutes)')
  rmSync(folder, { recursive: true, force: true })
  writeFileSync(log, '')
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) for (const spelling of [name, name.toLowerCase()]) process.env[spelling] = nowhere
  const { installEnvironment } = await source('environment-installer')
  const outcome = await installEnvironment({
    profile: 'cpu', folder, listsFolder, wheels, driverVersion: null, done: new Set(), signal,
    onStep: (step, state, detail) => {
      if (state === 'done') say(`  ${step}${detail === '' ? '' : `: ${detail}`}`)
    },
    onLog: (text) => appendFileSync(log, text),
  })
  if (outcome.kind !== 'ready') throw new Stop(outcome.kind === 'failed' ? `${outcome.step} failed: ${outcome.problem.message}\n${outcome.problem.next}\nThe log is ${log}.` : 'cancelled')
  writeFileSync(marker, listsHash())
  say(`  done in ${seconds(startedMs)}`)
}

await main(async () => {
  if (existsSync(marker) && readFileSync(marker, 'utf8') === listsHash()) return
  await downloadWheels()
  await install()
})
