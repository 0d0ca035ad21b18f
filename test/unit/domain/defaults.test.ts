import { describe, expect, test } from 'vitest'
import { defaultLearningRate, defaultMaxLength, defaultSettings, fitMicroBatch, recommendMethod, type DefaultsInput } from '../../../electron/domain/defaults'
import { parseModelShape } from '../../../electron/domain/model-shape'
import { settingsNotes, type NotesInput } from '../../../electron/domain/settings-notes'
import { TrainingSettings } from '../../../electron/shared/job-spec'
import { referenceConfigs } from '../../fixtures/vram-reference-models'

const input: DefaultsInput = { parameters: 7e9, method: 'qlora', trainRows: 1000, evalRows: 50, device: 'cuda', contextLength: 8192, lengths: null }

function notesOf(change: Partial<NotesInput> & { readonly set?: Partial<TrainingSettings> } = {}): Record<string, string> {
  const { set, ...rest } = change
  const known = parseModelShape(referenceConfigs['Qwen2.5-7B'])
  const base: NotesInput = {
    settings: { ...defaultSettings(input), ...set }, backend: 'huggingface', device: 'cuda', parameters: 7e9, shape: 'kind' in known ? null : known,
    trainRows: 1000, evalRows: 50, contextLength: 8192, tokenCheck: null, ...rest,
  }
  return Object.fromEntries(settingsNotes(base).map((one) => [one.code, one.severity]))
}

describe('defaults', () => {
  test('a usual model', () => {
    expect(defaultSettings(input)).toMatchObject({
      learningRate: 2e-4, length: { kind: 'epochs', epochs: 3 }, rank: 16, alpha: 32, dropout: 0.05, microBatch: 2, gradientAccumulation: 8,
      gradientCheckpointing: true, targetModules: 'all-linear', maxLength: 2048, packing: false,
    })
  })

  test('the tiny preset', () => {
    expect(defaultSettings({ ...input, parameters: 4e6, method: 'lora', trainRows: 600, device: 'cpu' })).toMatchObject({
      learningRate: 3e-3, rank: 16, alpha: 32, microBatch: 8, gradientAccumulation: 1, length: { kind: 'epochs', epochs: 3 }, gradientCheckpointing: false,
    })
  })

  test('always valid settings without errors or warnings, for any sensible model, data and machine', () => {
    for (const parameters of [null, 1e5, 5e6, 6e6, 5e7, 1.35e8, 1.5e9, 7e9, 7e10]) {
      for (const method of ['full', 'lora', 'qlora'] as const) {
        for (const trainRows of [60, 99, 100, 5000, 200_000]) {
          for (const contextLength of [128, 2048, null]) {
            const settings = defaultSettings({ ...input, parameters, method, trainRows, contextLength })
            expect(TrainingSettings.safeParse(settings).success).toBe(true)
            const notes = settingsNotes({ settings, backend: 'unsloth', device: 'cuda', parameters, shape: null, trainRows, evalRows: 50, contextLength, tokenCheck: null })
            expect(notes.filter((one) => one.severity !== 'info'), `${String(parameters)} ${method} ${trainRows}`).toEqual([])
          }
        }
      }
    }
  })

  test('the learning rate falls with size and never jumps by more than a third of a decade between close sizes', () => {
    for (const method of ['lora', 'full'] as const) {
      let previous = Infinity
      for (let size = 1e6; size < 1e11; size *= 1.3) {
        const rate = defaultLearningRate(size, method)
        expect(rate).toBeLessThanOrEqual(previous)
        if (previous !== Infinity) expect(previous / rate).toBeLessThan(2.2)
        previous = rate
      }
    }
  })

  test('length follows the data, capped by the model', () => {
    expect(defaultMaxLength({ contextLength: 8192, lengths: { p95: 90, max: 130 } })).toBe(192)
    expect(defaultMaxLength({ contextLength: 128, lengths: { p95: 90, max: 130 } })).toBe(128)
    expect(defaultMaxLength({ contextLength: 32_768, lengths: { p95: 3000, max: 20_000 } })).toBe(3008)
    expect(defaultMaxLength({ contextLength: null, lengths: null })).toBe(2048)
  })

  test('LoRA leads only where it fits with room', () => {
    expect(recommendMethod({ lora: 'fits', qlora: 'fits' })).toBe('lora')
    expect(recommendMethod({ lora: 'tight', qlora: 'fits' })).toBe('qlora')
    expect(recommendMethod({ lora: 'not-known', qlora: 'not-known' })).toBe('qlora')
  })

  test('a smaller micro-batch keeps the effective batch', () => {
    const wanted = { microBatch: 8, gradientAccumulation: 2 }
    expect(fitMicroBatch(wanted, (size) => (size <= 2 ? 'fits' : 'tight'))).toEqual({ microBatch: 2, gradientAccumulation: 8 })
    expect(fitMicroBatch(wanted, () => 'does-not-fit')).toBeNull()
    expect(fitMicroBatch(wanted, () => 'not-known')).toEqual(wanted)
    expect(fitMicroBatch({ microBatch: 6, gradientAccumulation: 1 }, (size) => (size <= 2 ? 'fits' : 'tight'))).toEqual({ microBatch: 1, gradientAccumulation: 6 })
  })
})

