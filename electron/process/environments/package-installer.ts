import { homedir } from 'node:os'
import { pipSources, withoutPasswords } from '../../parsing/pip-output'
import { inheritedEnvironment } from '../launch'
import { runCommand } from '../run-command'
import type { CommandResult } from '../run-command'
import { environmentPython } from './python-finder'

/** What installs packages into one environment: uv where it is found, else the environment's own pip. `command` starts it. */
export type PackageInstaller = { readonly kind: 'uv'; readonly version: string; readonly command: string } | { readonly kind: 'pip'; readonly version: string }

/** Where packages come from. `wheels`: an offline folder, and then nothing else. */
export interface PackageSources {
  readonly wheels: string | null
  readonly extraIndexUrl: string | null
}

export interface InstallerRun {
  readonly folder: string
  readonly signal: AbortSignal
  readonly onOutput: (text: string) => void
}

const HOURS = 3_600_000
/** A CUDA torch with its libraries is some 4 GB; a slow line must not be cut off. */
const INSTALL_TIMEOUT_MS = 6 * HOURS

/** uv on the PATH, on macOS also where Homebrew and uv's own installer put it: an app that the Finder started has neither on its PATH. */
export function uvCandidates(platform: NodeJS.Platform, home: string): readonly string[] {
  return platform === 'darwin' ? ['uv', '/opt/homebrew/bin/uv', '/usr/local/bin/uv', `${home}/.local/bin/uv`] : ['uv']
}

export async function findInstaller(): Promise<PackageInstaller> {
  for (const command of uvCandidates(process.platform, homedir())) {
    const uv = await runCommand(command, ['--version'], { timeoutMs: 10_000 })
    if (uv.exitCode === 0) return { kind: 'uv', version: uv.stdout.trim(), command }
  }
  return { kind: 'pip', version: '' }
}

/** Settings of pip and uv that name a place of packages, or turn one off. */
const sourceVariables = /^(?:PIP_|UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE)$)/i

/** What an installer inherits. With an offline folder no setting of the machine may add another place: `--no-index` alone leaves find-links in force. */
function installerEnvironment(sources: PackageSources, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(inheritedEnvironment(process.env))
  if (sources.wheels === null) return { ...Object.fromEntries(inherited), ...extra }
  const offline = inherited.filter(([name]) => !sourceVariables.test(name))
  return { ...Object.fromEntries(offline), PIP_CONFIG_FILE: process.platform === 'win32' ? 'nul' : '/dev/null', UV_NO_CONFIG: '1', ...extra }
}

/** uv does not read pip's settings; without these it would take other builds than pip does. As variables, since an index may carry a password. */
async function uvSources(python: string): Promise<Readonly<Record<string, string>>> {
  const listed = await runCommand(python, ['-m', 'pip', 'config', 'list'], { timeoutMs: 20_000, env: { ...inheritedEnvironment(process.env) } })
  if (listed.exitCode !== 0) return {}
  const { index, extra, findLinks } = pipSources(listed.stdout)
  return {
    ...(index === null ? {} : { UV_DEFAULT_INDEX: index }), ...(extra.length === 0 ? {} : { UV_INDEX: extra.join(' ') }),
    ...(findLinks.length === 0 ? {} : { UV_FIND_LINKS: findLinks.join(',') }),
  }
}

function sourceArguments(sources: PackageSources): string[] {
  if (sources.wheels !== null) return ['--no-index', '--find-links', sources.wheels]
  return sources.extraIndexUrl === null ? [] : ['--extra-index-url', sources.extraIndexUrl]
}

