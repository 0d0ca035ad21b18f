import type { ComparisonAnswer, ComparisonSummary, ModelScore, PairResult, Precision, Sampling, Verdict } from '../../../../electron/shared/comparison'
import type { RemoteModel } from '../../../../electron/shared/cloud'
import type { ConnectionSummary } from '../../../../electron/shared/connection'
import type { LedgerRow } from '../../../../electron/shared/money'
import type { ModelId } from '../../../../electron/shared/ids'
import type { JobSummary } from '../../../../electron/shared/job'
import type { ModelSummary } from '../../../../electron/shared/model'
import type { Tone } from '../../text/job-words'
import { count, number } from '../../text/format'
import { unknownAmount, usd } from '../../text/money'
import { settingRows } from '../run/facts-tab'

/** A compared model with the colour that it has on this page. */
export interface ComparedModel {
  readonly id: ModelId
  readonly name: string
  /** `base`, `step 600`, or empty. */
  readonly note: string
  readonly colour: number
  readonly job: JobSummary | null
  /** The name of the place that answers for it; null on this machine. */
  readonly place: string | null
  /** Its name there, under which its answers are billed. */
  readonly remoteName: string | null
}

/** Bases are slate; what a run made has its run's colour, the next free one where two would share it. */
const baseColour = 8

export function comparedModels(ids: readonly ModelId[], models: readonly ModelSummary[], jobs: readonly JobSummary[], places: readonly ConnectionSummary[] = []): readonly ComparedModel[] {
  const taken = new Set<number>()
  const free = (wanted: number): number => {
    const order = [wanted, ...Array.from({ length: 8 }, (_, index) => ((wanted + index) % 8) + 1)]
    const colour = order.find((one) => !taken.has(one)) ?? wanted
    taken.add(colour)
    return colour
  }
  return ids.map((id) => {
    const model = models.find((one) => one.id === id)
    const job = jobs.find((one) => one.id === model?.jobId) ?? null
    const isBase = model !== undefined && model.baseModelId === null
    return {
      id,
      name: model?.name ?? 'a deleted model',
      note: isBase ? 'base' : model === undefined || model.checkpointStep === null ? '' : `step ${count(model.checkpointStep)}`,
      colour: free(isBase ? baseColour : (job?.colour ?? 1)),
      job,
      place: model === undefined || model.remote === null ? null : placeNameOf(model.remote, places),
      remoteName: model?.remote?.name ?? null,
    }
  })
}

/** The name of the place that has a remote model. */
export const placeNameOf = (remote: RemoteModel, places: readonly ConnectionSummary[]): string => places.find((place) => place.id === remote.connectionId)?.config.name ?? 'a removed place'

/** Where each side of a comparison answered, how fast and for how much. `rows` are the ledger's entries of this comparison. */
export function sideWords(model: ComparedModel, score: ModelScore | null, device: string, rows: readonly LedgerRow[]): string {
  const first = score === null || score.firstTokenMs === null ? null : `first token after ${count(score.firstTokenMs)} ms`
  if (model.place === null) return [`local: ${device === '' ? 'this machine' : device}`, first].filter((part) => part !== null).join(' · ')
  const bills = rows.filter((row) => row.kind === 'answers' && row.model === model.remoteName)
  const known = bills.flatMap((row) => (row.bill === null || row.bill.usd === null ? [] : [row.bill.usd]))
  const cost = bills.length === 0 ? 'cost not counted yet' : known.length === 0 ? `cost ${unknownAmount}` : `cost ${usd(known.reduce((sum, value) => sum + value, 0))}${known.length < bills.length ? ` and ${bills.length - known.length} ${unknownAmount}` : ''}`
  return [`remote: ${model.place}`, first, cost, 'perplexity not available from a service'].filter((part) => part !== null).join(' · ')
}

/** The pair that the page is about: the tuned model that differs most from its base. */
export function mainPair(comparison: ComparisonSummary): PairResult | null {
  return comparison.pairs.toSorted((a, b) => a.pValue - b.pValue || b.differencePoints - a.differencePoints)[0] ?? null
}

