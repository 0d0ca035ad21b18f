import { stages } from '../shared/training-event'
import { metricNames } from '../shared/metric-names'
import type { MetricName, Stage, TrainingEvent } from '../shared/training-event'

/** What a piece of `events.jsonl` holds. `unknown` counts events of a kind that this version does not know, `malformed` lines that are not events. */
export interface ParsedEvents {
  readonly events: readonly TrainingEvent[]
  readonly unknown: number
  readonly malformed: number
}

type Fields = Readonly<Record<string, unknown>>
type Body = TrainingEvent extends infer E ? (E extends TrainingEvent ? Omit<E, 'seq' | 'tMs'> : never) : never

const MAX_TEXT = 20_000
const MAX_MESSAGE = 4_000

/** snake_case names of the file, in the order of `metricNames`. */
const metricKeys = {
  loss: 'loss', evalLoss: 'eval_loss', learningRate: 'learning_rate', gradNorm: 'grad_norm', tokensPerSecond: 'tokens_per_second',
  samplesPerSecond: 'samples_per_second', numTokens: 'num_tokens', meanTokenAccuracy: 'mean_token_accuracy',
} as const satisfies Record<MetricName, string>
const metricOfKey = new Map<unknown, MetricName>(metricNames.map((name) => [metricKeys[name], name]))

/**
 * Parses whole lines of `events.jsonl`. Never throws: a line that is no event is counted and left out. Only "\n" ends a line,
 * since U+2028 and U+2029 may stand inside a JSON string.
 */
export function parseEventLines(text: string): ParsedEvents {
  const events: TrainingEvent[] = []
  let unknown = 0
  let malformed = 0
  for (const value of parseJsonLines(text)) {
    const event = toEvent(value)
    if (event === 'unknown') unknown += 1
    else if (event === 'malformed') malformed += 1
    else events.push(event)
  }
  return { events, unknown, malformed }
}

/** One parse for a whole piece; a JSON string can't hold a bare newline, so joining lines by commas is safe. Bad lines come as undefined. */
function parseJsonLines(text: string): readonly unknown[] {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  if (body === '') return []
  const whole = parseJson(`[${body.replaceAll('\n', ',')}]`)
  if (Array.isArray(whole)) return whole
  const values: unknown[] = []
  for (const line of body.split('\n')) if (line.trim() !== '') values.push(parseJson(line))
  return values
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller counts it
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toEvent(value: unknown): TrainingEvent | 'unknown' | 'malformed' {
  if (!isFields(value)) return 'malformed'
  const seq = value['seq']
  const seconds = value['t']
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0 || typeof seconds !== 'number' || typeof value['event'] !== 'string') return 'malformed'
  const body = toBody(value['event'], value)
  if (body === 'unknown' || body === 'malformed') return body
  return { seq, tMs: Math.round(seconds * 1000), ...body }
}

function toBody(event: string, f: Fields): Body | 'unknown' | 'malformed' {
  switch (event) {
    case 'log':
    case 'eval':
      return metrics(f)
    case 'step':
      return progress(f)
    case 'checkpoint':
      return isText(f['path']) && isCount(f['step'])
        ? { kind: 'checkpoint', step: f['step'], path: f['path'], evalLoss: numberOrNull(f['eval_loss']), best: f['best'] === true }
        : 'malformed'
    case 'init':
      return { kind: 'init', pid: count(f['pid']), versions: texts(f['versions']), device: text(f['device'], 200), dtype: text(f['dtype'], 40) }
    case 'status':
      return isStage(f['stage']) ? { kind: 'status', stage: f['stage'], message: text(f['message'], MAX_MESSAGE) } : 'unknown'
    case 'data_check':
      return {
        kind: 'data-check', trainRows: count(f['train_rows']), evalRows: count(f['eval_rows']), trainedTokens: count(f['trained_tokens']),
        totalTokens: count(f['total_tokens']), cutRows: count(f['cut_rows']), endOfTurnTrained: f['end_of_turn_trained'] === true,
      }
    case 'train_begin':
      return {
        kind: 'train-begin', totalSteps: count(f['total_steps']), totalEpochs: number(f['total_epochs']), stepsPerEpoch: number(f['steps_per_epoch']),
        trainableParameters: count(f['trainable_parameters']), totalParameters: count(f['total_parameters']), resumedFromStep: count(f['resumed_from_step']),
      }
    case 'stop_requested':
      return { kind: 'stop-requested', step: count(f['step']) }
    case 'warning':
      return { kind: 'warning', code: text(f['code'], 100), message: text(f['message'], MAX_MESSAGE) }
    case 'error':
      return { kind: 'error', type: text(f['type'], 200), message: text(f['message'], MAX_MESSAGE), traceback: text(f['traceback'], MAX_TEXT) }
    case 'train_end':
      return trainEnd(f)
    default:
      return 'unknown'
  }
}

function metrics(f: Fields): Body | 'malformed' {
  const step = f['step']
  if (!isCount(step)) return 'malformed'
  const values: { -readonly [M in MetricName]?: number } = {}
  for (const name of metricNames) {
    const value = f[metricKeys[name]]
    if (typeof value === 'number' && Number.isFinite(value)) values[name] = value
  }
  return { kind: 'metrics', step, epoch: number(f['epoch']), values, nonfinite: nonfinite(f['nonfinite']), gpuMemoryBytes: numberOrNull(f['gpu_memory_bytes']) }
}

const noNames: readonly MetricName[] = []

function nonfinite(value: unknown): readonly MetricName[] {
  if (!Array.isArray(value) || value.length === 0) return noNames
  const names = new Set<MetricName>()
  for (const key of value) {
    const name = metricOfKey.get(key)
    if (name !== undefined) names.add(name)
  }
  return [...names]
}

function progress(f: Fields): Body | 'malformed' {
  return isCount(f['step'])
    ? { kind: 'progress', step: f['step'], totalSteps: count(f['total_steps']), epoch: number(f['epoch']), etaSeconds: numberOrNull(f['eta_s']) }
    : 'malformed'
}

function trainEnd(f: Fields): Body | 'malformed' {
  const outcome = f['outcome']
  if (outcome !== 'completed' && outcome !== 'stopped') return 'malformed'
  return {
    kind: 'train-end', step: count(f['step']), outcome, outputPath: isText(f['output_path']) ? f['output_path'] : null,
    peakGpuMemoryBytes: numberOrNull(f['peak_gpu_memory_bytes']),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isStage(value: unknown): value is Stage {
  return typeof value === 'string' && (stages as readonly string[]).includes(value)
}

function count(value: unknown): number {
  return isCount(value) ? value : 0
}

function number(value: unknown): number {
  return numberOrNull(value) ?? 0
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function text(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : ''
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (!isFields(value)) return {}
  const pairs: [string, string][] = []
  for (const [key, item] of Object.entries(value)) if (typeof item === 'string') pairs.push([key.slice(0, 100), item.slice(0, 200)])
  return Object.fromEntries(pairs.slice(0, 100))
}
