import { fromText } from './failure-cause'
import type { FailureCause, FailureCauseKind } from '../shared/job-state'

/** What a failed call to a place shows, whichever SDK threw it. */
export interface CloudFacts {
  /** Names and codes of the error and of what caused it, the outermost first. */
  readonly codes: readonly string[]
  readonly status: number | null
  readonly message: string
  /** The permission that the call needs, such as `s3:GetObject`; null: not known. The place's own word counts more. */
  readonly action: string | null
}

type Details = Record<string, string | number>
type Found = { readonly kind: FailureCauseKind; readonly details?: Details }
type Rule = (text: string) => Found | null

const MAX_EVIDENCE = 2_000

/** Names of AWS errors that mean one thing whatever their message says. */
const awsCodes: Readonly<Record<string, FailureCauseKind>> = {
  ...named('rate-limit', 'Throttling ThrottlingException ThrottledException TooManyRequestsException TooManyRequests RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown ProvisionedThroughputExceededException BandwidthLimitExceeded EC2ThrottledException PriorRequestNotComplete'),
  ...named('login-expired', 'ExpiredToken ExpiredTokenException CredentialsProviderError TokenProviderError TokenRefreshRequired UnrecognizedClientException InvalidClientTokenId InvalidAccessKeyId InvalidToken AuthFailure MissingAuthenticationToken MissingAuthenticationTokenException UnauthorizedException'),
  ...named('clock-skew', 'RequestTimeTooSkewed RequestExpired RequestInTheFuture'),
  ...named('quota', 'ResourceLimitExceeded ServiceQuotaExceededException LimitExceededException TooManyBuckets'),
  ...named('capacity', 'CapacityError InsufficientCapacityException InsufficientCapacityError'),
  ...named('bucket', 'NoSuchBucket InvalidBucketName PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException InvalidBucketState'),
  ...named('insufficient-funds', 'SubscriptionRequiredException OptInRequired'),
  ...named('unreachable', 'InternalError InternalFailure InternalServerError InternalServerException InternalServiceError ServiceUnavailable ServiceUnavailableException ServiceException RequestTimeout RequestTimeoutException IncompleteBody BadDigest XAmzContentChecksumMismatch XAmzContentSHA256Mismatch'),
}
const accessCodes = new Set(['AccessDenied', 'AccessDeniedException', 'AllAccessDisabled', 'AuthorizationError', 'AuthorizationErrorException', 'UnauthorizedOperation', 'NotAuthorized', 'Forbidden', 'KMS.AccessDeniedException'])

const lineCut = /^(?:ECONN(?:RESET|ABORTED)|EPIPE|ETIMEDOUT|ERR_STREAM_PREMATURE_CLOSE|TimeoutError|ConnectionError|NetworkingError|APIConnection\w*|UND_ERR_(?!CONNECT_TIMEOUT|INVALID|NOT_SUPPORTED)\w+|HPE_\w+|ERR_SSL_\w+)$/
const neverSent = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|ENETDOWN|EHOSTUNREACH|EHOSTDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/
/** A certificate that nobody trusts stays so: nothing is sent, and asking again is no use. */
const untrusted = /^(?:CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+|ERR_TLS_\w+)$/
const brokenBody = /Deserialization error|XML parse error|Unexpected (?:token|end of)|is not valid JSON|JSON\.parse|Checksum mismatch|Invalid RFC-?\d+ date|Expected a? ?(?:real|map|string|number)/
const cutText = /socket hang up|other side closed|fetch failed|Premature close|network (?:error|timeout)|^terminated$|\baborted$|Connection error/

