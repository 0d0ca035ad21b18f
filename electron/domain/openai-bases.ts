import type { TunableBase } from '../shared/connection'

/** When and where the table was read. */
export const basesAsOf = '2026-11-20'
export const basesSource = 'openai 7.55.0 (resources/models) and OpenAI\'s page on deprecations'

interface KnownBase {
  /** The name, or what names of dated versions begin with. */
  readonly name: string
  /** `YYYY-MM-DD`: the day it and everything tuned from it ends at OpenAI. Azure has dates of its own. */
  readonly openaiEnd: string | null
  /** Whether Azure tunes it by supervised learning. */
  readonly azure: boolean
  /** Azure trains it as `globalStandard` only. */
  readonly globalOnly: boolean
  /** Longest training example, in tokens; null: not known. */
  readonly contextTokens: number | null
}

const base = (name: string, openaiEnd: string | null, contextTokens: number | null, azure = true, globalOnly = false): KnownBase => ({ name, openaiEnd, azure, globalOnly, contextTokens })

/** Bases for supervised tuning. The first whose name a model's name begins with counts, so longer names stand first. */
const knownBases: readonly KnownBase[] = [
  base('gpt-4.1-nano-2025-04-14', '2026-10-23', 32_768),
  base('gpt-4.1-mini-2025-04-14', '2027-01-14', 65_536),
  base('gpt-4.1-2025-04-14', '2027-01-14', 65_536),
  base('gpt-4o-mini-2024-07-18', '2027-01-14', 65_536),
  base('gpt-4o-2024-08-06', '2027-01-14', 65_536),
  base('gpt-3.5-turbo-1106', '2026-10-23', 16_385, false),
  base('gpt-3.5-turbo-0125', '2026-10-23', 16_385, false),
  base('gpt-oss-20b', null, null, true, true),
  base('Ministral-3B', null, null, true, true),
  base('Llama-3.3-70B-Instruct', null, null, true, true),
  base('Qwen-3-32B', null, null, true, true),
]

/** What is known of a base by its name, a tuned model's (`ft:...`) or an undated one's among them; null: nothing. */
export function knownBase(name: string): KnownBase | null {
  const plain = name.startsWith('ft:') ? (name.split(':')[1] ?? '') : name
  const undated = (known: string) => known.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{4})$/, '')
  return knownBases.find((known) => plain.toLowerCase().startsWith(known.name.toLowerCase())) ?? knownBases.find((known) => plain === undated(known.name)) ?? null
}

/** Names that can be tuned at OpenAI itself, and at Azure. */
export const openaiBases = knownBases.filter(({ openaiEnd }) => openaiEnd !== null)
export const azureBases = knownBases.filter(({ azure }) => azure)

const soonDays = 60
const dayMs = 86_400_000

/** A base with what its end means today. `note` says it in a sentence. */
export function tunableBase(name: string, shutdownDate: string | null, nowMs: number, note: string | null = null): TunableBase {
  if (shutdownDate === null) return { name, shutdownDate, state: 'ok', note }
  const days = Math.ceil((Date.parse(`${shutdownDate}T00:00:00Z`) - nowMs) / dayMs)
  if (days <= 0) return { name, shutdownDate, state: 'gone', note: `Shut down on ${shutdownDate}. Tune another base, or an open model on this machine or SageMaker.` }
  const ends = days < soonDays ? `Shuts down on ${shutdownDate}, in ${days} ${days === 1 ? 'day' : 'days'}; everything tuned from it ends then too.` : null
  return { name, shutdownDate, state: ends === null ? 'ok' : 'ends-soon', note: [ends, note].filter((part) => part !== null).join(' ') || null }
}
