import type { ChatMessage, NormalRow } from '../shared/dataset'

/** Fewer examples are refused by every service. */
export const leastExamples = 10

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why a row breaks a rule of the OpenAI fine-tuning protocol. Codes are stable; messages are for people. */
export interface ProtocolProblem {
  readonly code: string
  readonly message: string
}

/** A row as the protocol takes it: a prompt with its completion becomes a user's turn with its answer. */
export function protocolRow(row: NormalRow): { readonly messages: readonly ChatMessage[] } {
  if ('messages' in row) return { messages: row.messages.map(({ role, content }) => ({ role, content })) }
  return { messages: [{ role: 'user', content: row.prompt }, { role: 'assistant', content: row.completion }] }
}

const roles = new Set<unknown>(['system', 'developer', 'user', 'assistant', 'tool', 'function'])
const messageKeys = new Set(['role', 'content', 'name', 'weight', 'refusal', 'function_call', 'tool_calls', 'tool_call_id', 'audio'])
const rowKeys = new Set(['messages', 'tools', 'parallel_tool_calls', 'functions'])

/**
 * What is wrong with one row of a supervised file. The rules are those of OpenAI's cookbook (Chat_finetuning_data_prep) with what the API
 * takes since: the roles developer and tool, tool calls, and the weight 0 or 1 of an answer. Empty: the row is good.
 */
export function protocolProblems(value: unknown): readonly ProtocolProblem[] {
  if (!isObject(value)) return [{ code: 'data_type', message: 'The row is not a JSON object.' }]
  const { messages } = value
  if (!Array.isArray(messages) || messages.length === 0) return [{ code: 'missing_messages_list', message: 'The row has no list of messages.' }]
  const problems: ProtocolProblem[] = []
  for (const key of Object.keys(value)) if (!rowKeys.has(key)) problems.push({ code: 'row_unrecognized_key', message: `The key "${key.slice(0, 40)}" has no meaning beside messages.` })
  for (const message of messages as unknown[]) problems.push(...messageProblems(message))
  const turns = (messages as unknown[]).filter(isObject)
  const answers = turns.filter(({ role }) => role === 'assistant')
  if (answers.length === 0) problems.push({ code: 'example_missing_assistant_message', message: 'There is no answer of the assistant to learn from.' })
  else if (turns.at(-1)?.['role'] !== 'assistant') problems.push({ code: 'last_not_assistant', message: 'The last message is not an answer of the assistant.' })
  else if (answers.every(({ weight }) => weight === 0)) problems.push({ code: 'no_weight', message: 'Every answer has the weight 0, so there is nothing to learn.' })
  return problems
}

function messageProblems(message: unknown): readonly ProtocolProblem[] {
  if (!isObject(message)) return [{ code: 'message_not_an_object', message: 'A message is not an object.' }]
  const problems: ProtocolProblem[] = []
  const { role, content, weight } = message
  const calls = Array.isArray(message['tool_calls']) || isObject(message['function_call'])
  if (role === undefined || (!('content' in message) && !calls)) problems.push({ code: 'message_missing_key', message: 'A message has no role, or no content.' })
  if (role !== undefined && !roles.has(role)) problems.push({ code: 'unrecognized_role', message: `The role "${String(role).slice(0, 40)}" is unknown.` })
  for (const key of Object.keys(message)) if (!messageKeys.has(key)) problems.push({ code: 'message_unrecognized_key', message: `A message has the unknown key "${key.slice(0, 40)}".` })
  if (!calls && 'content' in message && !isContent(content)) problems.push({ code: 'missing_content', message: `A message of the ${String(role).slice(0, 40)} has no text.` })
  if (role === 'tool' && typeof message['tool_call_id'] !== 'string') problems.push({ code: 'missing_tool_call_id', message: 'An answer of a tool does not name its call.' })
  if (weight !== undefined && (role !== 'assistant' || (weight !== 0 && weight !== 1))) problems.push({ code: 'bad_weight', message: 'A weight is 0 or 1, and only answers have one.' })
  return problems
}

function isContent(content: unknown): boolean {
  if (typeof content === 'string') return content !== ''
  return Array.isArray(content) && content.length > 0 && (content as unknown[]).every((part) => isObject(part) && typeof part['type'] === 'string')
}
