import { z } from 'zod'
import { azureBases, basesAsOf, knownBase, openaiBases, tunableBase } from '../../domain/openai-bases'
import type { CheckItem, TunableBase } from '../../shared/connection'
import type { OpenOpenai } from '../connection'
import { CloudError } from '../gateway'
import { ask } from './client'
import { isMissing } from './jobs'

/** From this day on OpenAI makes no new fine-tuning jobs; on the other its last bases and all that was tuned from them end. */
export const selfServeEnds = { noNewJobs: '2027-01-06', shutDown: '2027-01-14' } as const

const dayMs = 86_400_000

/** Azure tells more of a model than OpenAI's protocol has: whether it can be tuned, and until when (seconds). */
const ListedModel = z.object({
  id: z.string().min(1),
  shutdown_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/).nullish().catch(null),
  capabilities: z.object({ fine_tune: z.boolean().optional() }).nullish().catch(null),
  deprecation: z.object({ fine_tune: z.number().optional() }).nullish().catch(null),
})
type ListedModel = z.infer<typeof ListedModel>

const item = (id: string, label: string, state: CheckItem['state'], detail: string, fix: string | null = null): CheckItem => ({ id, label, state, detail, fix, command: null })

/** What this place can do and what it lacks. Never throws for what the place answers: that is what is told. */
export async function checkOpenai(open: OpenOpenai, nowMs: number, signal?: AbortSignal): Promise<{ readonly items: readonly CheckItem[]; readonly bases: readonly TunableBase[] }> {
  const items: CheckItem[] = [...addressItems(open)]
  let models: readonly ListedModel[] | null = null
  try {
    models = await listModels(open, signal)
    items.push(item('reach', 'Service', 'ok', `${new URL(open.config.baseUrl).host} answers.`), item('key', 'Key', 'ok', 'The service accepts it.'))
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    items.push(...refusalItems(open, error))
    if (error.fault.kind === 'login' || error.fault.kind === 'retry') return { items, bases: [] }
  }
  items.push(await tuningItem(open, signal))
  const bases = basesOf(open, models, nowMs)
  items.push(basesItem(bases), ...presetItems(open, nowMs))
  return { items, bases }
}

/** What can be tuned there, with its end; [] where the service does not answer. */
export async function listTunable(open: OpenOpenai, nowMs: number, signal?: AbortSignal): Promise<readonly TunableBase[]> {
  return basesOf(open, await listModels(open, signal), nowMs)
}

async function listModels(open: OpenOpenai, signal?: AbortSignal): Promise<readonly ListedModel[]> {
  return ask(open, 'listing the models', async (client, options) => {
    const page: unknown = await (await client.models.list(options).asResponse()).json()
    const parsed = z.object({ data: z.array(z.unknown()) }).safeParse(page)
    if (!parsed.success) throw new SyntaxError('the service answered something that is not a list')
    return parsed.data.data.flatMap((value) => ListedModel.safeParse(value).data ?? [])
  }, signal === undefined ? {} : { signal })
}

const mostBases = 200

function basesOf({ config }: OpenOpenai, models: readonly ListedModel[] | null, nowMs: number): readonly TunableBase[] {
  const listed = (models ?? []).filter(({ id }) => !id.startsWith('ft:') && !id.includes('.ft-'))
  const endOf = (model: ListedModel | undefined, name: string): string | null => model?.shutdown_date ?? azureEnd(model) ?? (config.preset === 'azure' ? null : (knownBase(name)?.openaiEnd ?? null))
  const told = listed.filter(({ capabilities }) => capabilities?.fine_tune === true)
  const named = (name: string) => listed.find(({ id }) => id === name)
  const names = ((): readonly string[] => {
    if (told.length > 0) return told.map(({ id }) => id)
    if (config.preset === 'azure') return azureBases.map(({ name }) => name)
    if (config.preset === 'openai') return openaiBases.map(({ name }) => name)
    return listed.map(({ id }) => id)
  })()
  return [...new Set(names)].slice(0, mostBases).map((name) => tunableBase(name, endOf(named(name), name), nowMs, noteOf(config.preset, name, models, named(name))))
}

function azureEnd(model: ListedModel | undefined): string | null {
  const seconds = model?.deprecation?.fine_tune
  return seconds === undefined || !(seconds > 0) || seconds > 4e9 ? null : new Date(seconds * 1000).toISOString().slice(0, 10)
}

function noteOf(preset: OpenOpenai['config']['preset'], name: string, models: readonly ListedModel[] | null, listed: ListedModel | undefined): string | null {
  if (preset === 'azure' && knownBase(name)?.globalOnly === true) return 'Trained as "globalStandard" only.'
  if (preset === 'openai' && models !== null && listed === undefined) return `Not in this account's list; from the table of ${basesAsOf}.`
  return null
}

