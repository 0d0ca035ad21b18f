import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../shared/app-error'
import type { EnvironmentProfile, EnvironmentStep } from '../../shared/environment'
import { chooseCudaBuild, cpuBuildIndexUrl } from '../../domain/cuda-build'
import { installProblem, installProgress } from '../../parsing/pip-output'
import type { InstallProblem } from '../../parsing/pip-output'
import { inheritedEnvironment } from '../launch'
import { runCommand } from '../run-command'
import type { CommandResult } from '../run-command'
import { ensurePip, findInstaller, resolveTorch, runInstaller } from './package-installer'
import type { InstallerRun, PackageInstaller, PackageSources } from './package-installer'
import { environmentPython, findPython } from './python-finder'

/** What a verification found, as verify_environment.py prints it. */
export interface VerifyReport {
  readonly ok: boolean
  readonly python: string
  readonly packages: Readonly<Record<string, string>>
  readonly torch: { readonly version: string; readonly cuda: string | null; readonly cudaAvailable: boolean } | null
  readonly device: string | null
  readonly problems: readonly { readonly code: string; readonly message: string }[]
}

export interface InstallRequest {
  readonly profile: Exclude<EnvironmentProfile, 'existing'>
  readonly folder: string
  /** Holds torch.txt, cpu.txt, cuda.txt and verify_environment.py. */
  readonly listsFolder: string
  readonly wheels: string | null
  readonly driverVersion: string | null
  /** Steps of an earlier try that need not be done again. */
  readonly done: ReadonlySet<EnvironmentStep>
  readonly signal: AbortSignal
  readonly onStep: (step: EnvironmentStep, state: 'running' | 'done' | 'failed', detail: string, doneRatio: number | null) => void
  readonly onLog: (text: string) => void
}

export interface EnvironmentProblem {
  readonly code: string
  readonly message: string
  readonly next: string
}
export type InstallOutcome =
  | { readonly kind: 'ready'; readonly python: string; readonly installer: 'uv' | 'pip'; readonly report: VerifyReport }
  | { readonly kind: 'failed'; readonly step: EnvironmentStep; readonly problem: EnvironmentProblem }
  | { readonly kind: 'cancelled' }

class StepFailed extends Error {
  constructor(readonly step: EnvironmentStep, readonly problem: EnvironmentProblem) {
    super(problem.message)
  }
}

/** Makes an environment step by step; a failed step is named, and a later call with `done` goes on from it. */
export async function installEnvironment(request: InstallRequest): Promise<InstallOutcome> {
  try {
    return await installSteps(request)
  } catch (error) {
    if (request.signal.aborted) return { kind: 'cancelled' }
    if (!(error instanceof StepFailed)) throw error
    request.onStep(error.step, 'failed', error.problem.message, null)
    return { kind: 'failed', step: error.step, problem: error.problem }
  }
}

async function installSteps(request: InstallRequest): Promise<InstallOutcome> {
  const { folder, listsFolder, profile, onStep } = request
  const run: InstallerRun = { folder, signal: request.signal, onOutput: request.onLog }

  onStep('find-python', 'running', '', null)
  const base = await findBasePython(request)
  onStep('find-python', 'done', base.version, null)

  const installer = await findInstaller()
  if (!request.done.has('create')) {
    onStep('create', 'running', folder, null)
    await createEnvironment(base, installer, request)
  } else if (installer.kind === 'pip') refuseFailure('create', await ensurePip(run), request.signal)
  onStep('create', 'done', installer.kind === 'uv' ? installer.version : 'venv and pip', null)

  onStep('choose-build', 'running', '', null)
  const torchList = join(listsFolder, 'torch.txt')
  const { sources, detail } = await chooseBuild(request, installer, base.path, torchList, run)
  onStep('choose-build', 'done', detail, null)

  if (!request.done.has('install-torch')) {
    const dependencies = profile === 'cpu' ? ['--no-deps'] : []
    await installList(request, installer, base.path, 'install-torch', [...dependencies, '-r', torchList], sources, 1)
  }
  onStep('install-torch', 'done', detail, 1)

  const lock = join(listsFolder, `${profile}.txt`)
  if (!request.done.has('install-packages')) {
    const count = (await readFile(lock, 'utf8')).split('\n').filter((line) => /^[A-Za-z0-9]/.test(line)).length
    await installList(request, installer, base.path, 'install-packages', ['--no-deps', '-r', lock], sources, count)
  }
  onStep('install-packages', 'done', '', 1)

  onStep('verify', 'running', 'imports, versions and one step', null)
  const report = await verifyEnvironment(environmentPython(folder), profile, listsFolder, request.signal, request.onLog)
  const first = report.problems[0]
  if (first !== undefined) throw new StepFailed('verify', { ...first, next: 'Repair installs the packages again. The log names every problem.' })
  onStep('verify', 'done', `one step on ${report.device ?? 'cpu'}`, null)
  return { kind: 'ready', python: environmentPython(folder), installer: installer.kind, report }
}

