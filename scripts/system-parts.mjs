// System libraries, a virtual display and Python: installed on Debian as root, otherwise the exact command is printed.
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Stop, answers, run, say } from './project.mjs'

const oldestPython = [3, 11]
const libraries = ['libgtk-3-0', 'libnss3', 'libgbm1', 'libasound2', 'libxshmfence1', 'libxss1', 'libsecret-1-0', 'fonts-dejavu-core']
/** Renamed by Debian 13 and Ubuntu 24.04 for 64-bit time. */
const renamed = new Set(['libgtk-3-0', 'libasound2'])

const hasDisplay = () => Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)

async function missingParts({ electron, forTests }) {
  const missing = []
  const needs = (name, packages) => missing.push({ name, packages })
  const { text } = await run('ldd', [electron.path], { output: 'collect' })
  const notFound = text.split('\n').filter((line) => line.includes('not found')).map((line) => line.trim().split(' ')[0])
  if (notFound.length > 0) needs(`libraries of Electron (${notFound.slice(0, 4).join(', ')}${notFound.length > 4 ? ', ...' : ''})`, libraries)
  if ((forTests || !hasDisplay()) && !isOnPath('Xvfb')) needs('a virtual display', ['xvfb', 'fonts-dejavu-core'])
  const python = await findPython()
  if (python === null) needs(`Python ${oldestPython.join('.')} or newer`, ['python3', 'python3-venv'])
  else if (!python.hasVenv) needs(`venv and pip of ${python.path}`, [python.path === 'python3' ? 'python3-venv' : `python${python.version}-venv`])
  if (forTests && !(isOnPath('gnome-keyring-daemon') && isOnPath('dbus-run-session'))) needs('a keyring for the security tests', ['gnome-keyring', 'dbus'])
  return missing
}

const isOnPath = (file) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, file)))

async function findPython() {
  for (const path of ['python3', 'python3.13', 'python3.12', 'python3.11']) {
    if (!(await answers(path))) continue
    const { code, text } = await run(path, ['-c', 'import sys, importlib.util as u; print(*sys.version_info[:2], int(bool(u.find_spec("ensurepip") and u.find_spec("venv"))))'], { output: 'collect' })
    const [major, minor, hasVenv] = text.trim().split(' ').map(Number)
    if (code === 0 && (major > oldestPython[0] || minor >= oldestPython[1])) return { path, version: `${major}.${minor}`, hasVenv: hasVenv === 1 || (await answers('uv')) }
  }
  return null
}

const isDebian = () => existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8')) && existsSync('/usr/bin/apt-get')

async function aptNames(names) {
  const newer = (await run('apt-cache', ['show', 'libgtk-3-0t64'], { output: 'collect' })).code === 0
  return [...new Set(names)].map((name) => (newer && renamed.has(name) ? `${name}t64` : name))
}

/** On Linux: installs or names what is missing. Elsewhere Electron brings all it needs and only Python is looked for. */
export async function installSystemParts({ electron, forTests }) {
  if (process.platform !== 'linux') {
    if (!(await answers(process.platform === 'win32' ? 'py' : 'python3'))) say('Python 3.11 or newer was not found. The app starts, but can not set up an environment to train in.')
    return
  }
  const missing = await missingParts({ electron, forTests })
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join('; ')
  const wanted = missing.flatMap(({ packages }) => packages)
  if (!isDebian()) throw new Stop(`Missing: ${names}.\nInstall them with your system's package manager. On Debian they are: ${[...new Set(wanted)].join(' ')}`)
  const install = ['install', '-y', '--no-install-recommends', ...(await aptNames(wanted))]
  if (process.getuid() !== 0) throw new Stop(`Missing: ${names}.\nInstall with:\n  sudo apt-get update && sudo apt-get ${install.join(' ')}`)
  say(`Installing system packages: ${names}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], install]) {
    const { code, text } = await run('apt-get', args, { output: 'collect', env })
    if (code !== 0) throw new Stop(`apt-get ${args.join(' ')} failed:\n${text.split('\n').slice(-15).join('\n')}`)
  }
  const still = await missingParts({ electron, forTests })
  if (still.length > 0) throw new Stop(`Still missing after the installation: ${still.map(({ name }) => name).join('; ')}.`)
}
