import type { ChatMessage, DatasetFormat, NormalRow } from '../shared/dataset'

type Json = Readonly<Record<string, unknown>>

/** A row in normal form, or why it has none. Codes are stable; messages are for people. */
export type Converted =
  | { readonly kind: 'row'; readonly row: NormalRow; readonly warnings: readonly RowIssue[] }
  | { readonly kind: 'refused'; readonly issue: RowIssue }
export interface RowIssue {
  readonly code: string
  readonly message: string
}

const refused = (code: string, message: string): Converted => ({ kind: 'refused', issue: { code, message } })
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Tells the format of one object by its keys; null where none fits. Preference data is named, since it looks like messages. */
export function detectFormat(value: unknown): DatasetFormat | 'preference' | null {
  if (!isObject(value)) return null
  const has = (key: string) => Object.hasOwn(value, key)
  if (has('chosen') || has('rejected') || has('preferred_output') || (has('label') && (has('messages') || has('prompt')))) return 'preference'
  if (Array.isArray(value['messages'])) return 'messages'
  if (Array.isArray(value['conversations'])) return 'sharegpt'
  if (has('prompt') && has('completion')) return 'prompt-completion'
  if (has('instruction') && has('output')) return 'alpaca'
  return null
}

/** How each format maps to messages, shown beside the preview. */
export const mappings: Readonly<Record<DatasetFormat, string>> = {
  messages: 'messages: role and content as they are',
  sharegpt: 'conversations: human and gpt become user and assistant',
  alpaca: 'instruction with input becomes the user turn, output the answer',
  'prompt-completion': 'prompt as it is, completion is trained',
}

/** Converts one parsed record of a format. */
export function convertRow(format: DatasetFormat, value: unknown): Converted {
  if (!isObject(value)) return refused('not-an-object', 'The row is not a JSON object.')
  switch (format) {
    case 'messages':
      return fromTurns(value['messages'], 'role', 'content')
    case 'sharegpt':
      return fromTurns(typeof value['system'] === 'string' && Array.isArray(value['conversations']) ? [{ from: 'system', value: value['system'] }, ...(value['conversations'] as unknown[])] : value['conversations'], 'from', 'value')
    case 'alpaca':
      return fromAlpaca(value)
    case 'prompt-completion':
      return fromPrompt(value)
  }
}

const roles: Readonly<Record<string, ChatMessage['role']>> = {
  system: 'system', developer: 'system', user: 'user', human: 'user', assistant: 'assistant', gpt: 'assistant', model: 'assistant', chatgpt: 'assistant', bot: 'assistant',
}

function fromTurns(turns: unknown, roleKey: string, textKey: string): Converted {
  if (!Array.isArray(turns) || turns.length === 0) return refused('no-messages', 'The row has no messages.')
  const messages: ChatMessage[] = []
  const warnings: RowIssue[] = []
  for (const turn of turns as unknown[]) {
    if (!isObject(turn)) return refused('message-not-an-object', 'A message is not an object.')
    const named = turn[roleKey]
    const role = typeof named === 'string' ? roles[named.toLowerCase()] : undefined
    if (role === undefined) {
      return typeof named === 'string' ? refused('unsupported-role', `The role "${named.slice(0, 40)}" can't be trained yet; system, user and assistant can.`) : refused('missing-role', `A message has no "${roleKey}".`)
    }
    const content = textOf(turn[textKey])
    if (content === null) return refused('missing-content', `A message of the ${role} has no text.`)
    if (turn['weight'] === 0) warnings.push({ code: 'weight-ignored', message: 'The weight 0 of an answer is not followed: the answer is trained.' })
    messages.push({ role, content })
  }
  return checked(messages, warnings)
}

/** Text, or the text parts of OpenAI's content lists; null for anything else. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  const parts = (content as unknown[]).map((part) => (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : null))
  return parts.every((part) => part !== null) ? parts.join('') : null
}

function checked(messages: readonly ChatMessage[], warnings: readonly RowIssue[]): Converted {
  if (messages.some(({ role }, place) => role === 'system' && place > 0)) return refused('system-not-first', 'A system message stands after the first place.')
  const turns = messages.filter(({ role }) => role !== 'system')
  if (turns[0]?.role !== 'user') return refused('no-user-first', 'The conversation does not begin with the user.')
  if (turns.at(-1)?.role !== 'assistant') return refused('last-not-assistant', 'The last message is not an answer of the assistant, so there is nothing to learn at its end.')
  if (turns.some(({ role }, place) => place > 0 && role === turns[place - 1]?.role)) return refused('turns-do-not-alternate', 'Two messages of the same role follow one another.')
  if (turns.some(({ role, content }) => role === 'assistant' && content.trim() === '')) return refused('empty-answer', 'An answer is empty.')
  return { kind: 'row', row: { messages }, warnings }
}

function fromAlpaca(value: Json): Converted {
  const { instruction, input, output, system, history } = value
  if (typeof instruction !== 'string' || typeof output !== 'string') return refused('missing-content', '"instruction" and "output" need to be text.')
  if (input !== undefined && input !== null && typeof input !== 'string') return refused('missing-content', '"input" needs to be text.')
  const earlier: ChatMessage[] = []
  for (const pair of Array.isArray(history) ? (history as unknown[]) : []) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') return refused('bad-history', '"history" needs to be pairs of question and answer.')
    earlier.push({ role: 'user', content: pair[0] }, { role: 'assistant', content: pair[1] })
  }
  return checked([
    ...(typeof system === 'string' && system !== '' ? [{ role: 'system' as const, content: system }] : []), ...earlier,
    { role: 'user', content: typeof input === 'string' && input !== '' ? `${instruction}\n\n${input}` : instruction }, { role: 'assistant', content: output },
  ], [])
}

function fromPrompt({ prompt, completion }: Json): Converted {
  if (Array.isArray(prompt) && Array.isArray(completion)) return fromTurns([...(prompt as unknown[]), ...(completion as unknown[])], 'role', 'content')
  if (typeof prompt !== 'string' || typeof completion !== 'string') return refused('missing-content', '"prompt" and "completion" need to be text, or both lists of messages.')
  if (completion.trim() === '') return refused('empty-answer', 'The completion is empty.')
  return { kind: 'row', row: { prompt, completion }, warnings: [] }
}
