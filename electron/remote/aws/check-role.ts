import type { CheckItem } from '../../shared/connection'
import { hasFaultCode } from '../gateway'
import type { OpenAws } from '../connection'
import { itemOfFault, missing, ok } from './check-item'
import { awsClients } from './clients'
import { partsOfRole, passedTo } from './policy'

const name = { id: 'role', label: 'Execution role' }

/** Whether the role exists, and lets SageMaker take it. */
export async function checkRole(open: OpenAws, signal: AbortSignal | undefined): Promise<readonly CheckItem[]> {
  const { roleArn } = open.config
  try {
    const { Role: role } = await open.gateway.call('looking at the role', async (attempt) => {
      const [{ GetRoleCommand }, client] = await Promise.all([import('@aws-sdk/client-iam'), awsClients(open).iam()])
      return client.send(new GetRoleCommand({ RoleName: partsOfRole(roleArn).name }), { abortSignal: attempt })
    }, signal === undefined ? {} : { signal })
    if (role?.Arn !== roleArn) return [missing(name, { detail: `The role is ${role?.Arn ?? 'another one'}, not ${roleArn}.`, fix: 'Copy the whole ARN of the role, its path included, from the IAM console.' })]
    if (!trusts(role.AssumeRolePolicyDocument)) return [missing(name, { detail: `${roleArn} does not trust ${passedTo}.`, fix: `Let ${passedTo} assume the role: add it to the role's trust policy with sts:AssumeRole.` })]
    return [ok(name, roleArn)]
  } catch (error) {
    if (hasFaultCode(error, 'NoSuchEntityException') || hasFaultCode(error, 'NoSuchEntity')) {
      return [missing(name, { detail: `There is no role ${roleArn}.`, fix: 'Make an execution role for SageMaker, or correct its ARN. docs/cloud.md has the policy that it needs.' })]
    }
    return [itemOfFault(name, error, 'not-known')]
  }
}

/** Whether a statement of the trust policy, which comes with percent signs, lets SageMaker assume the role. */
function trusts(document: string | undefined): boolean {
  let policy: unknown
  try {
    policy = JSON.parse(decodeURIComponent(document ?? ''))
  } catch {
    return false
  }
  return listOf(read(policy, 'Statement')).some((statement) => {
    const services = listOf(read(read(statement, 'Principal'), 'Service'))
    const actions = listOf(read(statement, 'Action'))
    return read(statement, 'Effect') === 'Allow' && services.includes(passedTo) && actions.some((action) => action === 'sts:AssumeRole' || action === 'sts:*' || action === '*')
  })
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value])
const read = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined)
