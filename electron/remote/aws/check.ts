import type { AwsConnection, CheckItem, ConnectionCheck } from '../../shared/connection'
import { CloudError } from '../gateway'
import type { OpenAws } from '../connection'
import { checkBucket } from './check-bucket'
import { checkPermissions } from './check-permissions'
import type { CallerIdentity } from './check-permissions'
import { checkQuotas } from './check-quotas'
import type { CheckWish } from './check-quotas'
import { checkRole } from './check-role'
import { itemOfFault, missing, ok } from './check-item'
import { awsClients } from './clients'
import { partsOfRole } from './policy'

const identityName = { id: 'identity', label: 'Login' }

/**
 * Asks AWS what is missing before a job can run: login, role, PassRole and actions, bucket, quotas. Writes one small object under the prefix
 * and deletes it. Throws CloudError where AWS does not answer at all; a login that ran out is an item, with the command that brings it back.
 */
export async function checkAws(open: OpenAws, wish: CheckWish, signal?: AbortSignal): Promise<Omit<ConnectionCheck, 'atMs'>> {
  const identity = await identityOf(open, signal)
  if ('state' in identity) return { items: [identity], bases: [], quotas: {} }
  const [role, permissions, bucket, { items: quotaItems, quotas }] = await Promise.all([
    checkRole(open, signal), checkPermissions(open, identity, signal), checkBucket(open, signal), checkQuotas(open, wish, signal),
  ])
  return { items: [identityItem(open.config, identity), ...role, ...permissions, ...bucket, ...quotaItems], bases: [], quotas }
}

async function identityOf(open: OpenAws, signal: AbortSignal | undefined): Promise<CallerIdentity | CheckItem> {
  try {
    const answer = await open.gateway.call('asking AWS who this login is', async (attempt) => {
      const [{ GetCallerIdentityCommand }, client] = await Promise.all([import('@aws-sdk/client-sts'), awsClients(open).sts()])
      return client.send(new GetCallerIdentityCommand({}), { abortSignal: attempt })
    }, signal === undefined ? {} : { signal })
    return { account: answer.Account ?? '', arn: answer.Arn ?? '' }
  } catch (error) {
    // Nothing else can be asked either, so there is no check to speak of.
    if (error instanceof CloudError && error.fault.kind === 'retry') throw error
    return itemOfFault(identityName, error, 'missing')
  }
}

function identityItem({ roleArn }: AwsConnection, { account, arn }: CallerIdentity): CheckItem {
  const { account: ofRole } = partsOfRole(roleArn)
  if (ofRole === account) return ok(identityName, `Account ${account}, ${arn}`)
  return missing(identityName, {
    detail: `The login is of account ${account} (${arn}), the role of account ${ofRole}.`,
    fix: 'Choose the profile of the account that the role belongs to, or a role of this account. SageMaker takes no role of another account.',
  })
}
