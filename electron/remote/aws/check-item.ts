import type { CheckItem } from '../../shared/connection'
import { CloudError } from '../gateway'

export interface ItemName {
  readonly id: string
  readonly label: string
}
type Words = Pick<CheckItem, 'detail'> & { readonly fix: string; readonly command?: string | null }

export const ok = (name: ItemName, detail: string): CheckItem => ({ ...name, state: 'ok', detail, fix: null, command: null })
export const missing = (name: ItemName, { detail, fix, command = null }: Words): CheckItem => ({ ...name, state: 'missing', detail, fix, command })
export const warning = (name: ItemName, { detail, fix, command = null }: Words): CheckItem => ({ ...name, state: 'warning', detail, fix, command })
export const notKnown = (name: ItemName, { detail, fix, command = null }: Words): CheckItem => ({ ...name, state: 'not-known', detail, fix, command })

/** The action that a refusal names, or that the call needed. */
export function deniedAction(error: CloudError): string | null {
  const { action } = error.fault.cause.details
  return typeof action === 'string' ? action : null
}

/**
 * What a failed look says. A login that ran out and a clock that is wrong are named whatever was asked; a refusal and what can't be understood
 * are `not-known` where only the check asks, and so is a place that did not answer. Anything that is no CloudError is thrown on.
 */
export function itemOfFault(name: ItemName, error: unknown, denied: 'missing' | 'not-known'): CheckItem {
  if (!(error instanceof CloudError)) throw error
  const { fault } = error
  const { evidence: detail, kind } = fault.cause
  if (fault.kind === 'login') {
    return { ...name, state: 'login', detail, fix: fault.command === null ? 'Log in again, then check again.' : 'Type the command in a terminal, log in, then check again.', command: fault.command }
  }
  if (kind === 'clock-skew') return missing(name, { detail, fix: 'Set the clock of this computer: AWS refuses requests whose time is more than 5 minutes off.' })
  if (fault.kind === 'retry') return notKnown(name, { detail, fix: 'It did not answer. Check again later.' })
  if (kind === 'access-denied') {
    const action = deniedAction(error)
    const needed = action === null ? 'a permission that this login lacks' : action
    return denied === 'missing'
      ? missing(name, { detail, fix: `Allow ${needed} for this login; docs/cloud.md has the least policy.` })
      : notKnown(name, { detail: `The check needs ${needed}, which this login lacks.`, fix: `Nothing, if you know that it is there; else allow ${needed} for this login.` })
  }
  return denied === 'missing' ? missing(name, { detail, fix: 'Look at the settings of this connection.' }) : notKnown(name, { detail, fix: 'Nothing, if you know that it is right.' })
}
