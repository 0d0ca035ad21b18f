import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The Python that tests train with: TUNESMITH_TEST_PYTHON, else the environment that `npm test` makes in .cache/test-env.
 * Throws when there is none, so that a test never passes by not running.
 */
export function testPython(): string {
  const named = process.env['TUNESMITH_TEST_PYTHON']
  const folder = join(repository, '.cache', 'test-env')
  const path = named ?? (process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python'))
  if (!existsSync(path)) {
    throw new Error(`No Python for the tests at ${path}. Run npm test once, which makes it, or set TUNESMITH_TEST_PYTHON.`)
  }
  return path
}
