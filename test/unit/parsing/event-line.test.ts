import { describe, expect, it } from 'vitest'
import { parseEventLines } from '../../../electron/parsing/event-line'

const line = (fields: object) => `${JSON.stringify({ seq: 0, t: 1_795_226_176.4641, ...fields })}\n`
const one = (fields: object) => parseEventLines(line(fields)).events[0]
const head = { seq: 0, tMs: 1_795_226_176_464 }

describe('parseEventLines', () => {
  it('gives every kind of event with its names and units (a name that differs from Python\'s is a metric that never shows)', () => {
    expect(one({ event: 'init', pid: 7, versions: { torch: '2.13.0', odd: 5 }, device: 'cpu', dtype: 'float32' })).toEqual({ ...head, kind: 'init', pid: 7, versions: { torch: '2.13.0' }, device: 'cpu', dtype: 'float32' })
    expect(one({ event: 'status', stage: 'loading-model', message: 'Loading' })).toEqual({ ...head, kind: 'status', stage: 'loading-model', message: 'Loading' })
    expect(one({ event: 'data_check', train_rows: 5, eval_rows: 2, trained_tokens: 30, total_tokens: 90, cut_rows: 1, end_of_turn_trained: true })).toEqual({ ...head, kind: 'data-check', trainRows: 5, evalRows: 2, trainedTokens: 30, totalTokens: 90, cutRows: 1, endOfTurnTrained: true })
    expect(one({ event: 'train_begin', total_steps: 10, total_epochs: 2.5, steps_per_epoch: 4, trainable_parameters: 1, total_parameters: 9e9, resumed_from_step: 3 })).toEqual({ ...head, kind: 'train-begin', totalSteps: 10, totalEpochs: 2.5, stepsPerEpoch: 4, trainableParameters: 1, totalParameters: 9e9, resumedFromStep: 3 })
    expect(one({ event: 'step', step: 3, total_steps: 10, epoch: 0.3, eta_s: 12.5 })).toEqual({ ...head, kind: 'progress', step: 3, totalSteps: 10, epoch: 0.3, etaSeconds: 12.5 })
    expect(one({ event: 'log', step: 3, epoch: 0.3, loss: 1.5, grad_norm: 0.2, learning_rate: 1e-4, tokens_per_second: 10, samples_per_second: 2, num_tokens: 99, mean_token_accuracy: 0.5, gpu_memory_bytes: 1024 })).toEqual({
      ...head, kind: 'metrics', step: 3, epoch: 0.3, nonfinite: [], gpuMemoryBytes: 1024,
      values: { loss: 1.5, gradNorm: 0.2, learningRate: 1e-4, tokensPerSecond: 10, samplesPerSecond: 2, numTokens: 99, meanTokenAccuracy: 0.5 },
    })
    expect(one({ event: 'eval', step: 3, epoch: 0.3, eval_loss: 2 })).toEqual({ ...head, kind: 'metrics', step: 3, epoch: 0.3, values: { evalLoss: 2 }, nonfinite: [], gpuMemoryBytes: null })
    expect(one({ event: 'checkpoint', step: 3, path: '/r/checkpoint-3', eval_loss: 2, best: true })).toEqual({ ...head, kind: 'checkpoint', step: 3, path: '/r/checkpoint-3', evalLoss: 2, best: true })
    expect(one({ event: 'stop_requested', step: 3 })).toEqual({ ...head, kind: 'stop-requested', step: 3 })
    expect(one({ event: 'warning', code: 'rows-dropped', message: 'm' })).toEqual({ ...head, kind: 'warning', code: 'rows-dropped', message: 'm' })
    expect(one({ event: 'error', type: 'OSError', message: 'm', traceback: 't' })).toEqual({ ...head, kind: 'error', type: 'OSError', message: 'm', traceback: 't' })
    expect(one({ event: 'train_end', step: 9, outcome: 'stopped', output_path: '/r/adapter' })).toEqual({ ...head, kind: 'train-end', step: 9, outcome: 'stopped', outputPath: '/r/adapter', peakGpuMemoryBytes: null })
  })

  it('names what was not a number (a NaN loss has to be marked, not drawn as a gap)', () => {
    expect(one({ event: 'log', step: 3, epoch: 0, grad_norm: 1, nonfinite: ['loss', 'unheard_of', 'loss', 7] })).toMatchObject({ values: { gradNorm: 1 }, nonfinite: ['loss'] })
    expect(one({ event: 'eval', step: 3, epoch: 0, nonfinite: ['eval_loss'] })).toMatchObject({ values: {}, nonfinite: ['evalLoss'] })
  })

  it('counts what it does not know and what is broken, and keeps the rest (one torn line must not lose a batch)', () => {
    const text = [
      line({ event: 'log', step: 1, loss: 1 }), '{"seq":1,"t":1,"ev\n', 'Infinity\n', '[]\n', '"text"\n', 'null\n', '\n', line({ event: 'from_the_future' }),
      line({ event: 'status', stage: 'dreaming' }), line({ event: 'log', step: -1 }), line({ event: 'log', step: 1.5 }), line({ event: 'log', step: '1' }),
      line({ event: 'train_end', outcome: 'exploded' }), line({ event: 'log', seq: 'x', step: 1 }), line({ event: 'log', seq: 2, step: 2, loss: 2 }),
    ].join('')
    const parsed = parseEventLines(text)
    expect(parsed.events.map((event) => event.seq)).toEqual([0, 2])
    expect(parsed).toMatchObject({ unknown: 2, malformed: 10 })
  })

  it('takes nothing but finite numbers as values (JSON.parse reads 1e999 as Infinity)', () => {
    const parsed = parseEventLines('{"seq":0,"t":1,"event":"log","step":1,"epoch":1e999,"loss":1e999,"grad_norm":"0.5","learning_rate":null}\n')
    expect(parsed.events).toEqual([{ seq: 0, tMs: 1000, kind: 'metrics', step: 1, epoch: 0, values: {}, nonfinite: [], gpuMemoryBytes: null }])
  })

  it('splits at "\\n" only and reads any text (U+2028 in a message is no line end)', () => {
    expect(one({ event: 'warning', code: 'c', message: 'a\u2028b\u2029c\n\r\t"\\ 👩‍🔬' })).toMatchObject({ message: 'a\u2028b\u2029c\n\r\t"\\ 👩‍🔬' })
    expect(parseEventLines('')).toEqual({ events: [], unknown: 0, malformed: 0 })
  })

  it('cuts texts to a size that a database row can take', () => {
    expect(one({ event: 'error', type: 'E', message: 'm'.repeat(50_000), traceback: 't'.repeat(50_000) })).toMatchObject({ message: 'm'.repeat(4_000), traceback: 't'.repeat(20_000) })
  })

  it('never throws, whatever bytes come', () => {
    let state = 12345
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state % below
    }
    const good = line({ event: 'log', step: 1, loss: 1, versions: { a: 'b' }, nonfinite: ['loss'] })
    for (let round = 0; round < 3_000; round += 1) {
      const letters = [...good]
      for (let change = 0; change < 1 + random(4); change += 1) letters[random(letters.length)] = String.fromCharCode(random(128))
      expect(() => parseEventLines(letters.join('') + good)).not.toThrow()
    }
  })
})
