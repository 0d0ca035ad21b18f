import type { ContextEntry } from '@aws-sdk/client-iam'
import type { CheckItem } from '../../shared/connection'
import type { OpenAws } from '../connection'
import { itemOfFault, missing, notKnown, ok } from './check-item'
import { awsClients } from './clients'
import { neededActions, passedTo, resourcesOf } from './policy'
import type { PolicyTarget } from './policy'

const passRoleName = { id: 'pass-role', label: 'iam:PassRole' }
const actionsName = { id: 'permissions', label: 'Permissions' }
/** A simulation answers all of its actions in one page or a few. */
const maxPages = 10

export interface CallerIdentity {
  readonly account: string
  readonly arn: string
}

interface Refused {
  readonly action: string
  readonly resource: string
  readonly explicit: boolean
}

/** What this login may do of all that a job needs, by IAM's own simulation. A login that may not simulate gives "not known". */
export async function checkPermissions(open: OpenAws, identity: CallerIdentity, signal: AbortSignal | undefined): Promise<readonly CheckItem[]> {
  try {
    const principal = await principalOf(open, identity.arn, signal)
    if (principal === null) {
      const detail = `IAM can't simulate for ${identity.arn}.`
      return [passRoleName, actionsName].map((name) => notKnown(name, { detail, fix: 'Nothing, if you know that it may run training jobs.' }))
    }
    const targets = [...new Set(neededActions.filter(({ need }) => need === 'run').map(({ target }) => target))]
    const refused = (await Promise.all(targets.map((target) => simulate(open, principal, target, signal)))).flat()
    const passRole = refused.find(({ action }) => action === 'iam:PassRole')
    const others = refused.filter((one) => one !== passRole)
    return [
      passRole === undefined
        ? ok(passRoleName, `${principal} may pass the role to SageMaker.`)
        : missing(passRoleName, { detail: sentenceOf([passRole]), fix: `Allow iam:PassRole on ${open.config.roleArn} for ${principal}, with ${passedTo} as the service; docs/cloud.md has the statement.` }),
      others.length === 0
        ? ok(actionsName, `${principal} may do all that a job needs.`)
        : missing(actionsName, { detail: sentenceOf(others), fix: `Allow ${others.map(({ action }) => action).join(', ')} for ${principal}; docs/cloud.md has the least policy. A denial that is written out must be taken away by whoever wrote it.` }),
    ]
  } catch (error) {
    return [itemOfFault(passRoleName, error, 'not-known'), itemOfFault(actionsName, error, 'not-known')]
  }
}

const sentenceOf = (refused: readonly Refused[]): string =>
  `Not allowed: ${refused.map(({ action, resource, explicit }) => `${action} on ${resource}${explicit ? ' (denied by a policy)' : ''}`).join('; ')}.`

async function simulate(open: OpenAws, principal: string, target: PolicyTarget, signal: AbortSignal | undefined): Promise<readonly Refused[]> {
  const resources = resourcesOf(open.config, target)
  const actions = neededActions.filter((needed) => needed.need === 'run' && needed.target === target).map(({ action }) => action)
  if (resources.length === 0) return []
  const refused: Refused[] = []
  let marker: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await open.gateway.call('asking IAM what this login may do', async (attempt) => {
      const [{ SimulatePrincipalPolicyCommand }, client] = await Promise.all([import('@aws-sdk/client-iam'), awsClients(open).iam()])
      return client.send(new SimulatePrincipalPolicyCommand({
        PolicySourceArn: principal, ActionNames: [...actions], ResourceArns: [...resources], ...contextOf(open, target), ...(marker === undefined ? {} : { Marker: marker }),
      }), { abortSignal: attempt })
    }, signal === undefined ? {} : { signal })
    for (const { EvalActionName: action, EvalResourceName: resource, EvalDecision: decision } of answer.EvaluationResults ?? []) {
      if (decision !== 'allowed') refused.push({ action: action ?? '', resource: resource ?? '*', explicit: decision === 'explicitDeny' })
    }
    marker = answer.IsTruncated === true ? answer.Marker : undefined
    if (marker === undefined) break
  }
  return refused
}

/** What the conditions of a policy may look at: where the role goes, and which part of the bucket is listed. */
function contextOf({ config }: OpenAws, target: PolicyTarget): { ContextEntries?: ContextEntry[] } {
  const text = (key: string, value: string) => ({ ContextEntries: [{ ContextKeyName: key, ContextKeyType: 'string' as const, ContextKeyValues: [value] }] })
  if (target === 'role') return text('iam:PassedToService', passedTo)
  return target === 'bucket' && config.prefix !== '' ? text('s3:prefix', config.prefix) : {}
}

/** A session is not what IAM knows: the role behind it is, with its path, which only IAM tells. Null for root and federated users. */
async function principalOf(open: OpenAws, arn: string, signal: AbortSignal | undefined): Promise<string | null> {
  const role = /^arn:[^:]+:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1]
  if (role === undefined) return /^arn:[^:]+:iam::\d+:user\//.test(arn) ? arn : null
  const { Role: found } = await open.gateway.call('looking at the role of this login', async (attempt) => {
    const [{ GetRoleCommand }, client] = await Promise.all([import('@aws-sdk/client-iam'), awsClients(open).iam()])
    return client.send(new GetRoleCommand({ RoleName: role }), { abortSignal: attempt })
  }, signal === undefined ? {} : { signal })
  return found?.Arn ?? null
}