export const verdictWords: Readonly<Record<Verdict, { readonly word: string; readonly tone: Tone }>> = {
  better: { word: 'Better', tone: 'good' },
  worse: { word: 'Worse', tone: 'bad' },
  same: { word: 'The same', tone: 'plain' },
  'not-enough-data': { word: 'Not enough data to tell', tone: 'warn' },
}

const prompts = (pair: PairResult): number => pair.baseWins + pair.candidateWins + pair.ties

/** The verdict in one line, with its interval. */
export function verdictLine(pair: PairResult): string {
  const [points, low, high] = [pair.differencePoints, pair.differenceLow, pair.differenceHigh].map(Math.round)
  const more = (value: number): string => (value === 0 ? 'as many' : `${count(Math.abs(value))} ${value > 0 ? 'more' : 'fewer'}`)
  if (pair.verdict === 'better' || pair.verdict === 'worse') {
    const [a, b] = pair.verdict === 'better' ? [low ?? 0, high ?? 0] : [-(high ?? 0), -(low ?? 0)]
    return `${more(points ?? 0)} right in 100 prompts (95%: ${number(a)} to ${number(b)})`
  }
  return `Between ${more(low ?? 0)} and ${more(high ?? 0)} right in 100 prompts (95%)`
}

/** `35 gained, 7 lost, 78 the same of 120; exact sign test p = 0.00002`. */
export const pairCounts = (pair: PairResult): string =>
  `${count(pair.candidateWins)} gained, ${count(pair.baseWins)} lost, ${count(pair.ties)} the same of ${count(prompts(pair))}; exact sign test p\u00a0${pValue(pair.pValue)}`

const pValue = (p: number): string => (p < 0.00001 ? '<\u00a00.00001' : `=\u00a0${p < 0.001 ? p.toFixed(5) : p.toFixed(p < 0.1 ? 3 : 2)}`)

/** `+23.3 points`. */
export const signedPoints = (value: number): string => `${value < 0 ? '−' : '+'}${number(Math.abs(value), 1)}`

export const precisionWords: Readonly<Record<Precision, string>> = { float32: '32-bit', bfloat16: '16-bit (bfloat16)', float16: '16-bit (float16)', nf4: '4-bit (NF4)' }

/** `4-bit (NF4), greedy, seed 7, 256 tokens`. No precision where only services answer: they don't tell theirs. */
export function samplingWords(sampling: Sampling, precision: Precision | null): string {
  const how = sampling.temperature === 0 ? 'greedy' : `temperature ${number(sampling.temperature)}, top-p ${number(sampling.topP)}`
  return `${precision === null ? '' : `${precisionWords[precision]}, `}${how}, seed ${sampling.seed}, at most ${count(sampling.maxNewTokens)} tokens`
}

export const answerKey = (modelId: ModelId, index: number): string => `${modelId} ${index}`
export type Answers = ReadonlyMap<string, ComparisonAnswer>

export type PromptFilter = 'all' | 'gained' | 'lost'

/** The prompts where one model of a pair is right and the other wrong. */
export function filterPrompts(indices: readonly number[], answers: Answers, pair: PairResult | null, filter: PromptFilter): readonly number[] {
  if (filter === 'all' || pair === null) return indices
  return indices.filter((index) => {
    const base = answers.get(answerKey(pair.baseModelId, index))?.right ?? null
    const candidate = answers.get(answerKey(pair.candidateModelId, index))?.right ?? null
    return filter === 'gained' ? candidate === true && base === false : candidate === false && base === true
  })
}

export interface SettingDifference {
  readonly name: string
  readonly values: readonly string[]
}

/** The settings in which runs differ, and how many are the same. */
export function settingDifferences(jobs: readonly JobSummary[]): { readonly rows: readonly SettingDifference[]; readonly same: number } {
  const tables = jobs.map((job) => new Map<string, string>([['Model', job.modelName], ['Data', job.datasetName], ...settingRows(job)]))
  const names = [...new Set(tables.flatMap((table) => [...table.keys()]))]
  const rows = names.map((name) => ({ name, values: tables.map((table) => table.get(name) ?? '–') }))
  const differing = rows.filter(({ values }) => new Set(values).size > 1)
  return { rows: differing, same: rows.length - differing.length }
}