describe('notes on settings', () => {
  test('sound settings are left alone', () => {
    expect(notesOf()).toEqual({})
  })

  test.each([
    ['LEARNING_RATE_LOW_FOR_ADAPTER', 'warning', { set: { learningRate: 2e-5 } }],
    ['LEARNING_RATE_HIGH', 'warning', { set: { learningRate: 1e-3 } }],
    ['LEARNING_RATE_HIGH', 'warning', { parameters: 1e8, set: { learningRate: 2e-2 } }],
    ['LEARNING_RATE_HIGH_FOR_FULL', 'warning', { set: { method: 'full', learningRate: 2e-4 } }],
    ['ALPHA_OVER_RANK', 'warning', { set: { rank: 8, alpha: 64 } }],
    ['RANK_HIGH', 'info', { set: { rank: 128, alpha: 128 } }],
    ['TARGETS_UNKNOWN', 'warning', { set: { targetModules: ['q_proj', 'c_attn'] } }],
    ['TARGETS_NONE', 'error', { set: { targetModules: ['c_attn'] } }],
    ['FEW_ROWS', 'warning', { trainRows: 20, set: { checkpointEverySteps: 1, evaluateEverySteps: 1 } }],
    ['MANY_EPOCHS', 'warning', { set: { length: { kind: 'epochs', epochs: 10 } } }],
    ['MANY_EPOCHS', 'warning', { trainRows: 50_000, set: { length: { kind: 'epochs', epochs: 3 } } }],
    ['LESS_THAN_ONE_EPOCH', 'info', { set: { length: { kind: 'steps', steps: 30 }, checkpointEverySteps: 10, evaluateEverySteps: 10 } }],
    ['BATCH_LARGE', 'info', { set: { gradientAccumulation: 32 } }],
    ['BATCH_OVER_ROWS', 'warning', { set: { gradientAccumulation: 1024, checkpointEverySteps: 1, evaluateEverySteps: 1 } }],
    ['NO_CHECKPOINTS', 'warning', { set: { checkpointEverySteps: 0 } }],
    ['NO_CHECKPOINTS', 'warning', { set: { checkpointEverySteps: 100_000 } }],
    ['NEVER_EVALUATED', 'info', { set: { evaluateEverySteps: 0 } }],
    ['NO_EVALUATION_ROWS', 'info', { evalRows: 0 }],
    ['LENGTH_OVER_CONTEXT', 'error', { contextLength: 1024 }],
    ['ROWS_CUT', 'warning', { tokenCheck: { rows: 1000, cutRows: 12, lengths: { p50: 1, p95: 2, max: 5000 } } }],
    ['PACKING_OFF_ON_CPU', 'warning', { device: 'cpu', backend: 'unsloth', parameters: 1e8, set: { packing: true } }],
    ['PACKING_MIXES_ROWS', 'warning', { device: 'cpu', parameters: 1e8, set: { packing: true } }],
    ['MODEL_LARGE_FOR_CPU', 'warning', { device: 'cpu' }],
  ] satisfies [string, string, Parameters<typeof notesOf>[0]][])('%s is a %s', (code, severity, change) => {
    expect(notesOf(change)).toEqual({ [code]: severity })
  })

  test('errors come first', () => {
    const codes = Object.values(notesOf({ contextLength: 1024, evalRows: 0, set: { learningRate: 2e-5 } }))
    expect(codes).toEqual(['error', 'warning', 'info'])
  })
})
