import { randomUUID } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'

export type Fields = Readonly<Record<string, unknown>>

/** What a test may change while the peer runs. */
export interface PeerControl {
  /** Time of one training step. */
  stepMs: number
  /** Error of jobs that are created from now on; they fail half way. */
  failWith: { readonly code: string; readonly message: string; readonly param: string | null } | null
  /** Shown instead of the status of a job that has not ended. */
  unknownStatus: string | null
  /** Every request is refused with 401. */
  expireKey: boolean
  /** So many creations are carried out, and their answers cut off. */
  loseCreated: number
  /** So many creations are answered with 500, and nothing is made. */
  failCreated: number
  /** So many requests of any kind are answered so. */
  failNext: { count: number; readonly status: number; readonly body: Fields; readonly headers?: Readonly<Record<string, string>> }
  /** Lists say `has_more` for ever, with the same page. */
  endlessLists: boolean
  base64Results: boolean
  /** Every so-manyth metrics event is not told; the result file has it. 0: all are told. */
  skipMetrics: number
  /** Metadata is not kept, as at services that don't know it. */
  forgetMetadata: boolean
  /** Jobs stay where they are. */
  hold: boolean
  /** Azure's deployments: name to model. Null: models answer by their own names. */
  deployments: Record<string, string> | null
  /** End dates that the list of models tells. One base has a far one, so that tests hold when OpenAI's own have ended. */
  shutdownDates: Record<string, string>
  /** What bases know, by question; what is not here they don't. */
  knows: ReadonlyMap<string, string>
}

export const newControl = (): PeerControl => ({
  stepMs: 5, failWith: null, unknownStatus: null, expireKey: false, loseCreated: 0, failCreated: 0, failNext: { count: 0, status: 500, body: {} }, endlessLists: false,
  base64Results: false, skipMetrics: 0, forgetMetadata: false, hold: false, deployments: null, shutdownDates: { 'gpt-4.1-mini-2025-04-14': '2099-01-14' }, knows: new Map(),
})

export interface StoredFile {
  readonly id: string
  readonly path: string
  readonly name: string
  readonly sizeBytes: number
}

export interface FakeEvent {
  readonly id: string
  readonly object: 'fine_tuning.job.event'
  readonly created_at: number
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly type: 'message' | 'metrics'
  readonly data?: Fields
}

/** One job of the fake, in front of aimock's: what aimock lacks. */
export interface FakeJob {
  readonly id: string
  /** The job as aimock last told it. */
  upstream: Fields
  readonly body: Fields
  readonly training: StoredFile
  readonly steps: number
  readonly epochs: number
  readonly tokens: number
  readonly bornMs: number
  readonly events: FakeEvent[]
  readonly upstreamIds: Set<string>
  /** Set for a job that will fail, with the step where it does. */
  readonly failure: { readonly error: Fields; readonly atStep: number } | null
  status: string
  step: number
  finishedAt: number | null
  resultFile: string | null
  readonly metadata: Fields | null
}

const perEpoch = (rows: number, batch: number): number => Math.ceil(rows / batch)

/** Steps, epochs and tokens of a job by its file and settings; `auto` is 3 epochs of batches of 8. */
export function planOf(body: Fields, rows: number, characters: number): { readonly steps: number; readonly epochs: number; readonly tokens: number } {
  const method = body['method'] as { readonly supervised?: { readonly hyperparameters?: Fields } } | undefined
  const told = method?.supervised?.hyperparameters ?? {}
  const epochs = typeof told['n_epochs'] === 'number' ? told['n_epochs'] : 3
  const batch = typeof told['batch_size'] === 'number' ? told['batch_size'] : 8
  return { steps: epochs * perEpoch(rows, batch), epochs, tokens: Math.round(characters / 4) * epochs }
}

/** What is wrong with a training file by the protocol: the error of the job that is made with it, or null. Flat in memory. */
export async function fileProblem(path: string): Promise<{ readonly rows: number; readonly characters: number; readonly error: Fields | null }> {
  let rows = 0
  let characters = 0
  let rest = ''
  let error: Fields | null = null
  const look = (line: string): void => {
    if (line.trim() === '') return
    rows += 1
    characters += line.length
    if (error !== null) return
    const problem = lineProblem(line)
    if (problem !== null) error = { code: 'invalid_training_file', message: `Invalid file format. Line ${rows}: ${problem}`, param: 'training_file' }
  }
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    const lines = `${rest}${chunk as string}`.split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(look)
  }
  look(rest)
  if (error === null && rows < 10) error = { code: 'invalid_n_examples', message: `Training file has ${rows} example(s), but must have at least 10 examples`, param: 'training_file' }
  return { rows, characters, error }
}

