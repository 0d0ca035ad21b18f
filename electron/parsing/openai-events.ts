import type { MetricName, MetricValues, Stage, TrainingEvent } from '../shared/training-event'
import { hasStep, withStep } from './step-set'
import type { StepSet } from './step-set'

type Body = TrainingEvent extends infer E ? (E extends TrainingEvent ? Omit<E, 'seq'> : never) : never
type Fields = Readonly<Record<string, unknown>>

/** One event of a fine-tuning job as the protocol has it. */
export interface ServiceEvent {
  readonly id: string
  readonly atMs: number
  readonly level: string
  readonly message: string
  readonly isMetrics: boolean
  readonly data: Fields
}

/** What is known after the events so far; JSON-safe, since it is part of a cursor. */
export interface EventState {
  readonly stage: Stage
  /** Steps whose training loss, and whose evaluation loss, is in the series. */
  readonly trainSteps: StepSet
  readonly evalSteps: StepSet
  readonly lastStep: number
  readonly totalSteps: number | null
  /** The first step seen and its time, for the time that is left. */
  readonly origin: readonly [step: number, atMs: number] | null
  readonly lastMs: number
}
export const noEvents: EventState = { stage: 'waiting', trainSteps: [], evalSteps: [], lastStep: 0, totalSteps: null, origin: null, lastMs: 0 }

const maxMessage = 4_000

/** Null for what is no event. */
export function serviceEvent(value: unknown): ServiceEvent | null {
  if (!isFields(value)) return null
  const { id, created_at: createdAt, level, message, type, data } = value
  if (typeof id !== 'string' || id === '' || typeof createdAt !== 'number' || !Number.isFinite(createdAt)) return null
  return {
    id, atMs: Math.round(createdAt * 1000), level: typeof level === 'string' ? level : 'info', message: typeof message === 'string' ? message.slice(0, maxMessage) : '',
    isMetrics: type === 'metrics', data: isFields(data) ? data : {},
  }
}

/** Values of a step as the protocol names them. `valid_loss` is of one batch, `full_valid_loss` of the whole file: where both are told, the latter counts. */
export interface StepValues {
  readonly step: number
  readonly values: MetricValues
  readonly nonfinite: readonly MetricName[]
}

/** Reads the metrics of a step from an event's data, a checkpoint or a row of a result file; null where there is no step. */
export function stepValues(data: Fields): StepValues | null {
  const step = numberOf(data['step'])
  if (step === null || !Number.isSafeInteger(step) || step < 0) return null
  const values: { -readonly [M in MetricName]?: number } = {}
  const nonfinite: MetricName[] = []
  const take = (name: MetricName, keys: readonly string[]): void => {
    const key = keys.find((candidate) => data[candidate] !== undefined && data[candidate] !== null && data[candidate] !== '')
    if (key === undefined) return
    const value = numberOf(data[key])
    if (value !== null && Number.isFinite(value)) values[name] = value
    else if (value !== null) nonfinite.push(name)
  }
  take('loss', ['train_loss', 'training_loss'])
  take('evalLoss', ['full_valid_loss', 'valid_loss', 'validation_loss'])
  take('meanTokenAccuracy', ['train_mean_token_accuracy', 'train_accuracy'])
  return { step, values, nonfinite }
}

/** What one event of the service adds to a run. Deterministic: the same events give the same numbers and times, whenever they are read. */
export function foldEvent(before: EventState, event: ServiceEvent, epochs: number | null): { readonly state: EventState; readonly bodies: readonly Body[] } {
  const state: EventState = { ...before, lastMs: Math.max(before.lastMs, event.atMs) }
  const found = event.isMetrics ? stepValues({ ...stepOf(event.message), ...event.data }) : null
  if (found !== null) return foldStep({ ...state, totalSteps: totalOf(event) ?? state.totalSteps }, found, event.atMs, epochs)
  const { atMs: tMs, message, level } = event
  if (level === 'error') return { state, bodies: [{ kind: 'error', tMs, type: 'service', message, traceback: '' }] }
  if (level === 'warn' || level === 'warning') return { state, bodies: [{ kind: 'warning', tMs, code: 'service', message }] }
  const stage = stageOf(message) ?? state.stage
  return { state: { ...state, stage }, bodies: message === '' && stage === before.stage ? [] : [{ kind: 'status', tMs, stage, message }] }
}