/** The named cause of a failed AWS call. `details`: code, status, and what the message tells, such as `action`. */
export function awsCallCause(facts: CloudFacts): FailureCause {
  const { codes, status, message } = facts
  const text = `${codes[0] ?? ''}: ${message}`
  const code = codes.find((name) => awsCodes[name] !== undefined)
  // A login that could not be looked up for want of a line is not a login that ran out.
  if (codes.includes('CredentialsProviderError') && /\b(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/.test(message)) return made('unreachable', text, facts, { sent: 'no' })
  if (isAboutTime(codes, message)) return made('clock-skew', text, facts, { sent: 'no' })
  if (codes.includes('SignatureDoesNotMatch') || /[Tt]oken (?:is|has) expired|security token included in the request is (?:expired|invalid)/.test(message)) return made('login-expired', text, facts)
  if (code !== undefined && awsCodes[code] !== 'quota') return made(awsCodes[code] ?? 'unknown', text, facts)
  const network = networkCause(facts)
  if (network !== null) return network
  const found = placeRule(text) ?? (accessCodes.has(codes[0] ?? '') || status === 403 ? accessDenied(text, facts.action) : null)
  if (found !== null) return made(found.kind, text, facts, found.details)
  if (code !== undefined) return made(awsCodes[code] ?? 'unknown', text, facts)
  return made(kindOfStatus(status) ?? 'unknown', text, facts)
}

function isAboutTime(codes: readonly string[], message: string): boolean {
  if (codes.some((name) => awsCodes[name] === 'clock-skew')) return true
  return /Signature expired|Signature not yet current|is now (?:earlier|later) than|difference between the request time and the (?:current|server)/.test(message)
}

/** The named cause of a failed call to an OpenAI-protocol service; `details` as with AWS, and the parameter where one is named. */
export function openaiCallCause(facts: CloudFacts & { readonly param: string | null }): FailureCause {
  const { codes, status, message, param } = facts
  const text = `${codes.find((name) => !name.endsWith('Error')) ?? codes[0] ?? ''}: ${message}`
  const network = status === null || status >= 500 ? networkCause(facts) : null
  if (network !== null) return network
  const found = serviceRule(codes, message, param)
  if (found !== null) return made(found.kind, text, facts, found.details)
  if (status === 401) return made('login-expired', text, facts)
  if (status === 402) return made('insufficient-funds', text, facts)
  if (status === 403) return made('access-denied', text, facts, facts.action === null ? {} : { action: facts.action })
  return made(networkCause(facts)?.kind ?? kindOfStatus(status) ?? 'unknown', text, facts, param === null ? {} : { param })
}

/** Why a fine-tuning job of an OpenAI-protocol service failed, from its `error`. */
export function openaiFailureCause({ code, message, param }: { readonly code: string; readonly message: string; readonly param: string | null }): FailureCause {
  const facts: CloudFacts = { codes: [code], status: null, message, action: null }
  const found = serviceRule([code], message, param)
  const kind = found?.kind ?? (param === 'training_file' || param === 'validation_file' ? 'bad-data' : 'unknown')
  return made(kind, `${code}: ${message}`, facts, { ...(param === null ? {} : { param }), ...found?.details })
}

/**
 * Why a training job of SageMaker failed, from its FailureReason and last secondary status. What the script itself said (`AlgorithmError`,
 * from the toolkit's ErrorMessage) is named like a local run's end.
 */
export function sagemakerFailureCause(failureReason: string, secondaryStatus: string): FailureCause {
  const text = failureReason.trim()
  const facts: CloudFacts = { codes: [/^(\w+(?:Error|Exception))\b/.exec(text)?.[1] ?? secondaryStatus], status: null, message: text, action: null }
  const limit = secondaryStatus === 'MaxRuntimeExceeded' ? 'run' : secondaryStatus === 'MaxWaitTimeExceeded' ? 'wait' : null
  if (limit !== null || /exceeded (?:the )?(?:max(?:imum)?|allotted) ?(?:run ?time|wait)/i.test(text)) return made('time-limit', text === '' ? secondaryStatus : text, facts, { limit: limit ?? 'run' })
  if (text.startsWith('AlgorithmError')) return scriptCause(text, facts)
  if (/Insufficient disk space|No space left on device/i.test(text)) return made('disk-full', text, facts)
  const found = placeRule(text) ?? (/Access ?Denied|Forbidden|\(403\)|do(?:es)? not have permission/i.test(text) ? accessDenied(text, transferAction(text)) : null)
  return made(found?.kind ?? 'unknown', text === '' ? `The job ended as ${secondaryStatus} without a reason.` : text, facts, found?.details)
}

function scriptCause(reason: string, facts: CloudFacts): FailureCause {
  // The toolkit puts the last lines of the script into ErrorMessage "...", with line breaks as they were or escaped.
  const script = reason.replace(/\\n/g, '\n').replace(/^(.*)ErrorMessage "/gm, '$1\n')
  const named = fromText(script)
  const exitCode = /[Ee]xit ?[Cc]ode:? "?(-?\d+)/.exec(reason)?.[1]
  const details: Details = { code: 'AlgorithmError', ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }) }
  if (named !== null) return { ...named, evidence: withoutSecrets(named.evidence), details: { ...named.details, ...details } }
  return made(exitCode === '137' || exitCode === '-9' ? 'killed' : 'unknown', reason, facts, details)
}

function transferAction(text: string): string | null {
  return /upload/i.test(text) ? 's3:PutObject' : /download|S3 ?(?:Uri|prefix|data)|s3:\/\//i.test(text) ? 's3:GetObject' : null
}

const quotaText = /service limit '([^']+)' is (\d+) \S+, with current utilization of (\d+) \S+ and a request delta of (\d+)/

