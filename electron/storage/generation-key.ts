import { createHash } from 'node:crypto'
import type { ChatMessage } from '../shared/dataset'
import type { Precision, Sampling } from '../shared/comparison'

/** `model` names the exact weights: a model's id, or its id with a fingerprint where files may change under it. */
export interface GenerationInput {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly sampling: Sampling
  readonly precision: Precision
}

/** Hex sha256 under which a generation is kept. Fields are listed in a fixed order, so that equal inputs meet; greedy runs ignore the seed and topP. */
export function generationKey({ model, messages, sampling, precision }: GenerationInput): string {
  const { temperature, topP, maxNewTokens, seed } = sampling
  return hash(['generation', model, turns(messages), temperature === 0 ? ['greedy', maxNewTokens] : [temperature, topP, maxNewTokens, seed], precision])
}

/** Hex sha256 under which the likelihood of a reference answer is kept. */
export function referenceKey(input: Omit<GenerationInput, 'sampling'> & { readonly reference: string }): string {
  return hash(['reference', input.model, turns(input.messages), input.reference, input.precision])
}

function turns(messages: readonly ChatMessage[]): readonly (readonly [string, string])[] {
  return messages.map(({ role, content }) => [role, content])
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
