import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countTokens as cl100k } from 'gpt-tokenizer/encoding/cl100k_base'
import { countTokens as o200k } from 'gpt-tokenizer/encoding/o200k_base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkProtocolRules } from '../../../electron/datasets/openai-rules'
import { breather, countText, tokenCounterFor } from '../../../electron/datasets/openai-tokens'
import { knownBase, tunableBase } from '../../../electron/domain/openai-bases'
import { protocolProblems, protocolRow } from '../../../electron/domain/openai-row'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tunesmith rules '))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal
const user = { role: 'user', content: 'Hello there' }
const answer = { role: 'assistant', content: 'General greeting' }

function file(rows: readonly unknown[]): string {
  const path = join(folder, 'data.jsonl')
  writeFileSync(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''))
  return path
}

describe('rows by the protocol\'s rules', () => {
  it.each([
    ['data_type', [1]], ['missing_messages_list', {}], ['missing_messages_list', { messages: [] }], ['message_missing_key', { messages: [user, { role: 'assistant' }] }],
    ['message_unrecognized_key', { messages: [user, { ...answer, mood: 'good' }] }], ['unrecognized_role', { messages: [{ ...user, role: 'narrator' }, answer] }],
    ['missing_content', { messages: [user, { ...answer, content: null }] }], ['example_missing_assistant_message', { messages: [user] }], ['last_not_assistant', { messages: [answer, user] }],
    ['bad_weight', { messages: [user, { ...answer, weight: 0.5 }] }], ['no_weight', { messages: [user, { ...answer, weight: 0 }] }], ['missing_tool_call_id', { messages: [user, { role: 'tool', content: '4' }, answer] }],
    ['row_unrecognized_key', { messages: [user, answer], label: true }],
  ])('%s (catches an upload that the service refuses)', (code, row) => {
    expect(protocolProblems(row).map((problem) => problem.code)).toContain(code)
  })

  it('takes what the current API takes (catches good data refused by an old list)', () => {
    const call = { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] }
    for (const messages of [
      [user, answer], [{ role: 'developer', content: 'Be brief.' }, user, { ...answer, weight: 1 }], [user, call, { role: 'tool', content: '4', tool_call_id: 'a' }, answer],
      [{ role: 'user', name: 'Ann', content: [{ type: 'text', text: 'hi' }] }, answer], [user, { ...answer, weight: 0 }, user, answer],
    ]) expect(protocolProblems({ messages, tools: [] })).toEqual([])
    expect(protocolRow({ prompt: 'p', completion: 'c' })).toEqual({ messages: [{ role: 'user', content: 'p' }, { role: 'assistant', content: 'c' }] })
  })
})

describe('a file', () => {
  it('is reported with line numbers, all counts, and only the first issues (catches "invalid file" without a place)', async () => {
    const rows: unknown[] = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? { messages: [user, answer] } : { messages: [user] }))
    rows[4] = '{"messages": ['
    const check = await checkProtocolRules(file(rows), { part: 'training', maxTokens: null }, never)
    expect(check).toMatchObject({ rows: 300, validRows: 149, issueCounts: { invalid_json: 1, example_missing_assistant_message: 150 }, tokens: null })
    expect(check.issues).toHaveLength(100)
    expect(check.issues.slice(0, 3).map(({ line, code }) => [line, code])).toEqual([[2, 'example_missing_assistant_message'], [4, 'example_missing_assistant_message'], [5, 'invalid_json']])
  })

  it('with fewer than 10 examples is too small to train on, but not to validate with (catches a job that fails after its upload)', async () => {
    const path = file(Array.from({ length: 9 }, () => ({ prompt: 'a', completion: 'b' })))
    expect((await checkProtocolRules(path, { part: 'training', maxTokens: null }, never)).issueCounts).toEqual({ too_few_examples: 1 })
    expect((await checkProtocolRules(path, { part: 'validation', maxTokens: null }, never)).issueCounts).toEqual({})
  })

  it('is counted by the cookbook\'s rule, longer examples up to the limit (catches a quote that is too low)', async () => {
    const tokens = await tokenCounterFor('gpt-4.1-mini-2025-04-14')
    const named = { role: 'user', name: 'Ann', content: 'Hello there' }
    const long = { role: 'assistant', content: 'word '.repeat(500) }
    const path = file([{ messages: [named, answer] }, { messages: [user, long] }])
    const first = 3 + 3 + o200k('user') + o200k('Ann') + 1 + o200k('Hello there') + 3 + o200k('assistant') + o200k('General greeting')
    const second = 3 + 3 + o200k('user') + o200k('Hello there') + 3 + o200k('assistant') + o200k('word '.repeat(500))
    const { tokens: told, issues } = await checkProtocolRules(path, { part: 'validation', maxTokens: 100, tokens }, never)
    expect(told).toEqual({ total: first + second, billed: first + 100, longest: second, rowsOverLimit: 1, exact: true })
    expect(issues).toMatchObject([{ line: 2, code: 'too_many_tokens', severity: 'warning' }])
  })

  it('reading ends with its signal (catches a check that goes on after the page was left)', async () => {
    const abort = new AbortController()
    abort.abort()
    await expect(checkProtocolRules(file([{ prompt: 'a', completion: 'b' }]), { part: 'training', maxTokens: null }, abort.signal)).rejects.toThrow(/abort/i)
  })
})

