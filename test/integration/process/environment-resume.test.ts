import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { installEnvironment } from '../../../electron/process/environments/environment-installer'
import { environmentService, pathWithout } from '../../support/environment-service'
import { systemPython } from '../../support/run-folders'
import { repository } from '../../support/start-engine'

const listsFolder = join(repository, 'test', 'fixtures', 'fake-lists')
const service = environmentService(listsFolder)
afterEach(async () => {
  vi.unstubAllEnvs()
  await service.close()
})

it('goes on with pip in an environment that uv made without it, where uv is not found any more', async () => {
  vi.stubEnv('PATH', pathWithout('uv'))
  service.makeWheel('torch', '2.13.0', "__version__ = '2.13.0'")
  service.makeWheel('tiny_one', '1.0', "__version__ = '1.0'")
  const folder = join(service.root, 'made')
  execFileSync(systemPython(), ['-m', 'venv', '--without-pip', folder])
  const outcome = await installEnvironment({
    profile: 'cpu', folder, listsFolder, wheels: service.wheels, driverVersion: null, done: new Set(['create']), signal: new AbortController().signal, onStep: () => undefined, onLog: () => undefined,
  })
  expect(outcome).toMatchObject({ kind: 'ready', installer: 'pip' })
}, 120_000)
