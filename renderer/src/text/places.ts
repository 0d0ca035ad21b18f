import type { JobSummary } from '../../../electron/shared/job'
import type { BreakerState, CheckItem, ConnectionCheck, ConnectionConfig, ConnectionSummary } from '../../../electron/shared/connection'
import { clock, counted } from './format'
import type { Tone } from './job-words'

/** True for a run that takes no device of this machine. */
export const runsElsewhere = (job: Pick<JobSummary, 'backend'>): boolean => job.backend === 'sagemaker' || job.backend === 'openai'

/** `ml.g5.2xlarge in us-east-1`; null for a local run, and before the place is known. */
export const placeOf = (job: JobSummary): string | null => (job.device?.kind === 'cloud' ? job.device.name : runsElsewhere(job) ? 'elsewhere' : null)

const presetWords = { azure: 'Azure or Foundry', openai: 'OpenAI', custom: 'OpenAI protocol' } as const

/** OpenAI's own dates; facts of the world, not of this app. */
export const openaiLastJobs = '2027-01-06'
export const openaiEnd = '2027-01-14'

/** What a place is, in a few words: `AWS, us-east-1, profile work`. */
export function describePlace(config: ConnectionConfig): string {
  if (config.kind === 'aws') return ['AWS', config.region, config.profile === null ? 'default credentials' : `profile ${config.profile}`].join(', ')
  return `${presetWords[config.preset]}, ${hostOf(config.baseUrl)}`
}

/** The host of an address, or the text where it is no address. */
export function hostOf(address: string): string {
  try {
    return new URL(address).host
  } catch (error) {
    if (error instanceof TypeError) return address
    throw error
  }
}

/** Whether what is sent to this address can be read on the way: http to anything but this machine. */
export function isOpenLine(address: string): boolean {
  let url: URL
  try {
    url = new URL(address)
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
  return url.protocol === 'http:' && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
}

interface Verdict {
  readonly tone: Tone
  readonly word: string
}

/** What is known of a place now: the breaker first, since nothing else can be asked meanwhile, then the last check. */
export function placeState({ breaker, check, checking }: ConnectionSummary): Verdict {
  if (checking) return { tone: 'info', word: 'Checking' }
  if (breaker.state === 'open') return { tone: 'warn', word: 'Not answering' }
  if (breaker.state === 'half-open') return { tone: 'info', word: 'Being asked again' }
  return check === null ? { tone: 'plain', word: 'Not checked' } : checkVerdict(check)
}

/** `Asked again at 14:05. The last answer was 503.` */
export function breakerWords({ retryAtMs, reason }: BreakerState, nowMs: number): string {
  const when = retryAtMs === null ? 'Asked again in a while' : retryAtMs <= nowMs ? 'Asked again now' : `Asked again at ${clock(retryAtMs)}`
  return reason === null || reason === '' ? `${when}.` : `${when}. ${reason.replace(/\.$/, '')}.`
}

/** The worst line of a check decides; what is not known forbids nothing. */
export function checkVerdict({ items }: ConnectionCheck): Verdict {
  const many = (state: CheckItem['state']): number => items.filter((item) => item.state === state).length
  const [missing, warnings] = [many('missing'), many('warning')]
  if (many('login') > 0) return { tone: 'warn', word: 'Login has run out' }
  if (missing > 0) return { tone: 'bad', word: counted(missing, 'thing missing', 'things missing') }
  if (warnings > 0) return { tone: 'warn', word: counted(warnings, 'warning') }
  return { tone: 'good', word: 'Ready' }
}

export const checkTones: Readonly<Record<CheckItem['state'], Verdict>> = {
  ok: { tone: 'good', word: 'in order' },
  missing: { tone: 'bad', word: 'missing' },
  warning: { tone: 'warn', word: 'warning' },
  'not-known': { tone: 'plain', word: 'not known' },
  login: { tone: 'warn', word: 'login has run out' },
}
