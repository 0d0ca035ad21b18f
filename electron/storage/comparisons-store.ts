import { AppError } from '../shared/app-error'
import type { ComparisonAnswer, ComparisonPrompt, ComparisonSummary, Generation, ModelScore, PairResult, Precision, Sampling, Verdict } from '../shared/comparison'
import type { ComparisonId, DatasetId, ModelId } from '../shared/ids'
import type { Connection } from './database'
import { fromJson } from './json-column'

/** A comparison to be, with its prompts. */
export type NewComparison = Pick<
  ComparisonSummary,
  'id' | 'name' | 'createdAtMs' | 'modelIds' | 'datasetId' | 'promptSetName' | 'sampling' | 'precision' | 'device' | 'leakedPrompts'
> & { readonly prompts: readonly ComparisonPrompt[] }

export type ComparisonPatch = Partial<Pick<ComparisonSummary, 'name' | 'state' | 'finishedAtMs' | 'device' | 'waitingFor' | 'error' | 'leakedPrompts'>>

/** An answer as it is kept: the text lives once under its key, see generation-key.ts. */
export interface AnswerRow {
  readonly modelId: ModelId
  readonly index: number
  readonly generationKey: string
  readonly right: boolean | null
  readonly referenceNll: number | null
  readonly referenceTokens: number | null
  /** Taken from the store instead of being generated for this comparison. */
  readonly reused: boolean
}

export interface ReferenceScore {
  readonly nll: number
  readonly tokens: number
}

export interface ComparisonsStore {
  add(comparison: NewComparison): void
  /** Null when there is none. */
  get(id: ComparisonId): ComparisonSummary | null
  /** Newest first. */
  list(): ComparisonSummary[]
  inStates(states: readonly ComparisonSummary['state'][]): ComparisonId[]
  prompts(id: ComparisonId): ComparisonPrompt[]
  answers(id: ComparisonId): ComparisonAnswer[]
  patch(id: ComparisonId, patch: ComparisonPatch): void
  generation(key: string): Generation | null
  saveGeneration(key: string, generation: Generation, atMs: number): void
  referenceScore(key: string): ReferenceScore | null
  saveReferenceScore(key: string, score: ReferenceScore, atMs: number): void
  /** The generation must have been saved; a second answer for the same place is ignored. */
  addAnswer(id: ComparisonId, answer: AnswerRow): void
  /** Ends a comparison: scores, one row per pair, and the win rate and speed of the tuned models among them, in one transaction. */
  finish(id: ComparisonId, result: { readonly scores: readonly ModelScore[]; readonly pairs: readonly PairResult[] }, atMs: number): void
  remove(id: ComparisonId, atMs: number): void
  restore(id: ComparisonId): void
  removedBefore(atMs: number): ComparisonId[]
  purge(id: ComparisonId): void
}

interface ComparisonColumns {
  readonly row_id: number
  readonly id: ComparisonId
  readonly name: string
  readonly state: ComparisonSummary['state']
  readonly model_ids: string
  readonly dataset_id: DatasetId | null
  readonly prompt_set_name: string
  readonly prompt_count: number
  readonly sampling: string
  readonly precision: Precision
  readonly device: string
  readonly total_answers: number
  readonly reused_answers: number
  readonly done_answers: number
  readonly waiting_for: string | null
  readonly error: string | null
  readonly scores: string
  readonly leaked_prompts: number | null
  readonly created_at_ms: number
  readonly finished_at_ms: number | null
}

interface AnswerColumns {
  readonly model_id: ModelId
  readonly prompt: number
  readonly is_right: number | null
  readonly reference_nll: number | null
  readonly reference_tokens: number | null
  readonly text: string
  readonly tokens: number
  readonly prompt_tokens: number | null
  readonly first_token_ms: number
  readonly total_ms: number
  readonly stopped: Generation['stopped']
}

interface PairColumns {
  readonly base_model_id: ModelId
  readonly fine_tuned_model_id: ModelId
  readonly base_wins: number
  readonly fine_tuned_wins: number
  readonly ties: number
  readonly p_value: number
  readonly difference_points: number
  readonly difference_low: number
  readonly difference_high: number
  readonly verdict: Verdict
}

type GenerationColumns = Pick<AnswerColumns, 'text' | 'tokens' | 'prompt_tokens' | 'first_token_ms' | 'total_ms' | 'stopped'>