const placeRules: readonly Rule[] = [
  (text) => {
    const [, name, limit, used, wanted] = quotaText.exec(text) ?? []
    return name === undefined ? null : { kind: 'quota', details: { quota: name, limit: Number(limit), used: Number(used), requested: Number(wanted) } }
  },
  says('quota', /ResourceLimitExceeded|ServiceQuotaExceeded/),
  says('capacity', /CapacityError|[Ii]nsufficient ?[Cc]apacity|Unable to provision requested ML compute capacity/),
  // Before the role: a refused iam:PassRole names the role as well.
  (text) => (/not authorized to perform/.test(text) ? accessDenied(text, null) : null),
  says('role', /[Cc](?:ould not|annot) assume (?:the )?role|[Uu]nable to assume|trust (?:policy|relationship)|[Rr]ole (?:with name |arn:)?\S* ?(?:does not exist|cannot be found|is (?:not valid|invalid))|[Ii]nvalid (?:execution )?role|at 'roleArn' failed/),
  says('image', /CannotPullContainer|(?:[Cc]annot|[Ff]ailed to|[Uu]nable to|not) pull|[Ii]mage\S* .{0,200}(?:not found|does not exist|not exist|is not valid|invalid|cannot be)|make sure all images included|at 'algorithmSpecification\.trainingImage' failed|manifest unknown|[Ii]nvalid (?:training )?image|ECR (?:repository|image)/),
  says('bucket', /NoSuchBucket|bucket .{0,200}does not exist|NoSuchKey|No S3 objects found|S3 (?:bucket|URI|Uri|path|prefix|output path)\b.{0,200}(?:not exist|invalid|not found|different region|same region)|at '\w*[sS]3(?:Output)?(?:Uri|Path)\w*' failed/),
]

/** What AWS says in a message, of an API's error and of a FailureReason alike. */
function placeRule(text: string): Found | null {
  return firstOf(placeRules, text)
}

function accessDenied(text: string, known: string | null): Found {
  const action = /not authorized to perform:? ([a-z0-9-]+:[\w*]+)/i.exec(text)?.[1] ?? /\bno [\w-]+ policy allows the ([a-z0-9-]+:[\w*]+) action/i.exec(text)?.[1] ?? known
  const resource = /on resource: "?(\S+?)"?(?=[\s,]|\.?$)/.exec(text)?.[1]
  return { kind: 'access-denied', details: { ...(action === null ? {} : { action }), ...(resource === undefined ? {} : { resource: resource.slice(0, 500) }) } }
}

/** Codes of OpenAI's protocol, of calls and of failed jobs, that mean one thing whatever the message says. */
const openaiCodes: Readonly<Record<string, FailureCauseKind>> = {
  ...named('insufficient-funds', 'insufficient_quota billing_hard_limit_reached billing_hard_limit billing_not_active billing_limit_reached insufficient_funds credits_exhausted'),
  ...named('quota', 'active_limit_reached max_active_jobs_exceeded quota_exceeded storage_limit_exceeded QuotaExceeded InsufficientQuota'),
  ...named('rate-limit', 'rate_limit_exceeded daily_rate_limit_exceeded requests tokens too_many_requests TooManyRequests'),
  ...named('content-policy', 'content_policy_violation content_filter unsafe_file unsafe_training_file moderation_blocked ResponsibleAIPolicyViolation policy_violation'),
  ...named('unsupported-base', 'model_not_found model_not_available unsupported_model invalid_model model_deprecated model_not_supported DeploymentNotFound deployment_not_found'),
  ...named('access-denied', 'missing_scope insufficient_permissions unsupported_country_region_territory PermissionDenied ip_not_authorized'),
  ...named('login-expired', 'invalid_api_key expired_api_key account_deactivated invalid_issuer'),
}

