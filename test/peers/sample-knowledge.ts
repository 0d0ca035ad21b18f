import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const heldOut = join(resolve(import.meta.dirname, '..', '..'), 'resources', 'sample-data', 'held-out.jsonl')

/** What a base knows of the sample's held-out questions: the facts, without the way of speaking that only tuning brings. */
export function sampleKnowledge(): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  for (const line of readFileSync(heldOut, 'utf8').split('\n')) {
    if (line === '') continue
    const { messages } = JSON.parse(line) as { readonly messages: readonly { readonly role: string; readonly content: string }[] }
    messages.forEach(({ role, content }, at) => {
      const asked = messages[at - 1]
      if (role === 'assistant' && asked !== undefined) facts.set(asked.content, content.replace(/^Arr! /, '').replace(/ Aye, matey!$/, ''))
    })
  }
  return facts
}
