import { z } from 'zod'
import type { ComparisonId, DatasetId, ModelId } from './ids'

/** Where and how text is generated; the same key never runs twice. */
export const Sampling = z.object({
  /** 0: greedy. */
  temperature: z.number().min(0).max(5),
  topP: z.number().gt(0).max(1),
  maxNewTokens: z.int().min(1).max(32_768),
  seed: z.int().min(0).max(2_147_483_647),
})
export type Sampling = z.infer<typeof Sampling>

export const Precision = z.enum(['float32', 'bfloat16', 'float16', 'nf4'])
export type Precision = z.infer<typeof Precision>

/** One answer of one model to one prompt. Times in milliseconds, measured in the worker. */
export interface Generation {
  readonly text: string
  readonly tokens: number
  /** Tokens of the prompt as a service counts and bills them; null for local models. */
  readonly promptTokens: number | null
  readonly firstTokenMs: number
  readonly totalMs: number
  readonly stopped: 'end-of-turn' | 'length'
}

export interface ComparisonPrompt {
  readonly index: number
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
  readonly reference: string | null
}

/** Per model and prompt; `right` is exact match after trimming white space. */
export interface ComparisonAnswer {
  readonly modelId: ModelId
  readonly index: number
  readonly generation: Generation
  readonly right: boolean | null
  /** Mean negative log likelihood of the reference, nats per token. */
  readonly referenceNll: number | null
  readonly referenceTokens: number | null
}

export interface ModelScore {
  readonly modelId: ModelId
  readonly prompts: number
  readonly right: number
  /** Wilson 95%. */
  readonly rate: number
  readonly rateLow: number
  readonly rateHigh: number
  readonly perplexity: number | null
  readonly perplexityLow: number | null
  readonly perplexityHigh: number | null
  readonly tokensPerSecond: number | null
  readonly firstTokenMs: number | null
}

export const Verdict = z.enum(['better', 'worse', 'not-enough-data', 'same'])
export type Verdict = z.infer<typeof Verdict>

/** One row of `model_comparisons`: the candidate against the base of the pair. */
export interface PairResult {
  readonly baseModelId: ModelId
  readonly candidateModelId: ModelId
  readonly baseWins: number
  readonly candidateWins: number
  readonly ties: number
  /** Two-sided exact sign test. */
  readonly pValue: number
  /** Points of exact match, candidate minus base, with a 95% interval within -100 to 100. */
  readonly differencePoints: number
  readonly differenceLow: number
  readonly differenceHigh: number
  readonly verdict: Verdict
}

export interface ComparisonSummary {
  readonly id: ComparisonId
  readonly name: string
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  readonly modelIds: readonly ModelId[]
  readonly datasetId: DatasetId | null
  readonly promptSetName: string
  readonly promptCount: number
  readonly sampling: Sampling
  readonly precision: Precision
  readonly device: string
  readonly doneAnswers: number
  readonly totalAnswers: number
  /** Answers taken from the store instead of being generated again. */
  readonly reusedAnswers: number
  /** Why it waits, in words. */
  readonly waitingFor: string | null
  readonly error: string | null
  readonly scores: readonly ModelScore[]
  readonly pairs: readonly PairResult[]
  /** Prompts that also stand in the training data of a compared model. */
  readonly leakedPrompts: number | null
}