function lineProblem(line: string): string | null {
  try {
    const row = JSON.parse(line) as { readonly messages?: readonly { readonly role?: string; readonly content?: unknown }[] }
    if (!Array.isArray(row.messages)) return 'Key "messages" missing'
    return row.messages.some(({ role }) => role === 'assistant') ? null : 'Example has no assistant message'
  } catch {
    return 'Expecting value'
  }
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** Losses that a real run of this kind shows: fast at first, then slowly down. */
export function lossAt(step: number): number {
  return Math.round((0.2 + 2.2 * Math.exp(-step / 6) + 0.02 * Math.sin(step * 2.3)) * 1e4) / 1e4
}

export function metricsOf({ steps }: FakeJob, step: number): Fields {
  const evaluates = step % 4 === 0 || step === steps
  return {
    step, total_steps: steps, train_loss: lossAt(step), train_mean_token_accuracy: Math.round((1 - lossAt(step) / 4) * 1e4) / 1e4,
    ...(evaluates ? { valid_loss: Math.round((lossAt(step) + 0.08) * 1e4) / 1e4, valid_mean_token_accuracy: 0.8 } : {}),
  }
}

/** Steps whose checkpoint is kept: the end of each of the last three epochs. */
export function checkpointSteps({ steps, epochs, step }: FakeJob): readonly number[] {
  const each = steps / epochs
  return Array.from({ length: epochs }, (_, epoch) => Math.round((epoch + 1) * each)).slice(-3).filter((at) => at <= step)
}

export function addEvent(job: FakeJob, atMs: number, event: Pick<FakeEvent, 'message'> & Partial<FakeEvent>): void {
  job.events.push({ id: `ftevent-${randomUUID().slice(0, 18)}`, object: 'fine_tuning.job.event', created_at: seconds(atMs), level: 'info', type: 'message', ...event })
}

/** Adds what happened up to `step`. */
export function addSteps(job: FakeJob, to: number, control: PeerControl, atMs: number): void {
  for (let step = job.step + 1; step <= to; step += 1) {
    job.step = step
    if (control.skipMetrics > 0 && step % control.skipMetrics === 0) continue
    addEvent(job, atMs, { message: `Step ${step}/${job.steps}: training loss=${lossAt(step)}`, type: 'metrics', data: metricsOf(job, step) })
  }
}

const resultColumns = ['step', 'train_loss', 'train_accuracy', 'valid_loss', 'valid_mean_token_accuracy'] as const

export function resultCsv(job: FakeJob, base64: boolean): string {
  const lines = Array.from({ length: job.step }, (_, index) => {
    const metrics = metricsOf(job, index + 1)
    return [metrics['step'], metrics['train_loss'], metrics['train_mean_token_accuracy'], metrics['valid_loss'] ?? '', metrics['valid_mean_token_accuracy'] ?? ''].join(',')
  })
  const csv = `${resultColumns.join(',')}\n${lines.join('\n')}\n`
  return base64 ? Buffer.from(csv).toString('base64') : csv
}

/** The job as the fake tells it. */
export function jobAnswer(job: FakeJob, control: PeerControl): Fields {
  const { status, steps: _steps } = job
  const ended = isOver(status)
  const { metadata: _metadata, ...upstream } = job.upstream
  return {
    ...upstream, object: 'fine_tuning.job', id: job.id, status: ended ? status : (control.unknownStatus ?? status), finished_at: job.finishedAt, estimated_finish: null,
    fine_tuned_model: status === 'succeeded' ? upstream['fine_tuned_model'] : null, trained_tokens: status === 'succeeded' ? job.tokens : null,
    result_files: job.resultFile === null ? [] : [job.resultFile], error: status === 'failed' ? (job.failure?.error ?? null) : null,
    hyperparameters: { n_epochs: job.epochs, batch_size: 8, learning_rate_multiplier: 1 }, ...(control.forgetMetadata ? {} : { metadata: job.metadata }),
  }
}

export function isOver(status: string): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}

export function checkpointAnswer(job: FakeJob, step: number): Fields {
  const name = String(job.upstream['fine_tuned_model'] ?? `ft:${String(job.upstream['model'])}:aimock::${job.id.slice(-6)}`)
  return {
    id: `ftckpt_${job.id.slice(-8)}_${step}`, object: 'fine_tuning.job.checkpoint', created_at: seconds(job.bornMs), fine_tuning_job_id: job.id, step_number: step,
    fine_tuned_model_checkpoint: step === job.steps && job.status === 'succeeded' ? name : `${name}:ckpt-step-${step}`,
    metrics: { step, train_loss: lossAt(step), train_mean_token_accuracy: 0.9, valid_loss: Math.round((lossAt(step) + 0.08) * 1e4) / 1e4, valid_mean_token_accuracy: 0.8, full_valid_loss: Math.round((lossAt(step) + 0.07) * 1e4) / 1e4, full_valid_mean_token_accuracy: 0.8 },
  }
}

export const textOf = (path: string): string => readFileSync(path, 'utf8')
