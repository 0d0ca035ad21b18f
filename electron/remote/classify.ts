import { awsCallCause, openaiCallCause, retryAfterMs } from '../parsing/cloud-cause'
import { messageOf } from '../shared/app-error'
import { withoutValues } from '../shared/redact'
import type { CloudFacts } from '../parsing/cloud-cause'
import type { FailureCause } from '../shared/job-state'
import type { CallFault } from './gateway'

/** Errors wrap each other: a failed fetch says `fetch failed`, and only what caused it says why. */
const deepest = 5

/** What an AWS SDK threw, as a fault. `profile` is the connection's, for the command that brings a login back. */
export function classifyAws(error: unknown, profile: string | null, nowMs = Date.now()): CallFault {
  const chain = chainOf(error)
  const cause = awsCallCause(factsOf(chain))
  // The SDK has set its clock by the answer: the same request will be signed with the right time.
  if (cause.kind === 'clock-skew') return recordOf(read(chain[0], '$metadata'))['clockSkewCorrected'] === true ? again(cause, false, null) : { kind: 'final', cause }
  if (cause.kind === 'login-expired') return { kind: 'login', command: loginCommand(cause, profile), cause }
  if (cause.details['status'] === 409 && /OperationAborted|ConditionalRequestConflict/.test(cause.evidence)) return again(cause, false, null)
  return faultOf(cause, retryAfterMs(headersOf(chain), nowMs))
}

/** What the openai package threw, as a fault. `key` is taken out of what the service says: some repeat it. */
export function classifyOpenai(error: unknown, key = '', nowMs = Date.now()): CallFault {
  const chain = chainOf(error)
  const cause = openaiCallCause(withoutValues({ ...factsOf(chain), param: textOf(read(chain[0], 'param')) }, [key]))
  const headers = headersOf(chain)
  if (cause.kind === 'login-expired') return { kind: 'login', command: null, cause }
  if (headers['x-should-retry'] === 'false') return { kind: 'final', cause }
  if (cause.details['status'] === 409 && cause.kind === 'unknown') return again(cause, false, retryAfterMs(headers, nowMs))
  return faultOf(cause, retryAfterMs(headers, nowMs))
}

function faultOf(cause: FailureCause, waitMs: number | null): CallFault {
  if (cause.kind === 'rate-limit') return again(cause, true, waitMs)
  if (cause.kind === 'unreachable' && cause.details['again'] !== 'no') return again(cause, false, waitMs)
  return { kind: 'final', cause }
}

function again(cause: FailureCause, throttled: boolean, waitMs: number | null): CallFault {
  return { kind: 'retry', throttled, retryAfterMs: waitMs, cause }
}

/** The command that brings the login back. It is made here and never taken from an answer: a user will type it. */
function loginCommand({ evidence }: FailureCause, profile: string | null): string {
  const wanted = profile === null ? '' : ` --profile ${/^[\w.@+-]+$/.test(profile) ? profile : JSON.stringify(profile)}`
  if (/\baws login\b/.test(evidence)) return `aws login${wanted}`
  if (/Could not (?:load|resolve) credentials/.test(evidence)) return `aws configure sso${wanted}`
  if (/InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure/.test(evidence)) return `aws configure${wanted}`
  return `aws sso login${wanted}`
}

function chainOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = []
  for (let link = error; link !== undefined && link !== null && chain.length < deepest; link = read(link, 'cause') ?? firstError(link)) chain.push(link)
  return chain
}

/** Node tries several addresses of one name and throws what each said. */
function firstError(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : undefined
}

function factsOf(chain: readonly unknown[]): CloudFacts {
  const codes = chain.flatMap((link) => {
    const name = textOf(read(link, 'name'))
    const own = [textOf(read(link, 'code')), textOf(read(link, 'Code')), name, textOf(read(link, 'type'))].filter((code) => code !== null && code !== 'Error' && code !== '')
    return own as string[]
  })
  const messages = chain.map((link) => messageOf(link)).filter((message) => message !== '')
  const [first] = chain
  const status = [read(first, 'status'), read(read(first, '$metadata'), 'httpStatusCode'), read(read(first, '$response'), 'statusCode')].find((value) => typeof value === 'number')
  return { codes: [...new Set(codes)], status: typeof status === 'number' ? status : null, message: [...new Set(messages)].join(': '), action: textOf(read(first, 'action')) }
}

function headersOf(chain: readonly unknown[]): Readonly<Record<string, string>> {
  const [error] = chain
  const headers = read(error, 'headers') ?? read(read(error, '$response'), 'headers')
  const entries = headers instanceof Headers ? [...headers] : Object.entries(recordOf(headers))
  return Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name.toLowerCase(), value]] : [])))
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function read(value: unknown, name: string): unknown {
  return recordOf(value)[name]
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