/** Runs an install command in the environment. `basePython` is the interpreter it was made from, whose pip settings uv is given. */
export async function runInstaller(
  installer: PackageInstaller, basePython: string, args: readonly string[], sources: PackageSources, run: InstallerRun,
): Promise<CommandResult> {
  const python = environmentPython(run.folder)
  const fromPip = installer.kind === 'uv' && sources.wheels === null ? await uvSources(basePython) : {}
  const options = {
    timeoutMs: INSTALL_TIMEOUT_MS, signal: run.signal, env: installerEnvironment(sources, fromPip), onOutput: (_stream: 'stdout' | 'stderr', text: string) => run.onOutput(withoutPasswords(text)),
  }
  if (installer.kind === 'uv') {
    // A version found in the first index must not hide the CPU build in another, as pip's own rule has it.
    const strategy = sources.wheels === null ? ['--index-strategy', 'unsafe-best-match'] : []
    return runCommand(installer.command, ['pip', 'install', '--python', python, ...strategy, ...sourceArguments(sources), ...args], options)
  }
  return runCommand(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', await progressBar(python), ...sourceArguments(sources), ...args], options)
}

/** Gives an environment its pip where it has none: uv makes them without, and need not be there any more when an installation goes on. */
export async function ensurePip({ folder, signal, onOutput }: InstallerRun): Promise<CommandResult> {
  const python = environmentPython(folder)
  const options = { timeoutMs: 300_000, signal, env: { ...inheritedEnvironment(process.env) } }
  const there = await runCommand(python, ['-m', 'pip', '--version'], options)
  return there.exitCode === 0 ? there : runCommand(python, ['-m', 'ensurepip'], { ...options, onOutput: (_stream, text) => onOutput(text) })
}

/** `raw` prints bytes that can be read; pip knows it since 24.1, and a fresh environment has the pip that came with its Python. */
async function progressBar(python: string): Promise<'raw' | 'off'> {
  const { stdout } = await runCommand(python, ['-m', 'pip', '--version'], { timeoutMs: 60_000 })
  const [major = 0, minor = 0] = (/^pip (\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number)
  return major > 24 || (major === 24 && minor >= 1) ? 'raw' : 'off'
}

/** The torch that an installation would take, without installing: its version, and whether it is a CUDA build. Null when none is found. */
export async function resolveTorch(
  installer: PackageInstaller, basePython: string, torchList: string, sources: PackageSources, run: InstallerRun,
): Promise<{ readonly version: string; readonly cuda: boolean } | { readonly failed: CommandResult }> {
  if (installer.kind === 'uv') {
    // One that an earlier try installed would not be named otherwise.
    const result = await runInstaller(installer, basePython, ['--dry-run', '--reinstall-package', 'torch', '-r', torchList], sources, run)
    const version = /[+~] torch==(\S+)/.exec(result.stderr + result.stdout)?.[1]
    if (version === undefined) return { failed: result }
    return { version, cuda: /\+ nvidia-|\+ cuda-/.test(result.stderr + result.stdout) }
  }
  const result = await runInstaller(installer, basePython, ['--dry-run', '--quiet', '--no-deps', '--ignore-installed', '--report', '-', '-r', torchList], sources, { ...run, onOutput: () => undefined })
  const metadata = result.exitCode === 0 ? torchMetadata(result.stdout) : null
  if (metadata === null) {
    // Not logged as it came: the report is for us, and long.
    run.onOutput(withoutPasswords(result.stderr))
    return { failed: result }
  }
  return { version: metadata.version, cuda: metadata.requires.some((requirement) => /^(nvidia|cuda)-/.test(requirement)) && process.platform === 'linux' && !metadata.version.includes('+cpu') }
}

function torchMetadata(report: string): { version: string; requires: readonly string[] } | null {
  try {
    const { install } = JSON.parse(report.slice(report.indexOf('{'))) as { install: { metadata: { name: string; version: string; requires_dist?: string[] } }[] }
    const torch = install.find(({ metadata }) => metadata.name === 'torch')
    return torch === undefined ? null : { version: torch.metadata.version, requires: torch.metadata.requires_dist ?? [] }
  } catch {
    return null // not a report: the caller shows the command's own output
  }
}
