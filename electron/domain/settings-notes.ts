import type { TokenCheck } from '../shared/dataset'
import type { LocalBackendId } from '../shared/cloud'
import type { TrainingSettings } from '../shared/job-spec'
import type { SettingsNote, SettingsNoteCode } from '../shared/settings-note'
import { adapterParameters, unknownTargets, type ModelShape } from './model-shape'
import { planSteps } from './training-plan'

/** What settings are judged against. Null where not known; a rule that needs it is then silent. */
export interface NotesInput {
  readonly settings: TrainingSettings
  readonly backend: LocalBackendId
  readonly device: 'cuda' | 'cpu'
  readonly parameters: number | null
  readonly shape: ModelShape | null
  readonly trainRows: number
  readonly evalRows: number
  readonly contextLength: number | null
  readonly tokenCheck: Pick<TokenCheck, 'rows' | 'cutRows' | 'lengths'> | null
}

function note(severity: SettingsNote['severity'], code: SettingsNoteCode, field: SettingsNote['field'], values: SettingsNote['values'] = {}): SettingsNote {
  return { code, severity, field, values }
}

/** Learning rates: an adapter wants about ten times that of full training (LoRA Without Regret), small models more. */
function* learningRateNotes({ settings, parameters }: NotesInput): Generator<SettingsNote> {
  const { learningRate, method } = settings
  if (parameters === null) return
  const values = { learningRate }
  if (method !== 'full' && learningRate < 5e-5) yield note('warning', 'LEARNING_RATE_LOW_FOR_ADAPTER', 'learningRate', { ...values, from: 5e-5 })
  if (method !== 'full' && parameters >= 1e9 && learningRate > 5e-4) yield note('warning', 'LEARNING_RATE_HIGH', 'learningRate', { ...values, upTo: 5e-4 })
  if (method !== 'full' && parameters < 1e9 && learningRate > 1e-2) yield note('warning', 'LEARNING_RATE_HIGH', 'learningRate', { ...values, upTo: 1e-2 })
  if (method === 'full' && parameters >= 1e8 && learningRate > 1e-4) yield note('warning', 'LEARNING_RATE_HIGH_FOR_FULL', 'learningRate', { ...values, upTo: 1e-4 })
}

function* adapterNotes({ settings, shape }: NotesInput): Generator<SettingsNote> {
  if (settings.method === 'full') return
  const { alpha, rank, targetModules } = settings
  if (alpha / rank > 4) yield note('warning', 'ALPHA_OVER_RANK', 'alpha', { alpha, rank })
  if (rank > 64) yield note('info', 'RANK_HIGH', 'rank', { rank })
  if (shape === null || !shape.familyKnown) return
  const unknown = unknownTargets(shape, targetModules)
  if (adapterParameters(shape, rank, targetModules) === 0) yield note('error', 'TARGETS_NONE', 'targetModules', { targets: unknown.join(', ') })
  else if (unknown.length > 0) yield note('warning', 'TARGETS_UNKNOWN', 'targetModules', { targets: unknown.join(', ') })
}

function* lengthNotes({ settings, backend, device, contextLength, tokenCheck }: NotesInput): Generator<SettingsNote> {
  const { maxLength } = settings
  if (contextLength !== null && maxLength > contextLength) yield note('error', 'LENGTH_OVER_CONTEXT', 'maxLength', { maxLength, contextLength })
  if (tokenCheck !== null && tokenCheck.cutRows > 0) {
    yield note('warning', 'ROWS_CUT', 'maxLength', { cutRows: tokenCheck.cutRows, rows: tokenCheck.rows, longest: tokenCheck.lengths.max })
  }
  // Unsloth's CPU path turns packing off by itself; elsewhere without FlashAttention packed rows see each other.
  if (settings.packing && device === 'cpu') yield note('warning', backend === 'unsloth' ? 'PACKING_OFF_ON_CPU' : 'PACKING_MIXES_ROWS', 'packing')
}

function* runNotes({ settings, trainRows, evalRows, device, parameters }: NotesInput): Generator<SettingsNote> {
  const { totalSteps, epochs, effectiveBatch } = planSteps(trainRows, settings)
  if (trainRows < 50) yield note('warning', 'FEW_ROWS', null, { rows: trainRows })
  if (epochs > 5 || (trainRows > 10_000 && epochs > 2)) yield note('warning', 'MANY_EPOCHS', 'length', { epochs, rows: trainRows })
  if (settings.length.kind === 'steps' && epochs < 1) yield note('info', 'LESS_THAN_ONE_EPOCH', 'length', { epochs })
  if (effectiveBatch > trainRows) yield note('warning', 'BATCH_OVER_ROWS', 'microBatch', { effectiveBatch, rows: trainRows })
  else if (settings.method !== 'full' && effectiveBatch > 32) yield note('info', 'BATCH_LARGE', 'gradientAccumulation', { effectiveBatch, upTo: 32 })
  // A stop or a crash then loses everything.
  if (settings.checkpointEverySteps === 0 || settings.checkpointEverySteps >= totalSteps) yield note('warning', 'NO_CHECKPOINTS', 'checkpointEverySteps', { totalSteps })
  if (evalRows === 0 && settings.evaluateEverySteps > 0) yield note('info', 'NO_EVALUATION_ROWS', 'evaluateEverySteps')
  if (evalRows > 0 && (settings.evaluateEverySteps === 0 || settings.evaluateEverySteps > totalSteps)) yield note('info', 'NEVER_EVALUATED', 'evaluateEverySteps', { totalSteps })
  if (device === 'cpu' && parameters !== null && parameters >= 3e8) yield note('warning', 'MODEL_LARGE_FOR_CPU', null, { parameters })
}

/** What is worth knowing about settings before a start, errors first. */
export function settingsNotes(input: NotesInput): SettingsNote[] {
  const notes = [...learningRateNotes(input), ...adapterNotes(input), ...lengthNotes(input), ...runNotes(input)]
  const rank = { error: 0, warning: 1, info: 2 }
  return notes.sort((a, b) => rank[a.severity] - rank[b.severity])
}
