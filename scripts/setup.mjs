// Installs what a start or a test needs and says what it can't install. Nothing is done twice.
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { resolveElectron } from './electron.mjs'
import { Stop, answers, at, main, node, npm, run, say, seconds } from './project.mjs'
import { installSystemParts } from './system-parts.mjs'

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** True when node_modules holds exactly the versions of package-lock.json. */
function packagesAreThere() {
  if (!existsSync(at('node_modules', '.package-lock.json'))) return false
  const wanted = readJson(at('package-lock.json')).packages
  const installed = readJson(at('node_modules', '.package-lock.json')).packages
  return Object.entries(wanted).every(([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version)
}

/**
 * `npm ci` without install scripts: better-sqlite3 and node-pty bring their binaries, and an older npm would try to
 * compile them. The one script that is needed, the download of Node itself, is run by name.
 */
async function installPackages() {
  if (!packagesAreThere()) {
    const startedMs = Date.now()
    say('Installing npm packages (about a minute)')
    const { code, text } = await run(...npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'), { output: 'collect' })
    if (code !== 0) throw new Stop(`npm ci failed:\n${text}`)
    say(`  done in ${seconds(startedMs)}`)
  }
  const wanted = readJson(at('node_modules', 'node', 'package.json')).version
  if (!(await isNode(wanted))) await installNode(wanted)
  // So that `node_modules/.bin` on the PATH gives this Node, as a plain `npm ci` would.
  const link = at('node_modules', '.bin', 'node')
  if (process.platform !== 'win32' && !existsSync(link)) symlinkSync(relative(dirname(link), node), link)
}

async function installNode(wanted) {
  say(`Installing Node ${wanted} for builds and tests`)
  const { text } = await run(process.execPath, ['installArchSpecificPackage.js'], { output: 'collect', cwd: at('node_modules', 'node') })
  if (!(await isNode(wanted))) throw new Stop(`Node ${wanted} could not be installed:\n${text}`)
}

async function isNode(version) {
  return existsSync(node) && (await run(node, ['--version'], { output: 'collect' })).text.trim() === `v${version}`
}

/** Installs packages, Electron and system parts. `forTests` adds what only tests need. Returns the Electron to use. */
export async function setUp({ forTests = false } = {}) {
  await installPackages()
  const electron = await resolveElectron()
  await installSystemParts({ electron, forTests })
  return electron
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    const electron = await setUp({ forTests: process.argv.includes('--tests') })
    say(`Ready: Electron ${electron.version} (${electron.kind === 'official' ? 'official' : 'development copy'}), Node ${(await run(node, ['--version'], { output: 'collect' })).text.trim()}${(await answers('uv')) ? ', uv' : ''}`)
  })
}