async function findBasePython({ onLog }: InstallRequest) {
  const search = await findPython()
  if (search.kind === 'found') {
    onLog(`Python ${search.python.version} at ${search.python.path}\n`)
    return search.python
  }
  const message = search.kind === 'none'
    ? `No Python was found. Tried: ${search.tried.join(', ')}.`
    : `Found only ${search.found.map(({ path, version }) => `Python ${version} (${path})`).join(', ')}; 3.11, 3.12 or 3.13 is needed.`
  throw new StepFailed('find-python', { code: 'PYTHON_NOT_FOUND', message, next: pythonHint() })
}

function pythonHint(): string {
  if (process.platform === 'linux') return 'Install it, for example: sudo apt install python3.11 python3.11-venv'
  if (process.platform === 'darwin') return 'Install it, for example: brew install python@3.12'
  return 'Install Python 3.12 from python.org or the Microsoft Store.'
}

async function createEnvironment(base: { path: string; version: string; hasVenv: boolean }, installer: PackageInstaller, { folder, signal, onLog }: InstallRequest) {
  const [major, minor] = base.version.split('.')
  if (installer.kind === 'pip' && !base.hasVenv) {
    throw new StepFailed('create', {
      code: 'no-ensurepip', message: `Python ${base.version} at ${base.path} has no venv module with pip.`,
      next: process.platform === 'linux' ? `Type: sudo apt install python${major}.${minor}-venv` : 'Install Python again with pip and venv.',
    })
  }
  const env = { ...inheritedEnvironment(process.env) }
  const onOutput = (_stream: 'stdout' | 'stderr', text: string) => onLog(text)
  const result = installer.kind === 'uv'
    ? await runCommand(installer.command, ['venv', '--allow-existing', '--python', base.path, folder], { timeoutMs: 120_000, signal, env, onOutput })
    : await runCommand(base.path, ['-m', 'venv', folder], { timeoutMs: 300_000, signal, env, onOutput })
  refuseFailure('create', result, signal)
}

async function chooseBuild(request: InstallRequest, installer: PackageInstaller, basePython: string, torchList: string, run: InstallerRun) {
  const configured: PackageSources = { wheels: request.wheels, extraIndexUrl: null }
  if (request.profile === 'cuda') {
    const choice = chooseCudaBuild(request.driverVersion, process.platform)
    if (choice.kind !== 'build') throw new StepFailed('choose-build', cudaProblem(choice, request.driverVersion))
    // On Linux the index's plain torch is the cu130 build already.
    const plain = request.wheels !== null || (process.platform === 'linux' && choice.build.name === 'cu130')
    return { sources: plain ? configured : { wheels: null, extraIndexUrl: choice.build.indexUrl }, detail: `${choice.build.name}, for driver ${request.driverVersion ?? ''}` }
  }
  const first = await resolveTorch(installer, basePython, torchList, configured, run)
  if ('version' in first && !first.cuda) return { sources: configured, detail: `torch ${first.version}` }
  if (request.wheels === null) {
    const withCpuIndex: PackageSources = { wheels: null, extraIndexUrl: cpuBuildIndexUrl }
    const second = await resolveTorch(installer, basePython, torchList, withCpuIndex, run)
    if ('version' in second && !second.cuda) return { sources: withCpuIndex, detail: `torch ${second.version}` }
    if ('failed' in second && !('version' in first)) refuseFailure('choose-build', second.failed, request.signal)
  }
  if ('failed' in first) refuseFailure('choose-build', first.failed, request.signal)
  throw new StepFailed('choose-build', {
    code: 'cuda-torch-in-cpu', message: `Only a CUDA build of torch was found (${'version' in first ? first.version : 'unknown'}); the cpu profile takes a CPU build.`,
    next: `Make ${cpuBuildIndexUrl} reachable, or use a folder of wheels that holds torch 2.13.0+cpu.`,
  })
}

