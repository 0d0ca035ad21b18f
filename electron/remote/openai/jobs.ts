import { z } from 'zod'
import type OpenAI from 'openai'
import { serviceEvent } from '../../parsing/openai-events'
import type { ServiceEvent } from '../../parsing/openai-events'
import { JobId } from '../../shared/ids'
import type { AdoptableJob, RemoteOutput } from '../../shared/cloud'
import { stepValues } from '../../parsing/openai-events'
import type { OpenOpenai } from '../connection'
import { hasFaultCode } from '../gateway'
import { ask } from './client'

/** Metadata keys that make a job ours. */
export const jobTag = 'tunesmith_job'
export const nameTag = 'tunesmith_name'

/** Lists end here, whatever `has_more` says: a service that always says so must not keep us. */
const mostPages = 50
const pageSize = 100

const orNull = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null)

/** What we read of a job. Everything but id and status may be missing. */
const ServiceJob = z.object({
  id: z.string().min(1),
  status: z.string().min(1),
  model: z.string().catch(''),
  created_at: z.number().catch(0),
  finished_at: orNull(z.number()).catch(null),
  fine_tuned_model: orNull(z.string()).catch(null),
  trained_tokens: orNull(z.number()).catch(null),
  training_file: z.string().catch(''),
  validation_file: orNull(z.string()).catch(null),
  result_files: z.array(z.string()).catch([]),
  error: orNull(z.object({ code: z.string().catch('').default(''), message: z.string().catch('').default(''), param: orNull(z.string()).catch(null) })).catch(null),
  metadata: orNull(z.record(z.string(), z.string())).catch(null),
  hyperparameters: orNull(z.object({ n_epochs: z.unknown() })).catch(null),
  method: orNull(z.object({ supervised: z.object({ hyperparameters: z.object({ n_epochs: z.unknown() }).optional() }).optional() })).catch(null),
})
export type ServiceJob = z.infer<typeof ServiceJob>

function parsed<T extends z.ZodType>(type: T, value: unknown, what: string): z.infer<T> {
  const result = type.safeParse(value)
  if (!result.success) throw new SyntaxError(`the service answered something that is not ${what}`)
  return result.data
}

export interface JobBody {
  readonly model: string
  readonly trainingFile: string
  readonly validationFile: string | null
  readonly epochs: number | 'auto'
  readonly batchSize: number | 'auto'
  readonly learningRateMultiplier: number | 'auto'
  readonly seed: number
  readonly suffix: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly trainingType: string | null
}

const createTimeoutMs = 60_000

/** Asks for a job, once. Throws an ambiguous CloudError where nobody knows whether there is one now. */
export async function createJob(open: OpenOpenai, body: JobBody): Promise<ServiceJob> {
  const params: OpenAI.FineTuning.JobCreateParams & { trainingType?: string } = {
    model: body.model, training_file: body.trainingFile, seed: body.seed, metadata: body.metadata,
    method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: body.epochs, batch_size: body.batchSize, learning_rate_multiplier: body.learningRateMultiplier } } },
    ...(body.validationFile === null ? {} : { validation_file: body.validationFile }),
    ...(body.suffix === null ? {} : { suffix: body.suffix }),
    // Azure's own field; other services don't know it.
    ...(body.trainingType === null ? {} : { trainingType: body.trainingType }),
  }
  return ask(open, 'creating the job', async (client, options) => parsed(ServiceJob, await client.fineTuning.jobs.create(params, options), 'a job'), { repeatable: false, timeoutMs: createTimeoutMs })
}

export function retrieveJob(open: OpenOpenai, remoteId: string, signal?: AbortSignal): Promise<ServiceJob> {
  return ask(open, 'looking at the job', async (client, options) => parsed(ServiceJob, await client.fineTuning.jobs.retrieve(remoteId, options), 'a job'), withSignal(signal))
}

/** Asks a job to end. A job that has ended already is left as it is. */
export async function cancelJob(open: OpenOpenai, remoteId: string, signal?: AbortSignal): Promise<void> {
  await ask(open, 'cancelling the job', async (client, options) => void (await client.fineTuning.jobs.cancel(remoteId, options)), withSignal(signal))
}

const withSignal = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal })

/** Pages of a list, each item once. Ends at a page that shows an item again: the service does not page, and what is new on such a page is newer than the pages before it. */
async function* pagesOf<T extends { readonly id: string }>(
  open: OpenOpenai,
  what: string,
  load: (client: OpenAI, after: string | undefined, options: { readonly signal: AbortSignal }) => Promise<Response>,
  item: (value: unknown) => T | null,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly items: readonly T[]; readonly malformed: number }, void, undefined> {
  const seen = new Set<string>()
  let after: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const from = after
    const body = await ask(open, what, async (client, options) => {
      // Not by the package's page: that takes a broken answer for an empty list, and a job that is there for none.
      const answer: unknown = await (await load(client, from, options)).json()
      return parsed(z.object({ data: z.array(z.unknown()), has_more: z.boolean().nullish() }), answer, 'a list')
    }, withSignal(signal))
    const items = body.data.map(item)
    const fresh = [...new Map(items.flatMap((one) => (one === null ? [] : [[one.id, one] as const]))).values()]
    if (fresh.some(({ id }) => seen.has(id))) return
    for (const { id } of fresh) seen.add(id)
    yield { items: fresh, malformed: items.filter((one) => one === null).length }
    after = fresh.at(-1)?.id
    if (body.has_more !== true || after === undefined) return
  }
}

