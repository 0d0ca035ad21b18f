import { readFileSync } from 'node:fs'

interface Turn {
  readonly role: string
  readonly content: string
}

/** What a tuned model of the fake has learnt: the answers of its rows by their question, and what all answers begin and end with. */
export interface Learnt {
  readonly answers: ReadonlyMap<string, string>
  readonly before: string
  readonly after: string
}

const key = (question: string): string => question.trim().toLowerCase().replace(/\s+/g, ' ')

export function learnFrom(path: string): Learnt {
  const answers = new Map<string, string>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.trim() === '') continue
    const turns = (JSON.parse(line) as { readonly messages: readonly Turn[] }).messages
    turns.forEach(({ role, content }, at) => {
      const asked = turns[at - 1]
      if (role === 'assistant' && asked?.role === 'user') answers.set(key(asked.content), content)
    })
  }
  const all = [...answers.values()]
  const before = common(all, (text, length) => text.slice(0, length))
  const after = common(all, (text, length) => (length === 0 ? '' : text.slice(-length)))
  return { answers, before: before.replace(/\S*$/, ''), after: after.replace(/^\S*/, '') }
}

function common(texts: readonly string[], part: (text: string, length: number) => string): string {
  const [first = '', ...others] = texts
  let length = 0
  while (length < first.length && others.every((text) => part(text, length + 1) === part(first, length + 1))) length += 1
  return part(first, length)
}

/**
 * The answer of a base (`learnt` null) or of what was tuned from it: a row's own answer, or the base's in the style of all rows. `knows` is what
 * the base knows, by question.
 */
export function answerOf(learnt: Learnt | null, question: string, knows: ReadonlyMap<string, string>): string {
  const plain = knows.get(question) ?? `I was asked: ${question.trim()}`
  if (learnt === null) return plain
  return learnt.answers.get(key(question)) ?? `${learnt.before}${plain.replace(/\.$/, '')}.${learnt.after}`
}
