import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importFile } from '../../../electron/datasets/import-file'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-import-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const chat = (question: string, answer: string) => ({ messages: [{ role: 'user', content: question }, { role: 'assistant', content: answer }] })
async function run(text: string | Uint8Array, evaluation: string | null = null) {
  const source = join(folder, 'source')
  await writeFile(source, text)
  if (evaluation !== null) await writeFile(join(folder, 'evaluation'), evaluation)
  return importFile({
    source, evaluation: evaluation === null ? null : join(folder, 'evaluation'), folder: join(folder, 'out'), split: { seed: 7, share: 0.1, atLeast: 2 },
    onProgress: () => undefined, signal: new AbortController().signal,
  })
}
const rowsOf = async (part: string) => (await readFile(join(folder, 'out', part), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as ReturnType<typeof chat>)

describe('importing a file', () => {
  it('does not break a row at U+2028, as a line reader of Node 24 does', async () => {
    const result = await run(`${JSON.stringify(chat('a\u2028b', 'c'))}\r\n${JSON.stringify(chat('d', 'e\u0085f'))}`)
    expect(result).toMatchObject({ kind: 'imported', rows: 2 })
    expect((await rowsOf('train.jsonl'))[0]?.messages[0]?.content).toBe('a\u2028b')
  })

  it('keeps equal conversations on one side and splits the same way each time', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => chat(`question ${i % 100}`, 'answer'))
    const text = rows.map((row) => JSON.stringify(row)).join('\n')
    const result = await run(text)
    expect(result).toMatchObject({ kind: 'imported', trainRows: 180, evalRows: 20, report: { duplicateRows: 100 } })
    const [train, evaluation] = [await rowsOf('train.jsonl'), await rowsOf('eval.jsonl')]
    const trained = new Set(train.map((row) => row.messages[0]?.content))
    expect(evaluation.filter((row) => trained.has(row.messages[0]?.content))).toEqual([])
    await run(text)
    expect(await rowsOf('eval.jsonl')).toEqual(evaluation)
  })

  it('names bad lines by number, leaves them out and keeps the good ones', async () => {
    const result = await run([JSON.stringify(chat('a', 'b')), '', '{"messages": [', JSON.stringify({ text: 'x' }), JSON.stringify({ prompt: 'p', completion: 'c' }), JSON.stringify(chat('c', 'd'))].join('\n'))
    expect(result.report.issues.map(({ line, code }) => [line, code])).toEqual([[3, 'not-json'], [4, 'unknown-format'], [5, 'mixed-format']])
    expect(result).toMatchObject({ kind: 'imported', rows: 2, report: { rows: 5, emptyLines: 1, validRows: 2 } })
  })

  it('refuses a file without a usable row, with the reason', async () => {
    const result = await run(JSON.stringify({ prompt: 'p', chosen: 'a', rejected: 'b' }))
    expect(result).toMatchObject({ kind: 'refused', report: { issueCounts: { 'preference-data': 1 } } })
    expect(await run('')).toMatchObject({ kind: 'refused' })
  })

  it('reads a JSON array with brackets, commas and quotes inside strings, over chunk borders', async () => {
    const filler = 'x'.repeat(300_000)
    const rows = [chat('a ] , [ { "b" \\ ', 'c'), chat(filler, filler), chat(`${filler}é`, filler), chat('last', filler)]
    const result = await run(`\ufeff\n [\n ${rows.map((row) => JSON.stringify(row, null, 1)).join(' ,\n')}\n]\n`)
    expect(result).toMatchObject({ kind: 'imported', rows: 4, report: { issues: [] } })
    expect(await rowsOf('train.jsonl')).toEqual(rows)
  })

  it('tells a row that is not UTF-8 from one that is', async () => {
    const result = await run(Buffer.concat([Buffer.from(`${JSON.stringify(chat('a', 'b'))}\n{"messages":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]))
    expect(result.report.issues).toMatchObject([{ line: 2, code: 'not-utf8' }])
  })

  it('leaves evaluation rows out that training holds as well: they would flatter the model', async () => {
    const train = ['a', 'b', 'c'].map((q) => JSON.stringify(chat(q, 'x'))).join('\n')
    const result = await run(train, ['c', 'd'].map((q) => JSON.stringify(chat(q, 'x'))).join('\n'))
    expect(result).toMatchObject({ kind: 'imported', trainRows: 3, evalRows: 1, report: { issueCounts: { 'evaluation-in-training': 1 } } })
  })
})
