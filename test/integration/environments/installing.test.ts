import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { installEnvironment } from '../../../electron/process/environments/environment-installer'
import type { EnvironmentSummary } from '../../../electron/shared/environment'
import { environmentService, pathWithout } from '../../support/environment-service'
import type { EnvironmentService } from '../../support/environment-service'
import { systemPython, until } from '../../support/run-folders'
import { repository } from '../../support/start-engine'

const fakeLists = join(repository, 'test', 'fixtures', 'fake-lists')
const realLists = join(repository, 'python-templates', 'environments')
const failedStep = ({ steps }: EnvironmentSummary) => steps.find(({ state }) => state === 'failed')?.step
const stepStates = ({ steps }: EnvironmentSummary) => steps.map(({ state }) => state)

let service: EnvironmentService
beforeEach(() => {
  vi.stubEnv('PATH', pathWithout('uv'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await service.close()
})

describe('installing from an offline folder of wheels', () => {
  beforeEach(() => {
    service = environmentService(fakeLists)
    // Settings of the machine that would add places; a folder of wheels must be the only one.
    vi.stubEnv('PIP_FIND_LINKS', join(service.root, 'another-place'))
    vi.stubEnv('PIP_EXTRA_INDEX_URL', 'http://127.0.0.1:9/simple')
  })

  it('can be cancelled, names the step that lacks a wheel, refuses a CUDA torch for cpu, and goes on from it with the same folder, also after a restart', async () => {
    const { environments, store, wheels, settled, makeWheel } = service
    const id = environments.create('cpu', wheels)
    await until('the environment is being created', () => store.get(id)?.steps.find(({ step }) => step === 'create')?.state === 'running')
    await environments.cancel(id)
    expect(store.get(id)).toMatchObject({ state: 'cancelled', problem: null })
    expect(stepStates(await settled(id)).slice(0, 2)).toEqual(['done', 'waiting'])

    environments.resume(id)
    expect(failedStep(await settled(id))).toBe('choose-build')
    expect(store.get(id)).toMatchObject({ state: 'failed', problem: { code: 'no-matching-version' } })
    expect(store.get(id)?.problem?.message).toContain('torch==2.13.0')

    // Only the index for Linux offers CUDA builds under the plain name; told by what they require, before anything is installed.
    makeWheel('torch', '2.13.0', '', 'nvidia-cublas (>=13)')
    environments.resume(id)
    const refused = await settled(id)
    if (process.platform === 'linux') expect([failedStep(refused), refused.problem?.code]).toEqual(['choose-build', 'cuda-torch-in-cpu'])

    makeWheel('torch', '2.13.0', "__version__ = '2.13.0'")
    const second = service.again()
    second.resume(id)
    expect(failedStep(await settled(id))).toBe('install-packages')
    expect(store.get(id)?.problem).toMatchObject({ code: 'no-matching-version' })
    expect(store.get(id)?.problem?.message).toContain('tiny-one==1.0')

    makeWheel('tiny_one', '1.0', "__version__ = '1.0'")
    second.resume(id)
    const ready = await settled(id)
    expect(ready).toMatchObject({ state: 'ready', installer: 'pip', packages: { torch: '2.13.0', tiny_one: '1.0' } })
    expect(ready.sizeBytes).toBeGreaterThan(1e6)
    const log = service.log(id)
    expect([...log.matchAll(/^Looking in (.*)$/gm)].map(([, places]) => places)).toEqual(Array.from(log.matchAll(/^Looking in /gm), () => `links: ${wheels}`))
    expect(log.match(/Processing .*torch-2\.13\.0/g)).toHaveLength(1)
    await second.close()

    // Damaged: a file of a package is gone, its metadata still says that it is installed.
    const packages = execFileSync(ready.pythonPath ?? '', ['-c', 'import sysconfig; print(sysconfig.get_paths()["purelib"])'], { encoding: 'utf8' }).trim()
    rmSync(join(packages, 'tiny_one'), { recursive: true })
    environments.verify(id)
    await until('it is found broken', () => store.get(id)?.state === 'broken', 60_000)
    expect(store.get(id)?.problem).toMatchObject({ code: 'import-failed', next: expect.stringContaining('Repair') as string })
    service.held.add(id)
    expect(() => environments.repair(id)).toThrow('a run uses')
    await expect(environments.remove(id)).rejects.toThrow('a run uses')
    service.held.clear()
    environments.repair(id)
    await until('it is repaired', () => store.get(id)?.state === 'ready', 120_000)
    await environments.remove(id)
    expect(existsSync(ready.path)).toBe(false)
    expect(readdirSync(join(service.root, 'environments'))).toEqual([])
    expect(environments.list()).toEqual([])
  }, 240_000)
})

const uvFolder = process.env['TUNESMITH_TEST_UV']

// Needs uv: TUNESMITH_TEST_UV names the folder that it lies in. The other tests hide it, so that they test pip wherever they run.
describe.runIf(uvFolder !== undefined)('with uv', () => {
  beforeEach(() => {
    service = environmentService(fakeLists)
    vi.stubEnv('PATH', `${uvFolder ?? ''}${delimiter}${process.env['PATH'] ?? ''}`)
    service.makeWheel('torch', '2.13.0', "__version__ = '2.13.0'")
    service.makeWheel('tiny_one', '1.0', "__version__ = '1.0'")
  })

  it('builds from a folder of wheels alone, whatever places its settings and those of pip name', async () => {
    vi.stubEnv('UV_DEFAULT_INDEX', 'http://127.0.0.1:9/simple')
    vi.stubEnv('UV_FIND_LINKS', join(service.root, 'another-place'))
    const id = service.environments.create('cpu', service.wheels)
    expect(await service.settled(id)).toMatchObject({ state: 'ready', installer: 'uv', packages: { torch: '2.13.0', tiny_one: '1.0' }, problem: null })
  }, 60_000)

  it('goes on after torch was installed (a dry run says nothing of what is there, and that was taken for a failure)', async () => {
    const { environments, wheels, settled } = service
    rmSync(join(wheels, 'tiny_one-1.0-py3-none-any.whl'))
    const id = environments.create('cpu', wheels)
    expect(failedStep(await settled(id))).toBe('install-packages')
    service.makeWheel('tiny_one', '1.0', "__version__ = '1.0'")
    environments.resume(id)
    expect(await settled(id)).toMatchObject({ state: 'ready', installer: 'uv', problem: null })
  }, 60_000)

  it('takes the index and find-links of pip, and shows no password of theirs', async () => {
    // pip's own settings are lists with spaces between, so these paths have none.
    const places = mkdtempSync(join(tmpdir(), 'tunesmith-places-'))
    onTestFinished(() => rmSync(places, { recursive: true }))
    mkdirSync(join(places, 'index'))
    cpSync(service.wheels, join(places, 'wheels'), { recursive: true })
    vi.stubEnv('PIP_INDEX_URL', pathToFileURL(join(places, 'index')).href)
    vi.stubEnv('PIP_FIND_LINKS', join(places, 'wheels'))
    vi.stubEnv('PIP_EXTRA_INDEX_URL', '')
    vi.stubEnv('PIP_CONFIG_FILE', '/dev/null')
    const id = service.environments.create('cpu', null)
    expect(await service.settled(id)).toMatchObject({ state: 'ready', installer: 'uv', packages: { tiny_one: '1.0' }, problem: null })
    vi.stubEnv('PIP_EXTRA_INDEX_URL', 'http://somebody:letmein@127.0.0.1:9/simple')
    rmSync(join(places, 'wheels', 'torch-2.13.0-py3-none-any.whl'))
    const failing = service.environments.create('cpu', null)
    const failed = await service.settled(failing)
    expect(failedStep(failed)).toBe('choose-build')
    expect(service.log(failing) + JSON.stringify(failed)).not.toContain('letmein')
  }, 120_000)
})

describe('verifying', () => {
  it('finds a CUDA torch in a cpu environment, whatever its file was called', () => {
    service = environmentService(realLists)
    const modules = join(service.root, 'modules', 'torch')
    mkdirSync(modules, { recursive: true })
    writeFileSync(join(modules, '__init__.py'), "from types import SimpleNamespace\n__version__ = '2.13.0+cu130'\nversion = SimpleNamespace(cuda='13.0')\ncuda = SimpleNamespace(is_available=lambda: False)\n")
    const answer = verify(['--profile', 'cpu', '--lock', join(realLists, 'cpu.txt')], { PYTHONPATH: join(service.root, 'modules') })
    expect(answer.ok).toBe(false)
    expect(answer.problems.map(({ code }) => code)).toContain('cuda-torch-in-cpu')
  })

  it('says of an interpreter what it lacks, and does not install into it', async () => {
    service = environmentService(realLists)
    const bare = join(service.root, 'bare')
    execFileSync(systemPython(), ['-m', 'venv', '--without-pip', bare])
    const python = process.platform === 'win32' ? join(bare, 'Scripts', 'python.exe') : join(bare, 'bin', 'python')
    const id = await service.environments.useExisting(python)
    expect(await service.settled(id)).toMatchObject({
      state: 'broken', profile: 'existing', pythonPath: python,
      problem: { code: 'import-failed', message: "import unsloth: ModuleNotFoundError: No module named 'unsloth'", next: 'Install what is missing there, then verify again.' },
    })
    await service.environments.remove(id)
    expect(existsSync(python)).toBe(true)
    await expect(service.environments.useExisting(join(service.root, 'no-such-python'))).rejects.toThrow('does not run')
  }, 60_000)
})

/** The real verify_environment.py under a bare Python. */
function verify(args: readonly string[], env: Readonly<Record<string, string>>): { ok: boolean; problems: { code: string }[] } {
  try {
    return JSON.parse(execFileSync(systemPython(), [join(realLists, 'verify_environment.py'), ...args], { env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as ReturnType<typeof verify>
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout) as ReturnType<typeof verify>
  }
}

describe('finding a Python', () => {
  const request = (folder: string) => ({
    profile: 'cpu' as const, folder, listsFolder: fakeLists, wheels: null, driverVersion: null, done: new Set<never>(), signal: new AbortController().signal, onStep: () => undefined, onLog: () => undefined,
  })

  // Debian and Ubuntu split ensurepip off; elsewhere Python always has it.
  it.runIf(process.platform === 'linux')('gives the exact line to type where Python lacks ensurepip', async () => {
    service = environmentService(fakeLists)
    const bin = join(service.root, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'sitecustomize.py'), `import sys
class Without:
    def __init__(self, finder): self.finder = finder
    def find_spec(self, name, path=None, target=None): return None if name == "ensurepip" else self.finder.find_spec(name, path, target)
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
`)
    writeFileSync(join(bin, 'python3'), `#!/bin/sh\nPYTHONPATH='${bin}' exec '${systemPython()}' "$@"\n`)
    chmodSync(join(bin, 'python3'), 0o755)
    const [major, minor] = execFileSync(systemPython(), ['-c', 'import sys; print(*sys.version_info[:2])'], { encoding: 'utf8' }).trim().split(' ')
    vi.stubEnv('PATH', bin)
    expect(await installEnvironment(request(join(service.root, 'made')))).toMatchObject({
      kind: 'failed', step: 'create', problem: { code: 'no-ensurepip', next: `Type: sudo apt install python${major}.${minor}-venv` },
    })
    expect(existsSync(join(service.root, 'made'))).toBe(false)
  })

  it('says where it looked when there is none', async () => {
    service = environmentService(fakeLists)
    vi.stubEnv('PATH', service.root)
    expect(await installEnvironment(request(join(service.root, 'made')))).toMatchObject({ kind: 'failed', step: 'find-python', problem: { code: 'PYTHON_NOT_FOUND' } })
  })
})