function cudaProblem(choice: Exclude<ReturnType<typeof chooseCudaBuild>, { kind: 'build' }>, driver: string | null): EnvironmentProblem {
  switch (choice.kind) {
    case 'driver-too-old':
      return { code: 'driver-too-old', message: `The NVIDIA driver ${driver ?? ''} is too old for CUDA 12.6.`, next: `Update the driver to ${choice.needed} or newer; 580 or newer runs CUDA 13.` }
    case 'driver-not-known':
      return { code: 'driver-not-known', message: 'No NVIDIA driver answered, so no CUDA build can be chosen.', next: 'Install the NVIDIA driver, or set up the cpu profile.' }
    case 'unsupported-platform':
      return { code: 'unsupported-platform', message: 'CUDA needs Linux or Windows.', next: 'Set up the cpu profile.' }
  }
}

async function installList(
  request: InstallRequest, installer: PackageInstaller, basePython: string, step: EnvironmentStep, args: readonly string[], sources: PackageSources, count: number,
) {
  request.onStep(step, 'running', '', 0)
  let packages = 0
  let pending = ''
  const onOutput = (text: string) => {
    request.onLog(text)
    const lines = (pending + text).split(/\r|\n/)
    pending = lines.pop() ?? ''
    for (const line of lines) {
      const progress = installProgress(line)
      if (progress?.kind === 'package') request.onStep(step, 'running', progress.name, Math.min(0.9, (packages++ / count) * 0.9))
      if (progress?.kind === 'download' && count === 1) request.onStep(step, 'running', 'torch', (progress.doneBytes / progress.totalBytes) * 0.9)
      if (progress?.kind === 'installing') request.onStep(step, 'running', 'unpacking', 0.92)
    }
  }
  const result = await runInstaller(installer, basePython, args, sources, { folder: request.folder, signal: request.signal, onOutput })
  refuseFailure(step, result, request.signal)
}

function refuseFailure(step: EnvironmentStep, result: CommandResult, signal: AbortSignal) {
  if (result.exitCode === 0) return
  if (signal.aborted) throw new Error('cancelled')
  const problem: InstallProblem = result.startError === null ? installProblem(`${result.stdout}\n${result.stderr}`)
    : { code: 'unknown', message: result.startError.message, next: 'Repair makes the environment anew.' }
  throw new StepFailed(step, problem)
}

/** Imports, versions and one training step in an environment; never throws for what it finds there. */
export async function verifyEnvironment(
  python: string, profile: EnvironmentProfile, listsFolder: string, signal: AbortSignal, onLog: (text: string) => void,
): Promise<VerifyReport> {
  const lock = profile === 'existing' ? [] : ['--lock', join(listsFolder, `${profile}.txt`)]
  const result = await runCommand(python, [join(listsFolder, 'verify_environment.py'), '--profile', profile, ...lock], {
    timeoutMs: 300_000, signal, env: { ...inheritedEnvironment(process.env), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }, onOutput: (stream, text) => (stream === 'stderr' ? onLog(text) : undefined),
  })
  try {
    return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as VerifyReport
  } catch (error) {
    const message = result.startError?.message ?? (result.stderr.trim().split('\n').at(-1) || messageOf(error))
    return { ok: false, python: '', packages: {}, torch: null, device: null, problems: [{ code: 'verify-failed', message }] }
  }
}