export function createComparisonsStore(connection: Connection): ComparisonsStore {
  // Without `prompts`, which a list does not need.
  const select = `SELECT row_id, id, name, state, model_ids, dataset_id, prompt_set_name, prompt_count, sampling, precision, device, total_answers, reused_answers,
    waiting_for, error, scores, leaked_prompts, created_at_ms, finished_at_ms,
    (SELECT COUNT(*) FROM comparison_answers a WHERE a.comparison = c.row_id) AS done_answers FROM comparisons c`
  const byId = connection.prepare<[string], ComparisonColumns>(`${select} WHERE id = ?`)
  const all = connection.prepare<[], ComparisonColumns>(`${select} WHERE deleted_at_ms IS NULL ORDER BY row_id DESC`)
  const inStates = connection.prepare<[string], ComparisonId>(
    'SELECT id FROM comparisons WHERE deleted_at_ms IS NULL AND state IN (SELECT value FROM json_each(?)) ORDER BY row_id',
  ).pluck()
  const insert = connection.prepare(`INSERT INTO comparisons
    (id, name, state, model_ids, dataset_id, prompt_set_name, prompts, prompt_count, sampling, precision, device, total_answers, leaked_prompts, created_at_ms)
    VALUES (?,?,'waiting',?,?,?,?,?,?,?,?,?,?,?)`)
  const prompts = connection.prepare<[string], string>('SELECT prompts FROM comparisons WHERE id = ?').pluck()
  const pairs = connection.prepare<[number], PairColumns>('SELECT * FROM model_comparisons WHERE comparison = ? ORDER BY place')
  const answers = connection.prepare<[number], AnswerColumns>(
    `SELECT a.model_id, a.prompt, a.is_right, a.reference_nll, a.reference_tokens, g.text, g.tokens, g.prompt_tokens, g.first_token_ms, g.total_ms, g.stopped
     FROM comparison_answers a JOIN generations g ON g.key = a.generation_key WHERE a.comparison = ? ORDER BY a.prompt, a.model_id`,
  )
  const generation = connection.prepare<[string], GenerationColumns>('SELECT text, tokens, prompt_tokens, first_token_ms, total_ms, stopped FROM generations WHERE key = ?')
  const putGeneration = connection.prepare('INSERT OR IGNORE INTO generations (key, text, tokens, prompt_tokens, first_token_ms, total_ms, stopped, created_at_ms) VALUES (?,?,?,?,?,?,?,?)')
  const reference = connection.prepare<[string], ReferenceScore>('SELECT nll, tokens FROM reference_scores WHERE key = ?')
  const putReference = connection.prepare('INSERT OR IGNORE INTO reference_scores (key, nll, tokens, created_at_ms) VALUES (?,?,?,?)')
  const putAnswer = connection.prepare(`INSERT INTO comparison_answers (comparison, model_id, prompt, generation_key, is_right, reference_nll, reference_tokens)
    VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`)
  const countReused = connection.prepare('UPDATE comparisons SET reused_answers = reused_answers + 1 WHERE row_id = ?')
  const setDone = connection.prepare("UPDATE comparisons SET state = 'done', scores = ?, finished_at_ms = ?, waiting_for = NULL, error = NULL WHERE row_id = ?")
  const clearPairs = connection.prepare('DELETE FROM model_comparisons WHERE comparison = ?')
  const putPair = connection.prepare('INSERT INTO model_comparisons VALUES (?,?,?,?,?,?,?,?,?,?,?,?)')
  const setSpeed = connection.prepare('UPDATE fine_tuned_models SET tokens_per_second = ?, latency_ms = ? WHERE id = ?')
  // The rate that counts is the one against the model's own base, ties left out.
  const setWinRate = connection.prepare('UPDATE fine_tuned_models SET win_rate = ? WHERE id = ? AND base_model_id = ?')
  const setDeleted = connection.prepare('UPDATE comparisons SET deleted_at_ms = ? WHERE id = ?')
  const removedBefore = connection.prepare<[number], ComparisonId>('SELECT id FROM comparisons WHERE deleted_at_ms <= ? ORDER BY deleted_at_ms').pluck()
  const purge = connection.prepare('DELETE FROM comparisons WHERE id = ? AND deleted_at_ms IS NOT NULL')

  const find = (id: ComparisonId): ComparisonColumns => {
    const columns = byId.get(id)
    if (columns === undefined) throw new AppError('COMPARISON_NOT_FOUND', `There is no comparison ${id}.`)
    return columns
  }
  const summarise = (columns: ComparisonColumns): ComparisonSummary => toComparison(columns, pairs.all(columns.row_id).map(toPair))
  const mark = (id: ComparisonId, atMs: number | null): void => {
    find(id)
    setDeleted.run(atMs, id)
  }
  const addAnswer = connection.transaction((id: ComparisonId, a: AnswerRow): void => {
    const { row_id } = find(id)
    const right = a.right === null ? null : a.right ? 1 : 0
    const { changes } = putAnswer.run(row_id, a.modelId, a.index, a.generationKey, right, a.referenceNll, a.referenceTokens)
    if (changes === 1 && a.reused) countReused.run(row_id)
  })
  const finish = connection.transaction((id: ComparisonId, scores: readonly ModelScore[], results: readonly PairResult[], atMs: number): void => {
    const { row_id } = find(id)
    setDone.run(JSON.stringify(scores), atMs, row_id)
    clearPairs.run(row_id)
    results.forEach((p, place) => {
      putPair.run(
        row_id, place, p.baseModelId, p.candidateModelId, p.baseWins, p.candidateWins, p.ties, p.pValue, p.differencePoints, p.differenceLow, p.differenceHigh, p.verdict,
      )
      const decided = p.baseWins + p.candidateWins
      if (decided > 0) setWinRate.run(p.candidateWins / decided, p.candidateModelId, p.baseModelId)
    })
    for (const score of scores) if (score.tokensPerSecond !== null) setSpeed.run(score.tokensPerSecond, score.firstTokenMs, score.modelId)
  })

  return {
    add(c) {
      insert.run(
        c.id, c.name, JSON.stringify(c.modelIds), c.datasetId, c.promptSetName, JSON.stringify(c.prompts), c.prompts.length, JSON.stringify(c.sampling), c.precision, c.device,
        c.prompts.length * c.modelIds.length, c.leakedPrompts, c.createdAtMs,
      )
    },
    get(id) {
      const columns = byId.get(id)
      return columns === undefined ? null : summarise(columns)
    },
    list: () => all.all().map(summarise),
    inStates: (states) => inStates.all(JSON.stringify(states)),
    prompts(id) {
      find(id)
      return fromJson<ComparisonPrompt[]>(prompts.get(id) ?? '[]')
    },
    answers: (id) => answers.all(find(id).row_id).map(toAnswer),
    patch(id, change) {
      find(id)
      const columns = columnsOfPatch(change)
      if (columns.length === 0) return
      connection.prepare(`UPDATE comparisons SET ${columns.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`).run(...columns.map(([, value]) => value), id)
    },
    generation(key) {
      const columns = generation.get(key)
      return columns === undefined ? null : toGeneration(columns)
    },
    saveGeneration(key, g, atMs) {
      putGeneration.run(key, g.text, g.tokens, g.promptTokens, g.firstTokenMs, g.totalMs, g.stopped, atMs)
    },
    referenceScore: (key) => reference.get(key) ?? null,
    saveReferenceScore(key, score, atMs) {
      putReference.run(key, score.nll, score.tokens, atMs)
    },
    addAnswer: (id, answer) => addAnswer.immediate(id, answer),
    finish: (id, result, atMs) => finish.immediate(id, result.scores, result.pairs, atMs),
    remove: (id, atMs) => mark(id, atMs),
    restore: (id) => mark(id, null),
    removedBefore: (atMs) => removedBefore.all(atMs),
    purge(id) {
      purge.run(id)
    },
  }
}