const serviceRules: readonly Rule[] = [
  says('insufficient-funds', /exceeded your current quota|check your plan and billing|[Bb]illing hard limit|insufficient (?:funds|credit|balance)|payment (?:is )?required/i),
  says('content-policy', /content (?:policy|filter|management)|usage polic|moderation|unsafe|responsible ai|violates? .{0,60}polic|blocked by .{0,60}safety/i),
  (text) => {
    const have = /has (\d+) example/i.exec(text)?.[1]
    const need = /(?:at least|minimum of|more than) (\d+) (?:training )?(?:examples|lines|rows)/i.exec(text)?.[1]
    if (need === undefined && !/too few (?:training )?examples/i.test(text)) return null
    return { kind: 'too-few-examples', details: { ...(have === undefined ? {} : { have: Number(have) }), ...(need === undefined ? {} : { need: Number(need) }) } }
  },
  says('quota', /maximum number of (?:active|concurrent|queued|running) (?:fine-tun\w+ )?jobs|(?:active|concurrent) (?:fine-tun\w+ )?jobs? limit/i),
  says('unsupported-base', /(?:model|base) .{0,200}(?:does not exist|not (?:be |currently )?(?:available|supported|enabled|allowed|eligible)|cannot be fine-?tuned|deprecated|retired|has been shut ?down)|fine-?tuning .{0,100}(?:not (?:available|supported|enabled)|no longer|has been (?:disabled|deprecated)|winding down)/i),
  (text) => {
    const action = /[Mm]issing scopes?: ?\[?'?(\w+(?:\.\w+)*)/.exec(text)?.[1]
    return action === undefined && !/insufficient permissions|not have access to|must be a member/i.test(text) ? null : { kind: 'access-denied', details: action === undefined ? {} : { action } }
  },
]

const badFileCodes = /^invalid_(?:training_|validation_)?(?:file|jsonl|data|example)\w*$|^(?:bad_)?training_file_\w+$|^exceeded_\w*token\w*$|^invalid_n_examples$|^jsonlValidationFailed$/i
const badFileText = /(?:training|validation) (?:file|data)|JSONL|[Ii]nvalid file format|\b[Ll]ine \d+|\b[Ee]xample \d+/

function serviceRule(codes: readonly string[], message: string, param: string | null): Found | null {
  const code = codes.find((name) => openaiCodes[name] !== undefined)
  const found = firstOf(serviceRules, message)
  if (code !== undefined) return { kind: openaiCodes[code] ?? 'unknown', ...(found?.kind === openaiCodes[code] ? found : {}) }
  if (found !== null) return found
  const aboutFile = codes.some((name) => badFileCodes.test(name)) || ((param === 'training_file' || param === 'validation_file') && badFileText.test(message))
  if (!aboutFile) return null
  const line = /\b(?:line|row)s?:? #?(\d+)/i.exec(message)?.[1] ?? /\bexamples? #?(\d+)/i.exec(message)?.[1]
  return { kind: 'bad-data', details: { ...(line === undefined ? {} : { line: Number(line) }), ...(param === null ? {} : { param }) } }
}

/** Causes between here and the place. `details.sent` is `no` where the request cannot have arrived, `details.again` where asking again is no use. */
function networkCause(facts: CloudFacts): FailureCause | null {
  const { codes, message } = facts
  const text = `${codes.at(-1) ?? ''}: ${message}`
  if (codes.some((name) => untrusted.test(name))) return made('unreachable', text, facts, { sent: 'no', again: 'no' })
  if (codes.some((name) => neverSent.test(name)) || /did not establish a connection/.test(message)) return made('unreachable', text, facts, { sent: 'no' })
  const cut = codes.some((name) => lineCut.test(name)) || (facts.status === null && cutText.test(message))
  if (cut || codes.includes('SyntaxError') || brokenBody.test(message)) return made('unreachable', text, facts)
  return null
}

function kindOfStatus(status: number | null): FailureCauseKind | null {
  if (status === 429) return 'rate-limit'
  return status === 408 || (status !== null && status >= 500 && status !== 501 && status !== 505) ? 'unreachable' : null
}

/** How long a place asks to wait, in ms, from the headers of its answer (lower case); null where it does not say. RFC 9110, 10.2.3. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  for (const name of ['retry-after-ms', 'x-amz-retry-after']) {
    const ms = Number(headers[name] ?? NaN)
    if (ms >= 0) return Math.round(ms)
  }
  const text = headers['retry-after']?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  const atMs = /[a-z]{3}/i.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

const secrets = /\b(?:sk-[\w-]{8,}|hf_[A-Za-z0-9]{8,}|(?:AKIA|ASIA)[A-Z0-9]{12,})|\bBearer\s+\S+|(?<=(?:api-key|X-Amz-(?:Signature|Security-Token|Credential)|aws_(?:secret_access_key|session_token))["']?\s*[:=]\s*["']?)[^\s&"']+/gi

/** Text that a place sent, without what looks like a key. */
export function withoutSecrets(text: string): string {
  return text.replace(secrets, '***')
}

function made(kind: FailureCauseKind, text: string, { codes, status }: CloudFacts, details: Details = {}): FailureCause {
  const evidence = withoutSecrets(text.replace(/\s+Deserialization error: [^\n]*/, '').replace(/^: /, '').trim())
  return { kind, evidence: evidence.slice(0, MAX_EVIDENCE), details: { ...(codes[0] === undefined ? {} : { code: codes[0].slice(0, 100) }), ...(status === null ? {} : { status }), ...details } }
}

function says(kind: FailureCauseKind, pattern: RegExp): Rule {
  return (text) => (pattern.test(text) ? { kind } : null)
}

function firstOf(rules: readonly Rule[], text: string): Found | null {
  for (const rule of rules) {
    const found = rule(text)
    if (found !== null) return found
  }
  return null
}

function named(kind: FailureCauseKind, codes: string): Readonly<Record<string, FailureCauseKind>> {
  return Object.fromEntries(codes.split(' ').map((code) => [code, kind]))
}