const jobItem = (value: unknown): ServiceJob | null => ServiceJob.safeParse(value).data ?? null

/** Jobs created after `sinceMs`, newest first; `tag` asks the service to leave out others, which not every service does. */
async function* jobsSince(open: OpenOpenai, sinceMs: number, tag: string | null, signal?: AbortSignal): AsyncGenerator<ServiceJob, void, undefined> {
  const query = { limit: pageSize, ...(tag === null ? {} : { metadata: { [jobTag]: tag } }) }
  for await (const { items } of pagesOf(open, 'listing the jobs', (client, after, options) => client.fineTuning.jobs.list({ ...query, ...(after === undefined ? {} : { after }) }, options).asResponse(), jobItem, signal)) {
    yield* items
    if (items.length > 0 && items.every(({ created_at: createdAt }) => createdAt > 0 && createdAt * 1000 < sinceMs)) return
  }
}

/**
 * The job that was made for this one of ours, or null. It is known by its metadata, or by its training file, which no other job was
 * given: not every service keeps metadata. Of several, the oldest.
 */
export async function findJob(open: OpenOpenai, wanted: { readonly jobId: JobId | null; readonly trainingFile: string | null; readonly sinceMs: number }, signal?: AbortSignal): Promise<ServiceJob | null> {
  const matches = (job: ServiceJob) => (wanted.jobId !== null && job.metadata?.[jobTag] === wanted.jobId) || (wanted.trainingFile !== null && job.training_file === wanted.trainingFile)
  for (const tag of wanted.jobId === null ? [null] : [wanted.jobId, null]) {
    const found: ServiceJob[] = []
    for await (const job of jobsSince(open, wanted.sinceMs, tag, signal)) if (matches(job)) found.push(job)
    if (found.length > 0) return found.reduce((oldest, job) => (job.created_at < oldest.created_at ? job : oldest))
  }
  return null
}

/** Jobs that carry our tag, newest first, at most 1,000 or those of half a year. */
export async function listAdoptable(open: OpenOpenai, nowMs: number, signal?: AbortSignal): Promise<readonly AdoptableJob[]> {
  const jobs: AdoptableJob[] = []
  for await (const job of jobsSince(open, nowMs - 183 * 86_400_000, null, signal)) {
    const jobId = JobId.safeParse(job.metadata?.[jobTag])
    if (jobId.success) jobs.push({ remoteId: job.id, jobId: jobId.data, name: job.metadata?.[nameTag] ?? job.model, model: job.model, status: job.status, createdAtMs: job.created_at * 1000 })
    if (jobs.length >= 1_000) break
  }
  return jobs
}

/** Events that are not in `seen` (in order of time), read from the newest back to the oldest of `seen`; `full`: `seen` is only the newest part of what was read. */
export async function newEvents(open: OpenOpenai, remoteId: string, seen: readonly string[], full: boolean, signal?: AbortSignal): Promise<{ readonly events: readonly ServiceEvent[]; readonly malformed: number }> {
  const known = new Set(seen)
  const found: ServiceEvent[] = []
  let malformed = 0
  const load = (client: OpenAI, after: string | undefined, options: { readonly signal: AbortSignal }) => client.fineTuning.jobs.listEvents(remoteId, { limit: pageSize, ...(after === undefined ? {} : { after }) }, options).asResponse()
  for await (const { items, malformed: bad } of pagesOf(open, 'reading the job\'s events', load, serviceEvent, signal)) {
    found.push(...items)
    malformed += bad
    if (items.every(({ id }) => known.has(id)) || items.some(({ id }) => id === seen[0])) break
  }
  const oldestSeen = found.findLastIndex(({ id }) => known.has(id))
  const recent = full && oldestSeen !== -1 ? found.slice(0, oldestSeen) : found
  return { events: recent.filter(({ id }) => !known.has(id)).reverse(), malformed }
}

/** Checkpoints that can be asked as models, first step first. */
export async function listCheckpoints(open: OpenOpenai, remoteId: string, signal?: AbortSignal): Promise<readonly RemoteOutput[]> {
  const Checkpoint = z.object({ id: z.string().min(1), step_number: z.number(), fine_tuned_model_checkpoint: z.string().min(1), metrics: z.record(z.string(), z.unknown()).nullish() })
  const outputs: RemoteOutput[] = []
  const load = (client: OpenAI, after: string | undefined, options: { readonly signal: AbortSignal }) => client.fineTuning.jobs.checkpoints.list(remoteId, { limit: pageSize, ...(after === undefined ? {} : { after }) }, options).asResponse()
  try {
    for await (const { items } of pagesOf(open, 'listing the checkpoints', load, (value) => Checkpoint.safeParse(value).data ?? null, signal)) {
      for (const { step_number: step, fine_tuned_model_checkpoint: name, metrics } of items) outputs.push({ name, step, evalLoss: stepValues({ step, ...metrics })?.values.evalLoss ?? null })
    }
  } catch (error) {
    // Some services keep none and have no such list.
    if (!isMissing(error)) throw error
  }
  return outputs.sort((a, b) => (a.step ?? 0) - (b.step ?? 0))
}

/** True for an answer that says: there is no such thing. */
export function isMissing(error: unknown): boolean {
  return hasFaultCode(error, 'not_found') || statusOf(error) === 404
}

/** HTTP status of a refusal, where there was one. */
export function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('fault' in error)) return null
  const details = (error.fault as { readonly cause?: { readonly details?: Readonly<Record<string, unknown>> } }).cause?.details
  return typeof details?.['status'] === 'number' ? details['status'] : null
}