function toComparison(c: ComparisonColumns, pairs: readonly PairResult[]): ComparisonSummary {
  return {
    id: c.id, name: c.name, state: c.state, createdAtMs: c.created_at_ms, finishedAtMs: c.finished_at_ms, modelIds: fromJson<readonly ModelId[]>(c.model_ids),
    datasetId: c.dataset_id, promptSetName: c.prompt_set_name, promptCount: c.prompt_count, sampling: fromJson<Sampling>(c.sampling), precision: c.precision,
    device: c.device, doneAnswers: c.done_answers, totalAnswers: c.total_answers, reusedAnswers: c.reused_answers, waitingFor: c.waiting_for, error: c.error,
    scores: fromJson<readonly ModelScore[]>(c.scores), pairs, leakedPrompts: c.leaked_prompts,
  }
}

function toPair(c: PairColumns): PairResult {
  return {
    baseModelId: c.base_model_id, candidateModelId: c.fine_tuned_model_id, baseWins: c.base_wins, candidateWins: c.fine_tuned_wins, ties: c.ties,
    pValue: c.p_value, differencePoints: c.difference_points, differenceLow: c.difference_low, differenceHigh: c.difference_high, verdict: c.verdict,
  }
}

function toGeneration(c: GenerationColumns): Generation {
  return { text: c.text, tokens: c.tokens, promptTokens: c.prompt_tokens, firstTokenMs: c.first_token_ms, totalMs: c.total_ms, stopped: c.stopped }
}

function toAnswer(c: AnswerColumns): ComparisonAnswer {
  return {
    modelId: c.model_id, index: c.prompt, generation: toGeneration(c), right: c.is_right === null ? null : c.is_right === 1,
    referenceNll: c.reference_nll, referenceTokens: c.reference_tokens,
  }
}

function columnsOfPatch(change: ComparisonPatch): (readonly [column: string, value: string | number | null])[] {
  const columns: (readonly [string, string | number | null])[] = []
  if (change.name !== undefined) columns.push(['name', change.name])
  if (change.state !== undefined) columns.push(['state', change.state])
  if (change.finishedAtMs !== undefined) columns.push(['finished_at_ms', change.finishedAtMs])
  if (change.device !== undefined) columns.push(['device', change.device])
  if (change.waitingFor !== undefined) columns.push(['waiting_for', change.waitingFor])
  if (change.error !== undefined) columns.push(['error', change.error])
  if (change.leakedPrompts !== undefined) columns.push(['leaked_prompts', change.leakedPrompts])
  return columns
}
