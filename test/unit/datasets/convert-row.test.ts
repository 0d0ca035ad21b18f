import { describe, expect, it } from 'vitest'
import { convertRow, detectFormat } from '../../../electron/datasets/convert-row'

const codeOf = (format: Parameters<typeof convertRow>[0], value: unknown) => {
  const result = convertRow(format, value)
  return result.kind === 'refused' ? result.issue.code : 'row'
}

describe('detecting a format by its keys', () => {
  it.each([
    [{ messages: [] }, 'messages'],
    [{ conversations: [] }, 'sharegpt'],
    [{ instruction: 'a', input: '', output: 'b' }, 'alpaca'],
    [{ prompt: 'a', completion: 'b' }, 'prompt-completion'],
    [{ prompt: 'a', chosen: 'b', rejected: 'c' }, 'preference'],
    [{ messages: [], label: true }, 'preference'],
    [{ text: 'a' }, null],
    ['a', null],
  ])('%j', (value, format) => expect(detectFormat(value)).toBe(format))
})

describe('converting rows', () => {
  it('keeps every turn of ShareGPT: a converter that takes the first pair loses the rest of a conversation', () => {
    const result = convertRow('sharegpt', { system: 'S', conversations: [{ from: 'human', value: 'a' }, { from: 'gpt', value: 'b' }, { from: 'human', value: 'c' }, { from: 'gpt', value: 'd' }] })
    expect(result).toMatchObject({ kind: 'row', row: { messages: [{ role: 'system', content: 'S' }, { role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }, { role: 'user', content: 'c' }, { role: 'assistant', content: 'd' }] } })
  })
  it('joins instruction and input of Alpaca, with system and history', () => {
    const result = convertRow('alpaca', { instruction: 'Add', input: '1 2', output: '3', system: 'S', history: [['q', 'r']] })
    expect(result).toMatchObject({ row: { messages: [{ role: 'system' }, { content: 'q' }, { content: 'r' }, { role: 'user', content: 'Add\n\n1 2' }, { role: 'assistant', content: '3' }] } })
  })
  it('reads text parts of OpenAI content lists', () => {
    const result = convertRow('messages', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] }, { role: 'assistant', content: 'c' }] })
    expect(result).toMatchObject({ row: { messages: [{ content: 'ab' }, { content: 'c' }] } })
  })
  it.each([
    [{ messages: [{ role: 'user', content: 'a' }] }, 'last-not-assistant'],
    [{ messages: [{ role: 'assistant', content: 'a' }] }, 'no-user-first'],
    [{ messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: ' ' }] }, 'empty-answer'],
    [{ messages: [{ role: 'user', content: 'a' }, { role: 'tool', content: 'b' }] }, 'unsupported-role'],
    [{ messages: [{ role: 'user', content: 'a' }, { role: 'user', content: 'b' }, { role: 'assistant', content: 'c' }] }, 'turns-do-not-alternate'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }, { role: 'assistant', content: 'c' }] }, 'missing-content'],
    [{ messages: [] }, 'no-messages'],
  ])('refuses %j, which a template would render wrongly or not at all', (value, code) => expect(codeOf('messages', value)).toBe(code))
})