describe('tokens', () => {
  it('are those of the model (catches cl100k counts for a gpt-4.1)', async () => {
    const text = 'Ça va, 世界? naïve coöperation <|endoftext|>'
    const options = { disallowedSpecial: new Set<string>() }
    for (const model of ['gpt-4.1-2025-04-14', 'gpt-4o-mini-2024-07-18', 'ft:gpt-4.1:org::abc', 'o4-mini']) expect(await tokenCounterFor(model)).toMatchObject({ encoding: 'o200k_base', exact: true })
    for (const model of ['gpt-3.5-turbo-0125', 'gpt-4-0613', 'ft:gpt-3.5-turbo-1106:org::x', 'davinci-002']) expect(await tokenCounterFor(model)).toMatchObject({ encoding: 'cl100k_base', exact: true })
    expect((await tokenCounterFor('Llama-3.3-70B-Instruct')).exact).toBe(false)
    expect((await tokenCounterFor('gpt-4.1')).count(text)).toBe(o200k(text, options))
    expect((await tokenCounterFor('gpt-4')).count(text)).toBe(cl100k(text, options))
  })

  it('of long texts are the same in pieces, and a run of one letter takes no square time (catches a quote that hangs on one row)', async () => {
    const counter = await tokenCounterFor('gpt-4.1')
    const prose = 'The quick brown fox, aged 12, jumps over 3.14 lazy dogs; encore! '.repeat(3_000)
    expect(await countText(counter, prose, breather())).toBe(o200k(prose))
    const began = performance.now()
    const run = await countText(counter, `${'a'.repeat(400_000)} end ${'界'.repeat(20_001)}${' '.repeat(100_000)}`, breather())
    expect(performance.now() - began).toBeLessThan(8_000)
    expect(run).toBeGreaterThan(400_000 / 8)
  })

  it('let others run meanwhile (catches an engine that answers nobody while it counts)', async () => {
    const counter = await tokenCounterFor('gpt-4.1')
    let turns = 0
    const timer = setInterval(() => void (turns += 1), 5)
    await countText(counter, 'some words of text '.repeat(200_000), breather())
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })
})

describe('bases', () => {
  const day = (text: string) => Date.parse(`${text}T12:00:00Z`)

  it('have their state on the day (catches a base offered that dies next week)', () => {
    expect(tunableBase('a', '2027-01-14', day('2026-10-01')).state).toBe('ok')
    expect(tunableBase('a', '2027-01-14', day('2026-11-20'))).toMatchObject({ state: 'ends-soon', note: expect.stringContaining('2027-01-14') as unknown })
    expect(tunableBase('a', '2027-01-14', day('2027-01-14')).state).toBe('gone')
    expect(tunableBase('a', null, 0)).toEqual({ name: 'a', shutdownDate: null, state: 'ok', note: null })
  })

  it('are known by dated, undated and tuned names, and never by the name of another (catches mini\'s date for nano)', () => {
    for (const name of ['gpt-4.1-nano-2025-04-14', 'gpt-4.1-nano', 'ft:gpt-4.1-nano-2025-04-14:org::x']) expect(knownBase(name)?.contextTokens).toBe(32_768)
    expect(knownBase('gpt-4o-mini')?.name).toBe('gpt-4o-mini-2024-07-18')
    expect(knownBase('gpt-4o')?.name).toBe('gpt-4o-2024-08-06')
    expect(knownBase('gpt-5')).toBeNull()
  })
})
