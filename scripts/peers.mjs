// Makes the two Python environments behind the tests' AWS: .cache/peers-env with moto's server and AWS's service models, and
// .cache/toolkit-env with AWS's training toolkit before the packages of the tests' training environment. Both are made from
// pinned lists and made anew when a list or the Python behind it changes.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Stop, at, main, run, say, seconds } from './project.mjs'

const windows = process.platform === 'win32'
const pythonOf = (folder) => (windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python'))

/** The Python that tests train with, as test/support/test-python.ts finds it. */
function trainingPython() {
  const path = process.env.TUNESMITH_TEST_PYTHON ?? pythonOf(at('.cache', 'test-env'))
  if (!existsSync(path)) throw new Stop(`There is no Python for the tests at ${path}. npm test makes it, or set TUNESMITH_TEST_PYTHON.`)
  return path
}

async function collect(python, args, problem) {
  const { code, text } = await run(python, args, { output: 'collect' })
  if (code !== 0) throw new Stop(`${problem}:\n${text.slice(-4000)}`)
  return text.trim()
}

/** Makes `.cache/<name>` from test/peers/<list> unless it is there; `behind` is a folder of packages that come after its own. */
async function makeEnvironment({ name, list, python, behind = '' }) {
  const folder = at('.cache', name)
  const marker = join(folder, 'list.sha256')
  const listPath = at('test', 'peers', list)
  const wanted = createHash('sha256').update(readFileSync(listPath)).update(`\n${python}\n${behind}`).digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  const startedMs = Date.now()
  say(`Making the environment of the tests' AWS in .cache/${name}`)
  rmSync(folder, { recursive: true, force: true })
  await collect(python, ['-m', 'venv', folder], `No environment could be made in ${folder}`)
  const own = pythonOf(folder)
  await collect(own, ['-m', 'pip', 'install', '--no-deps', '--prefer-binary', '--quiet', '--disable-pip-version-check', '-r', listPath], `The packages of ${list} could not be installed`)
  if (behind !== '') {
    const packages = await collect(own, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], 'No folder of packages')
    // What a new environment brings of its own would hide a newer one behind it.
    await collect(own, ['-m', 'pip', 'uninstall', '--quiet', '--yes', '--disable-pip-version-check', 'setuptools'], 'setuptools could not be removed')
    writeFileSync(join(packages, 'training-environment.pth'), `${behind}\n`)
  }
  writeFileSync(`${marker}.part`, wanted)
  renameSync(`${marker}.part`, marker)
  say(`  done in ${seconds(startedMs)}`)
}

/** Makes both environments; nothing is done twice. */
export async function makePeers() {
  const python = trainingPython()
  const behind = await collect(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], 'The Python of the tests does not run')
  const base = await collect(python, ['-c', 'import sys; print(sys._base_executable)'], 'The Python of the tests does not run')
  await makeEnvironment({ name: 'peers-env', list: 'moto.txt', python: base })
  await makeEnvironment({ name: 'toolkit-env', list: 'toolkit.txt', python: base, behind })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(makePeers)
