import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DatasetSummary, ImportResult } from '../../../electron/shared/dataset'
import { pick, repository, startEngine } from '../../support/start-engine'
import type { TestEngine } from '../../support/start-engine'

const fixture = (name: string): string => join(repository, 'test', 'fixtures', 'datasets', `${name}.json`)
const chat = (question: string, answer: string): string => JSON.stringify({ messages: [{ role: 'user', content: question }, { role: 'assistant', content: answer }] })

let engine: TestEngine
let folder: string
beforeAll(async () => {
  engine = await startEngine()
  folder = mkdtempSync(join(tmpdir(), 'tunesmith data '))
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

async function bringIn(path: string, evaluation: string | null = null): Promise<ImportResult> {
  const { token } = await pick(engine, 'dataset', path)
  return engine.request('datasets.import', { token, evaluation: evaluation === null ? null : (await pick(engine, 'evaluation', evaluation)).token })
}
const written = (name: string, text: string): string => (writeFileSync(join(folder, name), text), join(folder, name))
const imported = (result: ImportResult): DatasetSummary => {
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.report))
  return result.dataset
}
const refused = (result: ImportResult) => {
  if (result.kind === 'imported') throw new Error(`${result.dataset.name} was imported`)
  return result.report
}
const folders = (): string[] => readdirSync(join(engine.home, 'datasets')).sort()

describe('importing through the engine', () => {
  it.each([['alpaca_en_demo', 12], ['identity', 20]] as const)('reads %s as the tools that it comes from write it', async (name, rows) => {
    const dataset = imported(await bringIn(fixture(name)))
    expect(dataset).toMatchObject({ name: `${name}.json`, kind: 'file', format: 'alpaca', rows, report: { validRows: rows, issues: [] } })
    expect(dataset.trainRows + dataset.evalRows).toBe(rows)
    const shown = await engine.request('datasets.rows', { datasetId: dataset.id, part: 'train', offset: 1, limit: 3 })
    expect(shown.total).toBe(dataset.trainRows)
    expect(shown.rows).toHaveLength(3)
    for (const row of shown.rows) expect('messages' in row && row.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  })

  it.each(['dpo_en_demo', 'kto_en_demo'])('refuses %s with the reason: half of a preference pair looks like good data', async (name) => {
    const before = folders()
    const report = refused(await bringIn(fixture(name)))
    expect(report.issueCounts).toEqual({ 'preference-data': 3 })
    expect(report.issues[0]).toMatchObject({ line: 2, severity: 'error' })
    expect(folders()).toEqual(before)
  })

  it('names the bad lines of a broken file and keeps the good ones', async () => {
    const path = written('broken.jsonl', [chat('a', 'b'), '{"messages": [', chat('c', ''), 'plain text', chat('d', 'e')].join('\n'))
    const { report, rows } = imported(await bringIn(path))
    expect([rows, report.rows]).toEqual([2, 5])
    expect(report.issues.map(({ line, code }) => [line, code])).toEqual([[2, 'not-json'], [3, 'empty-answer'], [4, 'not-json']])
  })

  it('takes the evaluation file that the user gives, and no row of it that is trained', async () => {
    const train = written('train.jsonl', ['a', 'b', 'c'].map((q) => chat(q, 'x')).join('\n'))
    const evaluation = written('evaluation.jsonl', ['c', 'd', 'e'].map((q) => chat(q, 'x')).join('\n'))
    expect(imported(await bringIn(train, evaluation))).toMatchObject({ trainRows: 3, evalRows: 2 })
    expect(refused(await bringIn(train, written('bad.jsonl', 'nothing'))).issueCounts).toEqual({ 'not-json': 1 })
  })

  it('can be cancelled, leaves nothing behind, and the next import works', async () => {
    const row = `${chat('q'.repeat(500), 'a'.repeat(500))}\n`
    const path = written('large.jsonl', row.repeat(40_000))
    const before = folders()
    const running = bringIn(path).catch(String)
    await engine.until('the import has begun', () => (engine.pushesOf('import.progress').some(({ name, readBytes }) => name === 'large.jsonl' && readBytes > 0) ? true : null))
    await expect(bringIn(fixture('identity'))).rejects.toThrow('another file is being imported')
    await engine.request('datasets.cancelImport', undefined)
    expect(await running).toContain('CANCELLED')
    expect(folders()).toEqual(before)
    imported(await bringIn(fixture('identity')))
  })

  it('says that a file is gone or is a folder instead of failing as a fault of its own', async () => {
    const path = written('gone.jsonl', chat('a', 'b'))
    const { token } = await pick(engine, 'dataset', path)
    rmSync(path)
    await expect(engine.request('datasets.import', { token, evaluation: null })).rejects.toThrow('FILE_READ')
    const dropped = await engine.request('files.dropped', { path: folder })
    await expect(engine.request('datasets.import', { token: dropped.token, evaluation: null })).rejects.toThrow('FILE_READ')
  })

  it('renames, removes and brings back; the sample stands once however often it is asked for', async () => {
    const { datasetId } = await engine.request('datasets.addSample', undefined)
    expect(await engine.request('datasets.addSample', undefined)).toEqual({ datasetId })
    await engine.request('datasets.rename', { datasetId, name: 'My sample' })
    await engine.request('datasets.remove', { datasetId })
    expect((await engine.request('datasets.list', undefined)).map(({ id }) => id)).not.toContain(datasetId)
    expect(existsSync(join(engine.home, 'datasets', datasetId))).toBe(true)
    await engine.request('datasets.restore', { datasetId })
    expect((await engine.request('datasets.list', undefined)).find(({ id }) => id === datasetId)).toMatchObject({ name: 'My sample', kind: 'sample' })
    expect((await engine.request('datasets.rows', { datasetId, part: 'held-out', offset: 0, limit: 200 })).total).toBeGreaterThanOrEqual(100)
  })
})
