import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTemplates } from '../../../electron/process/templates'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tunesmith-templates-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('loadTemplates', () => {
  it('reads the Python files alone, with one kind of line end (catches: a checkout with CRLF that changes every script)', async () => {
    await writeFile(join(folder, 'a.py'), 'x = 1\r\ny = 2\r\n')
    await writeFile(join(folder, 'notes.txt'), 'no')
    expect(await loadTemplates(folder)).toEqual({ 'a.py': 'x = 1\ny = 2\n' })
  })

  it('says which folder is not there (catches: an unnamed ENOENT from a broken installation)', async () => {
    await expect(loadTemplates(join(folder, 'missing'))).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  })
})
