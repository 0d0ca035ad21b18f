import type { RunPhase } from '../../../electron/shared/cloud'
import type { JobSummary } from '../../../electron/shared/job'
import type { BackendId, Method, Schedule } from '../../../electron/shared/job-spec'
import { activeStates, terminalStates } from '../../../electron/shared/job-state-groups'
import type { FailureCauseKind, JobState } from '../../../electron/shared/job-state'
import type { ModelSummary } from '../../../electron/shared/model'
import type { DatasetFormat } from '../../../electron/shared/dataset'
import type { Stage } from '../../../electron/shared/training-event'
import { percent, roughDuration } from './format'

/** How a state reads and which meaning colours it. The icon is chosen by components/state-mark.tsx. */
export type Tone = 'plain' | 'accent' | 'info' | 'good' | 'warn' | 'bad'

export const stateWords: Readonly<Record<JobState, { readonly word: string; readonly tone: Tone }>> = {
  draft: { word: 'Draft', tone: 'plain' },
  queued: { word: 'Queued', tone: 'plain' },
  preparing: { word: 'Preparing', tone: 'info' },
  running: { word: 'Running', tone: 'accent' },
  pausing: { word: 'Pausing', tone: 'warn' },
  paused: { word: 'Paused', tone: 'warn' },
  cancelling: { word: 'Stopping', tone: 'warn' },
  succeeded: { word: 'Succeeded', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  cancelled: { word: 'Stopped', tone: 'plain' },
  interrupted: { word: 'Interrupted', tone: 'warn' },
}

export const causeWords: Readonly<Record<FailureCauseKind, string>> = {
  'out-of-memory': 'Out of memory',
  'missing-package': 'Missing package',
  'gated-model': 'Gated model',
  'missing-model': 'Model not found',
  'bad-data': 'Bad data',
  'disk-full': 'Disk full',
  'nan-loss': 'Loss became NaN',
  killed: 'Killed from outside',
  environment: 'Environment problem',
  driver: 'Driver problem',
  unknown: 'Unknown cause',
  quota: 'Quota too small',
  capacity: 'No machine free',
  'access-denied': 'Access denied',
  role: 'Role cannot be used',
  bucket: 'Bucket cannot be used',
  image: 'Image cannot be used',
  'login-expired': 'Login has run out',
  'clock-skew': 'Clock is wrong',
  'unsupported-base': 'Base cannot be tuned',
  'too-few-examples': 'Too few examples',
  'content-policy': 'Refused by policy',
  'rate-limit': 'Rate limit',
  'insufficient-funds': 'No funds left',
  unreachable: 'Place unreachable',
  'time-limit': 'Time limit reached',
  'hostile-artifact': 'Result refused',
}

export const methodWords: Readonly<Record<Method, string>> = { qlora: 'QLoRA', lora: 'LoRA', full: 'Full' }
export const backendWords: Readonly<Record<BackendId, string>> = { unsloth: 'unsloth', huggingface: 'huggingface', sagemaker: 'SageMaker', openai: 'OpenAI protocol' }
export const scheduleWords: Readonly<Record<Schedule, string>> = {
  linear: 'linear',
  cosine: 'cosine',
  constant: 'constant',
  constant_with_warmup: 'warm-up, constant',
}
export const formatWords: Readonly<Record<DatasetFormat, string>> = {
  messages: 'OpenAI messages',
  alpaca: 'Alpaca',
  sharegpt: 'ShareGPT',
  'prompt-completion': 'prompts',
}
export const modelKindWords: Readonly<Record<ModelSummary['kind'], string>> = {
  demo: 'a toy for learning the tool',
  folder: 'local folder',
  hub: 'Hugging Face',
  remote: 'at a service',
  adapter: 'adapter',
  full: 'fully tuned',
  'remote-tuned': 'tuned, at a service',
}
export const stageWords: Readonly<Record<Stage, string>> = {
  waiting: 'waiting for its turn there',
  provisioning: 'getting a machine',
  importing: 'starting Python',
  'loading-model': 'loading the model',
  'reading-data': 'reading the data',
  'checking-data': 'checking the data',
  training: 'training',
  saving: 'saving',
  done: 'done',
}

export const isActive = (job: JobSummary): boolean => activeStates.includes(job.state)
export const isEnded = (job: JobSummary): boolean => terminalStates.includes(job.state)

/** `QLoRA`; a service that trains with its own script does not say how. */
export const methodOf = (job: Pick<JobSummary, 'backend' | 'settings'>): string => (job.backend === 'openai' ? "the service's own" : methodWords[job.settings.method])

/** `Qwen3-8B · QLoRA`. */
export const modelAndMethod = (job: JobSummary): string => (job.backend === 'openai' ? job.modelName : `${job.modelName} · ${methodOf(job)}`)

/** Progress of a run, 0..1; null before the number of steps is known. */
export const progressOf = (job: JobSummary): number | null =>
  job.totalSteps === null || job.totalSteps === 0 ? null : Math.min(1, job.step / job.totalSteps)

/** What an active run is doing: its stage before the first step, then the time left. */
export function activityOf(job: JobSummary): string {
  if (job.phase !== null && (job.phase.attention || job.step === 0 || job.etaSeconds === null)) return phaseWords(job.phase)
  if (job.state === 'cancelling') return 'saving, then it stops'
  if (job.stage !== null && job.stage !== 'training') return stageWords[job.stage]
  return job.etaSeconds === null ? 'measuring the first steps' : `${roughDuration(job.etaSeconds)} left`
}

/** `Sending the data, 42%`. */
export const phaseWords = ({ text, ratio }: RunPhase): string => (ratio === null ? text : `${text}, ${percent(ratio, 0)}`)

/** Seconds that a run took or has taken so far; null before it started. */
export const secondsOf = (job: JobSummary, nowMs: number): number | null =>
  job.startedAtMs === null ? null : ((job.finishedAtMs ?? nowMs) - job.startedAtMs) / 1000
