import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tailLines } from '../../../electron/process/event-tail'
import type { TailPiece } from '../../../electron/process/event-tail'
import { until } from '../../support/run-folders'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith-tail-'))
  path = join(folder, 'events.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Reads in the background until `end()`. */
function reading(fromOffset = 0) {
  const pieces: TailPiece[] = []
  let over = false
  const done = (async () => {
    for await (const piece of tailLines(path, { fromOffset, hasEnded: () => Promise.resolve(over), pollMs: 5 })) pieces.push(piece)
  })()
  const text = () => pieces.map((piece) => (piece.kind === 'lines' ? piece.text : `<${piece.kind}>`)).join('')
  return {
    pieces, text,
    async end() {
      over = true
      await done
      return text()
    },
  }
}

describe('tailLines', () => {
  it('waits for the file, and gives lines as they come', async () => {
    const tail = reading()
    writeFileSync(path, 'a\nb\n')
    await until('two lines', () => tail.text() === 'a\nb\n')
    appendFileSync(path, 'c\n')
    expect(await tail.end()).toBe('a\nb\nc\n')
  })

  it('keeps a cut line for later (half a line would be malformed, and its other half too)', async () => {
    writeFileSync(path, 'whole\n{"seq":')
    const tail = reading()
    await until('the whole line', () => tail.text() === 'whole\n')
    expect(tail.pieces).toEqual([{ kind: 'lines', text: 'whole\n', nextOffset: 6 }])
    appendFileSync(path, '1}\n')
    expect(await tail.end()).toBe('whole\n{"seq":1}\n')
  })

  it('reads what was written just before the end (the last point of a run would be lost)', async () => {
    let asked = 0
    const hasEnded = () => {
      asked += 1
      if (asked === 1) appendFileSync(path, 'last\n')
      return Promise.resolve(true)
    }
    const pieces: TailPiece[] = []
    for await (const piece of tailLines(path, { fromOffset: 0, hasEnded })) pieces.push(piece)
    expect(pieces).toEqual([{ kind: 'lines', text: 'last\n', nextOffset: 5 }])
  })

  it('goes on from every line end, also inside a file of several chunks, with no line lost or doubled', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `{"seq":${index},"text":"äöü ${'x'.repeat(index % 150)}"}\n`)
    writeFileSync(path, lines.join(''))
    const whole = reading()
    expect(await whole.end()).toBe(lines.join(''))
    expect(whole.pieces.length).toBeGreaterThan(3)
    for (const piece of whole.pieces.slice(0, -1)) {
      if (piece.kind !== 'lines') throw new Error('not truncated')
      const rest = Buffer.from(lines.join(''), 'utf8').subarray(piece.nextOffset).toString('utf8')
      expect(await reading(piece.nextOffset).end()).toBe(rest)
    }
  })

  it('splits at "\\n" only (U+2028 stands in ordinary text)', async () => {
    const line = '{"message":"a\u2028b\u2029c\u0085d"}\n'
    writeFileSync(path, line)
    const tail = reading()
    await tail.end()
    expect(tail.pieces).toEqual([{ kind: 'lines', text: line, nextOffset: Buffer.byteLength(line) }])
  })

  it('takes a line longer than a chunk, and skips one that is longer than memory should hold', async () => {
    const long = `${'l'.repeat(3_000_000)}\n`
    writeFileSync(path, `${long}${'m'.repeat(20_000_000)}\nafter\n`)
    expect(await reading().end()).toBe(`${long}after\n`)
  })

  it('tells when the file was replaced by a shorter one (reading on would give pieces of lines)', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const tail = reading()
    await until('both', () => tail.text() === 'one\ntwo\n')
    truncateSync(path, 0)
    await until('the notice', () => tail.text().endsWith('<truncated>'))
    appendFileSync(path, 'new\n')
    expect(await tail.end()).toBe('one\ntwo\n<truncated>new\n')
  })

  it('ends at once on an abort', async () => {
    const abort = new AbortController()
    const stream = tailLines(path, { fromOffset: 0, hasEnded: () => Promise.resolve(false), signal: abort.signal, pollMs: 60_000 })
    const next = stream.next()
    await new Promise((done) => setImmediate(done))
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  it('reads 200 MB without holding them (memory would grow with the length of a run)', async () => {
    const block = `${'{"seq":1,"event":"log","loss":1.2345678}\n'.repeat(25_000)}`
    for (let size = 0; size < 200e6; size += block.length) appendFileSync(path, block)
    let most = 0
    let bytes = 0
    const before = process.memoryUsage().rss
    for await (const piece of tailLines(path, { fromOffset: 0, hasEnded: () => Promise.resolve(true) })) {
      if (piece.kind === 'lines') bytes += piece.text.length
      most = Math.max(most, process.memoryUsage().rss)
    }
    expect(bytes).toBeGreaterThan(200e6)
    expect(most - before).toBeLessThan(120e6)
  })
})