/** The point of a step, without what the series has of it already. */
export function foldStep(before: EventState, { step, values, nonfinite }: StepValues, tMs: number, epochs: number | null): { readonly state: EventState; readonly bodies: readonly Body[] } {
  const old = new Set<MetricName>()
  if (hasStep(before.trainSteps, step)) old.add('loss').add('meanTokenAccuracy')
  if (hasStep(before.evalSteps, step)) old.add('evalLoss')
  const fresh = Object.fromEntries(Object.entries(values).filter(([name]) => !old.has(name as MetricName))) as MetricValues
  const bad = nonfinite.filter((name) => !old.has(name))
  const has = (name: MetricName) => name in fresh || bad.includes(name)
  if (Object.keys(fresh).length + bad.length === 0) return { state: before, bodies: [] }
  const state: EventState = {
    ...before, lastStep: Math.max(before.lastStep, step), lastMs: Math.max(before.lastMs, tMs), origin: before.origin ?? [step, tMs],
    trainSteps: has('loss') || has('meanTokenAccuracy') ? withStep(before.trainSteps, step) : before.trainSteps, evalSteps: has('evalLoss') ? withStep(before.evalSteps, step) : before.evalSteps,
  }
  const epoch = epochs === null || state.totalSteps === null || state.totalSteps === 0 ? 0 : (step / state.totalSteps) * epochs
  const point: Body = { kind: 'metrics', tMs, step, epoch, values: fresh, nonfinite: bad, gpuMemoryBytes: null }
  if (state.totalSteps === null || step < before.lastStep) return { state, bodies: [point] }
  return { state, bodies: [{ kind: 'progress', tMs, step, totalSteps: state.totalSteps, epoch, etaSeconds: secondsLeft(state, step, tMs) }, point] }
}

function secondsLeft({ origin, totalSteps }: EventState, step: number, tMs: number): number | null {
  if (origin === null || totalSteps === null || step <= origin[0] || tMs <= origin[1]) return null
  return Math.round(((tMs - origin[1]) / 1000 / (step - origin[0])) * Math.max(0, totalSteps - step))
}

/** `Step 12/90: training loss=1.03`, as the services write it. */
const stepText = /^Step (\d+)(?:\/(\d+))?:/

function stepOf(message: string): Fields {
  const step = stepText.exec(message)?.[1]
  return step === undefined ? {} : { step: Number(step) }
}

function totalOf({ data, message }: ServiceEvent): number | null {
  const told = numberOf(data['total_steps']) ?? numberOf(stepText.exec(message)?.[2])
  return told !== null && Number.isSafeInteger(told) && told > 0 ? told : null
}

const stageWords: readonly (readonly [RegExp, Stage])[] = [
  [/valid(?:ating|ated)|preprocessing|checking/i, 'checking-data'],
  [/queue|enqueued|waiting/i, 'waiting'],
  [/(?:training|fine-?tuning job|job) started/i, 'training'],
  [/checkpoint|postprocessing|model created|evaluating model|usage polic/i, 'saving'],
  [/succe(?:eded|ssfully)|complete/i, 'done'],
]

/** The part of a run that a message of the service speaks of, as far as its words tell. */
function stageOf(message: string): Stage | null {
  // "Files validated, moving job to queued state" has left the check.
  if (/moving .* to queue/i.test(message)) return 'waiting'
  return stageWords.find(([words]) => words.test(message))?.[1] ?? null
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A number, also as text; NaN and infinite ones stay, everything else is null. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return null
  if (/^[+-]?(?:nan|inf(?:inity)?)$/i.test(value.trim())) return NaN
  const number = Number(value)
  return Number.isNaN(number) ? null : number
}
