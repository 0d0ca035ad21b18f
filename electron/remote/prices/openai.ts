import type { Price, PriceUnit } from '../../shared/money'

const source = 'Copies of OpenAI\'s pricing tables and LiteLLM\'s rows for tuned models'
const asOf = '2026-11-20'

/**
 * US dollars per million tokens: training a base, and what its tuned models read and write. Azure and other services have prices of their own,
 * which the user enters; so do answers of a base that is not tuned.
 */
const models: Readonly<Record<string, { readonly training: number; readonly input: number; readonly output: number }>> = {
  'gpt-4.1-2025-04-14': { training: 25, input: 3, output: 12 },
  'gpt-4.1-mini': { training: 5, input: 0.8, output: 3.2 },
  'gpt-4.1-nano': { training: 1.5, input: 0.2, output: 0.8 },
  'gpt-4o-2024-08-06': { training: 25, input: 3.75, output: 15 },
  'gpt-4o-mini': { training: 3, input: 0.3, output: 1.2 },
  'gpt-3.5-turbo': { training: 8, input: 3, output: 6 },
}

const row = (item: string, unit: PriceUnit, usd: number): Price => ({ place: 'openai', item, region: null, unit, usd, source, asOf, origin: 'shipped' })

export const openaiPrices: readonly Price[] = Object.entries(models).flatMap(([base, { training, input, output }]) => [
  row(base, 'million-training-tokens', training), row(`ft:${base}`, 'million-input-tokens', input), row(`ft:${base}`, 'million-output-tokens', output),
])