function addressItems({ config }: OpenOpenai): readonly CheckItem[] {
  const { protocol, hostname } = new URL(config.baseUrl)
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
  return protocol === 'http:' && !isHere ? [item('address', 'Address', 'warning', 'Key and data would travel unencrypted.', 'Use an address with https.')] : []
}

function refusalItems({ config }: OpenOpenai, error: CloudError): readonly CheckItem[] {
  const { fault } = error
  const { evidence, kind } = fault.cause
  const host = new URL(config.baseUrl).host
  if (fault.kind === 'retry') return [item('reach', 'Service', 'missing', `${host} does not answer: ${evidence}`, 'Check the address and the network, then check again.')]
  const reached = item('reach', 'Service', 'ok', `${host} answers.`)
  if (fault.kind === 'login') return [reached, item('key', 'Key', 'missing', `The service refuses the key: ${evidence}`, 'Enter the key again, or a new one.')]
  if (kind === 'access-denied') return [reached, item('key', 'Key', 'warning', `The key may not list the models: ${evidence}`, 'Give it the right to list models, or choose the base by its name.')]
  if (isMissing(error)) return [item('reach', 'Service', 'missing', `${host} answers, but has no list of models under this address.`, 'The base address goes up to and with /v1.')]
  return [reached, item('key', 'Key', 'not-known', evidence, null)]
}

async function tuningItem(open: OpenOpenai, signal?: AbortSignal): Promise<CheckItem> {
  const label = 'Fine-tuning'
  try {
    await ask(open, 'listing the jobs', async (client, options) => void (await client.fineTuning.jobs.list({ limit: 1 }, options)), signal === undefined ? {} : { signal })
    return item('tuning', label, 'ok', 'The service lists its fine-tuning jobs.')
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    if (isMissing(error)) return item('tuning', label, 'missing', 'The service knows no fine-tuning jobs under this address.', 'Choose a service that speaks OpenAI\'s fine-tuning protocol, or tune on SageMaker or here.')
    if (error.fault.cause.kind === 'access-denied') return item('tuning', label, 'missing', `The key may not fine-tune: ${error.fault.cause.evidence}`, 'Give the key, or its project, the right to fine-tune and to read and write files.')
    return item('tuning', label, 'not-known', error.fault.cause.evidence)
  }
}

function basesItem(bases: readonly TunableBase[]): CheckItem {
  const alive = bases.filter(({ state }) => state !== 'gone')
  const soon = alive.filter(({ state }) => state === 'ends-soon')
  if (bases.length === 0) return item('bases', 'Bases', 'not-known', 'The service names no base that can be tuned.', 'Enter the base by its name.')
  if (alive.length === 0) return item('bases', 'Bases', 'missing', 'Every base that could be tuned has been shut down.', 'Tune an open model on SageMaker or on this machine.')
  if (soon.length === 0) return item('bases', 'Bases', 'ok', `${alive.length} can be tuned.`)
  const first = soon.map(({ shutdownDate }) => shutdownDate ?? '').sort()[0] ?? ''
  return item('bases', 'Bases', 'warning', `${alive.length} can be tuned; ${soon.length} of them ${soon.length === 1 ? 'ends' : 'end'} soon, ${soon.length === 1 ? '' : 'the first '}on ${first}.`, 'What is tuned from them ends on the same day. Choose one that stays, where there is one.')
}

function presetItems({ config }: OpenOpenai, nowMs: number): readonly CheckItem[] {
  if (config.preset === 'azure') {
    const detail = 'A tuned model answers only after it was deployed, in the portal or with `az cognitiveservices account deployment create`. A deployment is billed by the hour.'
    return [item('azure-deployment', 'Deployment', 'warning', detail, 'After training, deploy the tuned model and enter the deployment\'s name on the model\'s page; comparisons ask by that name.')]
  }
  if (config.preset !== 'openai') return []
  const over = (day: string) => nowMs >= Date.parse(`${day}T00:00:00Z`)
  const { noNewJobs, shutDown } = selfServeEnds
  if (over(noNewJobs)) {
    return [item('self-serve-end', 'End of fine-tuning', 'missing', `OpenAI makes no new fine-tuning jobs since ${noNewJobs}${over(shutDown) ? `; tuned models answer no more since ${shutDown}` : ''}.`, 'Use Azure, SageMaker or this machine.')]
  }
  const days = Math.ceil((Date.parse(`${noNewJobs}T00:00:00Z`) - nowMs) / dayMs)
  return [item('self-serve-end', 'End of fine-tuning', 'warning', `OpenAI ends self-serve fine-tuning: no new jobs from ${noNewJobs} (in ${days} days), and on ${shutDown} the last bases and all models tuned from them shut down.`, 'For a model that stays, use Azure, SageMaker or this machine.')]
}
