import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRunStatus, readTail, runPath, writeRunFolder } from '../../../electron/process/run-folder'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tunesmith-folder-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('writeRunFolder', () => {
  it('writes all files, also into folders, and leaves no temporary one', async () => {
    const folder = join(home, 'a', 'run')
    await writeRunFolder(folder, { 'job.json': '{}\n', 'sub/file.py': 'pass\n' })
    expect(readFileSync(join(folder, 'sub', 'file.py'), 'utf8')).toBe('pass\n')
    expect(readdirSync(folder).sort()).toEqual(['job.json', 'sub'])
  })

  it('writes again before the start, and nothing after it (a run\'s script must stay what it ran)', async () => {
    const folder = join(home, 'run')
    await writeRunFolder(folder, { 'train.py': 'one' })
    await writeRunFolder(folder, { 'train.py': 'two' })
    writeFileSync(runPath(folder, 'status'), '{}')
    await writeRunFolder(folder, { 'train.py': 'three' })
    expect(readFileSync(join(folder, 'train.py'), 'utf8')).toBe('two')
  })

  it('refuses names that lead out of the folder (a template must not write anywhere else)', async () => {
    const folder = join(home, 'run')
    for (const name of ['../out', 'sub/../../out', '..', '.', ''])
      await expect(writeRunFolder(folder, { [name]: 'x' })).rejects.toMatchObject({ code: 'RUN_FOLDER' })
    await expect(writeRunFolder('relative', {})).rejects.toMatchObject({ code: 'RUN_FOLDER' })
    expect(existsSync(join(home, 'out'))).toBe(false)
  })

  it('names the fault when the folder can\'t be written', async () => {
    writeFileSync(join(home, 'file'), '')
    await expect(writeRunFolder(join(home, 'file', 'run'), { a: 'x' })).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  })
})

describe('readRunStatus', () => {
  it('tells "not started" from "damaged"', async () => {
    expect(await readRunStatus(home)).toBeNull()
    writeFileSync(runPath(home, 'status'), '{"state":"running"}')
    await expect(readRunStatus(home)).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  })
})

describe('readTail', () => {
  it('begins at a line, and reads a missing file as empty', async () => {
    const path = join(home, 'console.log')
    expect(await readTail(path, 10)).toBe('')
    writeFileSync(path, 'first line\nsecond\nthird\n')
    expect(await readTail(path, 1_000)).toBe('first line\nsecond\nthird\n')
    expect(await readTail(path, 10)).toBe('third\n')
  })
})
