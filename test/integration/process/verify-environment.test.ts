import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemPython } from '../../support/run-folders'
import { repository } from '../../support/start-engine'

const script = join(repository, 'python-templates', 'environments', 'verify_environment.py')
let modules: string
beforeEach(() => {
  modules = mkdtempSync(join(tmpdir(), 'tunesmith-modules-'))
  // As unsloth is with a CPU build of torch on a machine with an NVIDIA driver.
  writeFileSync(join(modules, 'unsloth.py'), 'import os\nif os.environ.get("UNSLOTH_FORCE_CPU") != "1" or os.environ.get("CUDA_VISIBLE_DEVICES") != "":\n    raise NotImplementedError("You need a GPU.")\n')
})
afterEach(() => rmSync(modules, { recursive: true, force: true }))

function unslothProblem(profile: string, torchVersion: string): string | undefined {
  const metadata = join(modules, `torch-${torchVersion}.dist-info`)
  mkdirSync(metadata)
  writeFileSync(join(metadata, 'METADATA'), `Metadata-Version: 2.1\nName: torch\nVersion: ${torchVersion}\n`)
  const { UNSLOTH_FORCE_CPU: _forced, CUDA_VISIBLE_DEVICES: _devices, ...env } = process.env
  const { stdout } = spawnSync(systemPython(), [script, '--profile', profile], { env: { ...env, PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: '1' }, encoding: 'utf8' })
  const { problems } = JSON.parse(stdout) as { problems: readonly { message: string }[] }
  return problems.map(({ message }) => message).find((message) => message.startsWith('import unsloth:'))
}

it.each([['cpu', '2.13.0'], ['cpu', '2.13.0+cpu'], ['existing', '2.13.0+cpu']])('verifies %s with torch %s for the CPU (beside an NVIDIA driver it could never become ready)', (profile, torch) => {
  expect(unslothProblem(profile, torch)).toBeUndefined()
})

it.each([['cuda', '2.13.0+cu130'], ['existing', '2.13.0+cu130'], ['existing', '2.13.0']])('leaves the GPUs to %s with torch %s', (profile, torch) => {
  expect(unslothProblem(profile, torch)).toContain('You need a GPU.')
})
