import type { LineIssue } from '../shared/dataset'
import { leastExamples, protocolProblems, protocolRow } from '../domain/openai-row'
import type { NormalRow } from '../shared/dataset'
import { breather, countText } from './openai-tokens'
import type { TokenCounter } from './openai-tokens'
import { readRecords } from './read-records'

const keptIssues = 100

export interface ProtocolRulesOptions {
  readonly part: 'training' | 'validation'
  /** Longest example that the base takes, in tokens; null: not known. */
  readonly maxTokens: number | null
  /** Absent: only the rules are checked. */
  readonly tokens?: TokenCounter
}

/** What a file looks like to the protocol. Only the first issues are kept, the counts are complete. */
export interface ProtocolCheck {
  readonly rows: number
  readonly validRows: number
  readonly issues: readonly LineIssue[]
  readonly issueCounts: Readonly<Record<string, number>>
  readonly tokens: {
    readonly total: number
    /** What one epoch is billed: longer examples count up to the limit. */
    readonly billed: number
    readonly longest: number
    readonly rowsOverLimit: number
    /** False where the service's own tokenizer is another one. */
    readonly exact: boolean
  } | null
}

/**
 * Reads one of our normalised files by the rules of the OpenAI fine-tuning protocol, in flat memory. Tokens of an example, by OpenAI's
 * cookbook: 3 for each message, those of its values, 1 for a name, and 3 for the example.
 */
export async function checkProtocolRules(path: string, { part, maxTokens, tokens }: ProtocolRulesOptions, signal: AbortSignal): Promise<ProtocolCheck> {
  const issues: LineIssue[] = []
  const counts: Record<string, number> = {}
  const sum = { rows: 0, validRows: 0, total: 0, billed: 0, longest: 0, rowsOverLimit: 0 }
  const note = (line: number, code: string, message: string, severity: LineIssue['severity']): void => {
    counts[code] = (counts[code] ?? 0) + 1
    if (issues.length < keptIssues) issues.push({ line, code, message, severity })
  }
  const rest = breather()
  for await (const { line, text, problem } of readRecords(path, () => undefined, signal)) {
    if (text.trim() === '' && problem === null) continue
    sum.rows += 1
    await rest()
    const row = problem === null ? sentForm(text) : null
    const problems = row === null ? [{ code: 'invalid_json', message: problem === 'too-long' ? 'The row is longer than 32 MiB.' : 'The line is not JSON in UTF-8.' }] : protocolProblems(row.value)
    for (const { code, message } of problems) note(line, code, message, 'error')
    if (problems.length > 0 || row === null) continue
    sum.validRows += 1
    if (tokens === undefined) continue
    const length = await exampleTokens(tokens, row.value, rest)
    sum.total += length
    sum.billed += maxTokens === null ? length : Math.min(length, maxTokens)
    sum.longest = Math.max(sum.longest, length)
    if (maxTokens === null || length <= maxTokens) continue
    sum.rowsOverLimit += 1
    note(line, 'too_many_tokens', `The example has ${length} tokens; the base learns from the first ${maxTokens} at most, or refuses it.`, 'warning')
  }
  if (part === 'training' && sum.rows < leastExamples) note(Math.max(1, sum.rows), 'too_few_examples', `There are ${sum.rows} examples; at least ${leastExamples} are needed.`, 'error')
  const { rows, validRows, total, billed, longest, rowsOverLimit } = sum
  return { rows, validRows, issues, issueCounts: counts, tokens: tokens === undefined ? null : { total, billed, longest, rowsOverLimit, exact: tokens.exact } }
}

/** The row as it is sent; null where the line is no JSON. */
function sentForm(text: string): { readonly value: unknown } | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null // the caller reports the line
  }
  const isPair = typeof value === 'object' && value !== null && 'prompt' in value && 'completion' in value && typeof value.prompt === 'string' && typeof value.completion === 'string'
  return { value: isPair ? protocolRow(value as NormalRow) : value }
}

/** Tokens of a valid row. */
async function exampleTokens(counter: TokenCounter, row: unknown, rest: () => Promise<void>): Promise<number> {
  let tokens = 3
  for (const message of (row as { readonly messages: readonly Readonly<Record<string, unknown>>[] }).messages) {
    tokens += 3
    for (const [key, value] of Object.entries(message)) {
      const text = typeof value === 'string' ? value : key === 'weight' ? '' : JSON.stringify(value)
      tokens += (await countText(counter, text, rest)) + (key === 'name' ? 1 : 0)
    }
  }
  return tokens
}
