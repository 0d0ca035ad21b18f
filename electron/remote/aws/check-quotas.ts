import type { ServiceQuota } from '@aws-sdk/client-service-quotas'
import type { CheckItem, ConnectionCheck } from '../../shared/connection'
import type { OpenAws } from '../connection'
import { CloudError } from '../gateway'
import { itemOfFault, missing, notKnown, ok, warning } from './check-item'
import type { ItemName } from './check-item'
import { awsClients } from './clients'

/** `spot` null: both quotas are looked at, and one of them is enough. */
export interface CheckWish {
  readonly instanceType: string | null
  readonly spot: boolean | null
}
export type Quotas = ConnectionCheck['quotas']
type Kind = 'training' | 'spot'

const names: Readonly<Record<Kind, ItemName>> = {
  training: { id: 'quota-training', label: 'Quota for training' },
  spot: { id: 'quota-spot', label: 'Quota for spot training' },
}
/** SageMaker has some 2,000 quotas, 100 a page; a list that goes on and on is cut. */
const maxPages = 60

/** How many instances of a type the account may start for training and, by a quota of its own, for spot training. */
export async function checkQuotas(open: OpenAws, { instanceType, spot }: CheckWish, signal: AbortSignal | undefined): Promise<{ readonly items: readonly CheckItem[]; readonly quotas: Quotas }> {
  let quotas: Quotas
  try {
    quotas = quotasOf(await listQuotas(open, 'applied', signal))
    const known = instanceType === null ? undefined : quotas[instanceType]
    // A quota that nobody ever changed is listed among the defaults only.
    if (instanceType !== null && (known === undefined || known.training === null || known.spot === null)) quotas = merge(await defaultQuotas(open, signal), quotas)
  } catch (error) {
    return { items: [itemOfFault(names.training, error, 'not-known'), itemOfFault(names.spot, error, 'not-known')], quotas: {} }
  }
  if (instanceType === null) {
    const usable = Object.entries(quotas).filter(([, { training, spot: ofSpot }]) => (training ?? 0) > 0 || (ofSpot ?? 0) > 0).map(([type]) => type)
    const listed = usable.slice(0, 6).join(', ')
    return {
      quotas,
      items: [usable.length > 0
        ? ok(names.training, `${listed}${usable.length > 6 ? ` and ${usable.length - 6} more types` : ''} may be started.`)
        : warning(names.training, { detail: 'No quota above 0 is listed for any instance type.', fix: 'Choose an instance type on the Train page and check again; ask for a quota under Service Quotas, Amazon SageMaker.' })],
    }
  }
  const { training, spot: ofSpot } = quotas[instanceType] ?? { training: null, spot: null }
  const needed = (kind: Kind): boolean => (spot === null ? (training ?? 1) <= 0 && (ofSpot ?? 1) <= 0 : spot === (kind === 'spot'))
  return { quotas, items: [quotaItem('training', instanceType, open.config.region, training, needed('training')), quotaItem('spot', instanceType, open.config.region, ofSpot, needed('spot'))] }
}

function quotaItem(kind: Kind, instanceType: string, region: string, value: number | null, needed: boolean): CheckItem {
  const quota = quotaName(instanceType, kind)
  if (value === null) return notKnown(names[kind], { detail: `The quota "${quota}" is not listed.`, fix: 'Nothing; a start says whether it is there.' })
  if (value > 0) return ok(names[kind], `${value} x ${instanceType} in ${region}`)
  const words = { detail: `"${quota}" is 0 in ${region}.`, fix: `Ask AWS for more: Service Quotas, Amazon SageMaker, "${quota}", in ${region}. It may take a day; another instance type may have some.` }
  return needed ? missing(names[kind], words) : warning(names[kind], words)
}

/** As AWS names it, in its messages too. */
export const quotaName = (instanceType: string, kind: Kind): string => `${instanceType} for ${kind === 'spot' ? 'spot ' : ''}training job usage`

const quotaPattern = /^(ml\.[a-z0-9.-]+) for (spot )?training job usage$/

function quotasOf(listed: readonly ServiceQuota[]): Quotas {
  const quotas: Record<string, { training: number | null; spot: number | null }> = {}
  for (const { QuotaName: name, Value: value } of listed) {
    const [, type, spot] = quotaPattern.exec(name ?? '') ?? []
    if (type === undefined || value === undefined) continue
    const known = (quotas[type] ??= { training: null, spot: null })
    known[spot === undefined ? 'training' : 'spot'] = value
  }
  return quotas
}

/** Nothing where they may not be read: what applies is known all the same. */
async function defaultQuotas(open: OpenAws, signal: AbortSignal | undefined): Promise<Quotas> {
  try {
    return quotasOf(await listQuotas(open, 'default', signal))
  } catch (error) {
    if (error instanceof CloudError) return {}
    throw error
  }
}

/** What applies goes before what is the default. */
function merge(defaults: Quotas, applied: Quotas): Quotas {
  const types = [...new Set([...Object.keys(defaults), ...Object.keys(applied)])]
  return Object.fromEntries(types.map((type) => [type, { training: applied[type]?.training ?? defaults[type]?.training ?? null, spot: applied[type]?.spot ?? defaults[type]?.spot ?? null }]))
}

async function listQuotas(open: OpenAws, which: 'applied' | 'default', signal: AbortSignal | undefined): Promise<readonly ServiceQuota[]> {
  const all: ServiceQuota[] = []
  let token: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await open.gateway.call('asking for quotas', async (attempt) => {
      const [{ ListServiceQuotasCommand, ListAWSDefaultServiceQuotasCommand }, client] = await Promise.all([import('@aws-sdk/client-service-quotas'), awsClients(open).quotas()])
      const input = { ServiceCode: 'sagemaker', MaxResults: 100, ...(token === undefined ? {} : { NextToken: token }) }
      return which === 'applied'
        ? client.send(new ListServiceQuotasCommand(input), { abortSignal: attempt })
        : client.send(new ListAWSDefaultServiceQuotasCommand(input), { abortSignal: attempt })
    }, signal === undefined ? {} : { signal })
    all.push(...(answer.Quotas ?? []))
    token = answer.NextToken
    if (token === undefined || token === '') break
  }
  return all
}
