import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { checkTokens } from '../../../electron/process/token-check'
import { systemPython, until } from '../../support/run-folders'

it('ends at once when it is aborted, and says so (a check of a million rows went on after the app was closed)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'check_data.py'), 'import pathlib, time\npathlib.Path(__file__).with_name("began").touch()\ntime.sleep(600)\n')
  const abort = new AbortController()
  const check = checkTokens({ python: systemPython(), templatesFolder: folder, modelPath: '/model', dataPath: '/data', maxLength: 512, answersOnly: true, signal: abort.signal })
  const ended = expect(check).rejects.toMatchObject({ code: 'CANCELLED' })
  await until('the check begins', () => existsSync(join(folder, 'began')))
  abort.abort()
  await ended
}, 30_000)
