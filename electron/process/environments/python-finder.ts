import { join } from 'node:path'
import { runCommand } from '../run-command'

/** An interpreter that can make environments. */
export interface FoundPython {
  readonly path: string
  readonly version: string
  readonly hasVenv: boolean
}
export type PythonSearch =
  | { readonly kind: 'found'; readonly python: FoundPython }
  | { readonly kind: 'none'; readonly tried: readonly string[] }
  | { readonly kind: 'unsuitable'; readonly found: readonly { readonly path: string; readonly version: string }[] }

/** The lock files hold wheels for these; newest last tried, since the widest tested comes first. */
const suitable = ['3.11', '3.12', '3.13'] as const
const probe = 'import sys, json, importlib.util as u; print(json.dumps({"path": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3], "venv": bool(u.find_spec("venv")) and bool(u.find_spec("ensurepip"))}))'

/** Commands to try, the best first. An app that the macOS Finder started has no Homebrew and no python.org on its PATH. */
export function pythonCandidates(platform: NodeJS.Platform): readonly (readonly string[])[] {
  if (platform === 'win32') return [...suitable.map((version) => ['py', `-${version}`]), ['python'], ['python3']]
  const versions = suitable.map((version) => [`python${version}`])
  // Before `python3`: without Apple's developer tools that one opens a window that asks to install them.
  const places = platform === 'darwin' ? suitable.flatMap(macPlaces) : []
  return [...versions, ...places, ['python3'], ['python']]
}

function macPlaces(version: string): readonly (readonly string[])[] {
  const folders = ['/opt/homebrew/bin', '/usr/local/bin', `/Library/Frameworks/Python.framework/Versions/${version}/bin`]
  return folders.map((folder) => [`${folder}/python${version}`])
}

/** Asks one interpreter what it is; null when it does not run. */
export async function probePython(command: readonly string[]): Promise<FoundPython | null> {
  const [file, ...args] = command
  if (file === undefined) return null
  const result = await runCommand(file, [...args, '-c', probe], { timeoutMs: 15_000 })
  if (result.exitCode !== 0) return null
  try {
    const told = JSON.parse(result.stdout) as { path: string; version: string; venv: boolean }
    return { path: told.path, version: told.version, hasVenv: told.venv }
  } catch {
    return null // it ran but printed something else: not a Python we can use
  }
}

/** Looks for a Python 3.11 to 3.13 on the PATH, on macOS also where Homebrew and python.org put one; one that has venv and ensurepip comes before one that lacks them. */
export async function findPython(platform: NodeJS.Platform = process.platform): Promise<PythonSearch> {
  const tried: string[] = []
  const unsuitable: { path: string; version: string }[] = []
  let withoutVenv: FoundPython | null = null
  for (const command of pythonCandidates(platform)) {
    tried.push(command.join(' '))
    const python = await probePython(command)
    if (python === null) continue
    if (!suitable.some((version) => python.version.startsWith(`${version}.`))) unsuitable.push({ path: python.path, version: python.version })
    else if (python.hasVenv) return { kind: 'found', python }
    else withoutVenv ??= python
  }
  if (withoutVenv !== null) return { kind: 'found', python: withoutVenv }
  return unsuitable.length > 0 ? { kind: 'unsuitable', found: unsuitable } : { kind: 'none', tried }
}

/** The interpreter inside a virtual environment. */
export function environmentPython(folder: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}
