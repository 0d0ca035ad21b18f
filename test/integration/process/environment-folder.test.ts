import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { environmentFolders } from '../../../electron/process/environments/environment-folder'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the log of an environment', () => {
  it('is read in pieces that tear no character (the middle of a long log showed a U+FFFD)', async () => {
    const path = join(folder, 'log')
    // 254 bytes a line: byte 262,144 is the second one of a character.
    const text = `a${'é'.repeat(126)}\n`.repeat(3_000)
    writeFileSync(path, text)
    let read = ''
    let offset = 0
    for (;;) {
      const piece = await environmentFolders.readLog(path, offset)
      if (piece.text === '') break
      read += piece.text
      offset = piece.nextOffset
    }
    expect(read === text).toBe(true)
    expect(offset).toBe(Buffer.byteLength(text))
  })

  it('goes on where a piece has no line end, and reads a missing log as empty', async () => {
    const path = join(folder, 'log')
    expect(await environmentFolders.readLog(path, 7)).toEqual({ text: '', nextOffset: 7 })
    writeFileSync(path, 'x'.repeat(300 * 1024))
    expect((await environmentFolders.readLog(path, 0)).nextOffset).toBe(256 * 1024)
  })
})
