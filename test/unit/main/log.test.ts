import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../electron/main/log'

const folder = () => mkdtempSync(join(tmpdir(), 'tunesmith-log-'))
const now = () => new Date('2026-11-21T12:00:00Z')

describe('the log of main', () => {
  it('writes one JSON object a line (catches a message with a line break in it)', () => {
    const at = folder()
    openLog(at, 'main', { now }).error('it\nbroke', { code: 3 })
    const lines = readFileSync(join(at, 'main.jsonl'), 'utf8').split('\n')
    expect(lines).toHaveLength(2)
    expect(JSON.parse(lines[0] ?? '')).toEqual({ t: '2026-11-21T12:00:00.000Z', level: 'error', from: 'main', message: 'it\nbroke', code: 3 })
  })

  it('turns over and keeps only so many (catches a log that fills the disk)', () => {
    const at = folder()
    const log = openLog(at, 'main', { maxBytes: 300, keep: 2, now })
    for (let i = 0; i < 40; i++) log.info(`line ${i}`)
    expect(readdirSync(at).sort()).toEqual(['main.1.jsonl', 'main.2.jsonl', 'main.jsonl'])
    expect(readFileSync(join(at, 'main.jsonl'), 'utf8')).toContain('line 39')
  })

  it('goes on with the size of the file that is there (catches a log that never turns over because each start counts from 0)', () => {
    const at = folder()
    for (let i = 0; i < 10; i++) openLog(at, 'main', { maxBytes: 300, keep: 1, now }).info(`start ${i}`)
    expect(readdirSync(at).sort()).toEqual(['main.1.jsonl', 'main.jsonl'])
  })

  it('redacts tokens wherever they stand (catches a token in a library error)', () => {
    const at = folder()
    openLog(at, 'main', { now }).warn('401 for hf_AbCdEfGhIjKlMnOp', { env: { HF_TOKEN: 'hf_QrStUvWxYz012345' } })
    expect(readFileSync(join(at, 'main.jsonl'), 'utf8')).not.toMatch(/hf_(Ab|Qr)/)
  })
})
