import type { FitVerdict } from '../shared/estimate'
import type { Method, TrainingSettings } from '../shared/job-spec'

/** What the defaults depend on. */
export interface DefaultsInput {
  /** Of the base model; null where not known, then a model of 7 billion is assumed. */
  readonly parameters: number | null
  readonly method: Method
  readonly trainRows: number
  readonly evalRows: number
  readonly device: 'cuda' | 'cpu'
  /** Tokens the model can read; null where not known. */
  readonly contextLength: number | null
  /** Token lengths of the rows, from the check of the data; null before it ran. */
  readonly lengths: { readonly p95: number; readonly max: number } | null
}

/** Models this small learn with learning rates a hundred times those of real ones. */
const tinyParameters = 5e6
const smallParameters = 100e6
const usualParameters = 500e6
const assumedParameters = 7e9

const evaluationsPerRun = 10

/** One significant digit, as people write learning rates. */
function oneDigit(value: number): number {
  return Number(value.toPrecision(1))
}

/**
 * Learning rate. Adapters: 2e-4 (QLoRA paper and Unsloth's guide up to 13B, 1e-4 above), full: 2e-5 (TRL's default), 1e-5 from 7B
 * on. Measured on models of up to 5 M parameters: 3e-3 and 1e-3. Between 5 M and 500 M on the line in log-log.
 */
export function defaultLearningRate(parameters: number, method: Method): number {
  const [tiny, usual, large] = method === 'full' ? [1e-3, 2e-5, 1e-5] : [3e-3, 2e-4, 1e-4]
  if (parameters <= tinyParameters) return tiny
  if (parameters >= usualParameters) return parameters >= (method === 'full' ? 7e9 : 20e9) ? large : usual
  const share = Math.log(parameters / tinyParameters) / Math.log(usualParameters / tinyParameters)
  return oneDigit(tiny * (usual / tiny) ** share)
}

/** Passes over the data: 4 below 100 rows, where facts are few, down to 1 above 10,000. */
export function defaultEpochs(trainRows: number): number {
  if (trainRows < 100) return 4
  if (trainRows <= 2000) return 3
  return trainRows <= 10_000 ? 2 : 1
}

/** Tokens per row: enough for the longest row up to 2,048, beyond that for 95 of 100, and never more than the model reads. */
export function defaultMaxLength(input: Pick<DefaultsInput, 'contextLength' | 'lengths'>): number {
  const context = input.contextLength ?? 4096
  if (input.lengths === null) return Math.max(16, Math.min(2048, context))
  const wanted = input.lengths.max <= 2048 ? input.lengths.max : Math.min(8192, Math.max(2048, input.lengths.p95))
  return Math.max(16, Math.min(context, Math.ceil(wanted / 64) * 64))
}

function defaultBatch(parameters: number, input: DefaultsInput): { microBatch: number; gradientAccumulation: number } {
  if (parameters <= smallParameters) return { microBatch: 8, gradientAccumulation: 1 }
  const effective = input.trainRows < 1000 ? 8 : 16
  const microBatch = input.device === 'cpu' ? 1 : 2
  return { microBatch, gradientAccumulation: effective / microBatch }
}

/**
 * Settings that suit the model, the data and the machine: rank 16, alpha 32, all linear layers, effective batch 8 to 16, cosine
 * with 5% warm-up. Evaluation and checkpoints about ten times a run; every step is logged.
 */
export function defaultSettings(input: DefaultsInput): TrainingSettings {
  const parameters = input.parameters ?? assumedParameters
  const batch = defaultBatch(parameters, input)
  const epochs = defaultEpochs(input.trainRows)
  const steps = Math.ceil(epochs * Math.ceil(Math.ceil(input.trainRows / batch.microBatch) / batch.gradientAccumulation))
  const every = Math.max(1, Math.round(steps / evaluationsPerRun))
  return {
    method: input.method,
    length: { kind: 'epochs', epochs },
    learningRate: defaultLearningRate(parameters, input.method),
    schedule: 'cosine',
    warmupRatio: 0.05,
    weightDecay: 0.01,
    maxGradNorm: 1,
    ...batch,
    maxLength: defaultMaxLength(input),
    packing: false,
    rank: 16,
    alpha: 32,
    dropout: parameters <= smallParameters ? 0 : 0.05,
    targetModules: 'all-linear',
    gradientCheckpointing: parameters > smallParameters,
    answersOnly: true,
    evaluateEverySteps: input.evalRows > 0 ? every : 0,
    checkpointEverySteps: every,
    keepCheckpoints: 3,
    logEverySteps: 1,
    seed: 42,
  }
}

/** The method to lead with: LoRA where it fits with room to spare, else QLoRA. Full training is never proposed, only offered. */
export function recommendMethod(verdicts: Readonly<Record<'lora' | 'qlora', FitVerdict>>): 'lora' | 'qlora' {
  return verdicts.lora === 'fits' ? 'lora' : 'qlora'
}

/**
 * The largest micro-batch, halving from the wanted one, whose memory fits, at the same effective batch. Null where not even 1 fits.
 * `verdictFor` estimates one micro-batch.
 */
export function fitMicroBatch(
  settings: Pick<TrainingSettings, 'microBatch' | 'gradientAccumulation'>,
  verdictFor: (microBatch: number) => FitVerdict,
): { microBatch: number; gradientAccumulation: number } | null {
  const effective = settings.microBatch * settings.gradientAccumulation
  for (let microBatch = settings.microBatch; microBatch >= 1; microBatch = Math.floor(microBatch / 2)) {
    if (effective % microBatch !== 0) continue
    const verdict = verdictFor(microBatch)
    if (verdict === 'fits') return { microBatch, gradientAccumulation: effective / microBatch }
    if (verdict === 'not-known') return { microBatch: settings.microBatch, gradientAccumulation: settings.gradientAccumulation }
  }
  return null
}
