import { describe, expect, it } from 'vitest'
import { foldEvent, foldStep, noEvents, serviceEvent, stepValues } from '../../../electron/parsing/openai-events'
import type { EventState, ServiceEvent } from '../../../electron/parsing/openai-events'
import { parseResultFile } from '../../../electron/parsing/openai-result'
import { statusMeaning } from '../../../electron/parsing/openai-status'
import { hasStep, withStep } from '../../../electron/parsing/step-set'
import type { StepSet } from '../../../electron/parsing/step-set'
import { seededRandom } from '../../../electron/domain/random'

const event = (message: string, data: ServiceEvent['data'] | null = null, changes: Partial<ServiceEvent> = {}): ServiceEvent => ({ id: 'e', atMs: 1_000, level: 'info', message, isMetrics: data !== null, data: data ?? {}, ...changes })

function fold(events: readonly ServiceEvent[], epochs: number | null = null) {
  let state: EventState = noEvents
  const bodies = events.flatMap((one) => {
    const folded = foldEvent(state, one, epochs)
    ;({ state } = folded)
    return folded.bodies
  })
  return { state, bodies }
}

describe('events of a fine-tuning job', () => {
  it('metrics become points of our series, with what is left to do (catches a live curve that stays empty)', () => {
    const { bodies } = fold([
      event('Step 1/90: training loss=2.10', { step: 1, train_loss: 2.1, train_mean_token_accuracy: 0.4, total_steps: 90 }),
      event('Step 2/90: training loss=2.00', { step: 2, train_loss: 2, valid_loss: 2.2, full_valid_loss: 2.1 }, { atMs: 3_000 }),
    ], 3)
    expect(bodies).toMatchObject([
      { kind: 'progress', step: 1, totalSteps: 90, etaSeconds: null }, { kind: 'metrics', step: 1, epoch: 3 / 90, values: { loss: 2.1, meanTokenAccuracy: 0.4 } },
      { kind: 'progress', step: 2, etaSeconds: 176 }, { kind: 'metrics', step: 2, values: { loss: 2, evalLoss: 2.1 } },
    ])
  })

  it('a service that tells no total and no data is read by its words (catches Azure\'s events)', () => {
    const { bodies, state } = fold([event('Job enqueued. Waiting for jobs ahead to complete.'), event('Training started.'), event('Step 10: training loss=1.5', {}), event('Step 10: training loss=1.5', { train_loss: 1.5 })])
    expect(bodies).toMatchObject([{ kind: 'status', stage: 'waiting' }, { kind: 'status', stage: 'training' }, { kind: 'metrics', step: 10, values: { loss: 1.5 } }])
    expect(state.totalSteps).toBeNull()
  })

  it.each([
    ['Validating training file: file-abc', 'checking-data'], ['Files validated, moving job to queued state', 'waiting'], ['Fine-tuning job started', 'training'],
    ['Checkpoint created at step 30', 'saving'], ['Evaluating model against our usage policies', 'saving'], ['The job has successfully completed', 'done'],
  ])('"%s" is the stage %s (catches a run that looks idle)', (message, stage) => {
    expect(fold([event(message)]).bodies).toMatchObject([{ kind: 'status', stage, message }])
  })

  it('warnings and errors keep their weight, a NaN its place (catches a diverged run that looks fine)', () => {
    expect(fold([event('slow', null, { level: 'warn' }), event('bad', null, { level: 'error' }), event('', { step: 4, train_loss: 'NaN' })]).bodies).toMatchObject([
      { kind: 'warning', message: 'slow' }, { kind: 'error', message: 'bad' }, { kind: 'metrics', step: 4, values: {}, nonfinite: ['loss'] },
    ])
  })

  it('no step comes twice, whoever brings it (catches doubled points after the result file)', () => {
    const { state } = fold([event('', { step: 1, train_loss: 2 }), event('', { step: 2, train_loss: 1 })])
    const again = stepValues({ step: '2', train_loss: '1', full_valid_loss: '1.4' })
    expect(again && foldStep(state, again, 9, null).bodies).toMatchObject([{ step: 2, values: { evalLoss: 1.4 } }])
    expect(again && 'loss' in (foldStep(state, again, 9, null).bodies[0] as { values: object }).values).toBe(false)
    expect(foldStep(state, { step: 1, values: { loss: 5 }, nonfinite: [] }, 9, null).bodies).toEqual([])
  })

  it('what is no event gives none (catches a crash by a broken answer)', () => {
    for (const value of [null, 1, [], {}, { id: 'x' }, { id: '', created_at: 1 }, { id: 'x', created_at: 'soon' }]) expect(serviceEvent(value)).toBeNull()
    expect(serviceEvent({ id: 'x', created_at: 2 })).toMatchObject({ atMs: 2000, level: 'info', message: '', isMetrics: false })
    for (const data of [{}, { step: -1 }, { step: 1.5 }, { step: 'many' }]) expect(stepValues(data)).toBeNull()
  })
})

describe('steps as a set', () => {
  it('holds exactly what was put in, and stays short for a regular series (catches a cursor that grows with the run)', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 50; round += 1) {
      const steps = Array.from({ length: 40 }, () => Math.floor(random() * 60))
      const set = steps.reduce<StepSet>(withStep, [])
      for (let step = 0; step < 70; step += 1) expect(hasStep(set, step)).toBe(steps.includes(step))
    }
    expect(Array.from({ length: 10_000 }, (_, index) => 5 + index * 5).reduce<StepSet>(withStep, [])).toEqual([[5, 50_000, 5]])
  })
})

describe('result files', () => {
  const csv = 'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,full_valid_loss\r\n1,2.5,0.3,,,\r\n2,2.25,0.4,2.6,0.35,2.55\r\n\r\n'

  it('are read plain and in base64, with empty cells (catches a final curve without values)', () => {
    const wanted = [
      { step: 1, values: { loss: 2.5, meanTokenAccuracy: 0.3 }, nonfinite: [] },
      { step: 2, values: { loss: 2.25, meanTokenAccuracy: 0.4, evalLoss: 2.55 }, nonfinite: [] },
    ]
    for (const text of [csv, `\uFEFF${csv}`, Buffer.from(csv).toString('base64'), Buffer.from(csv).toString('base64').replace(/.{76}/g, '$&\n')]) expect(parseResultFile(text)).toEqual(wanted)
  })

  it('a damaged one is none (catches a value that slips into another series)', () => {
    for (const bad of [csv.replace('1,2.5,0.3', '1,2.5 0.3'), csv.replace('2.6,0.35', '2.6\0\0\0\0'), csv.replace('2,2.25', 'two,2.25'), `${csv}nonsense\r\n`]) expect(parseResultFile(bad)).toBeNull()
  })

  it('any other text is none (catches an error page read as a curve)', () => {
    for (const text of ['', '<html></html>', '{"error":{}}', 'aGVsbG8=', 'loss,accuracy\n1,2']) expect(parseResultFile(text)).toBeNull()
  })
})

describe('statuses', () => {
  it('each has its meaning, and one that is not known never ends a job (catches a run given up for a new word)', () => {
    expect(['succeeded', 'failed', 'cancelled'].map((status) => statusMeaning(status))).toEqual([{ kind: 'ended', ending: 'completed' }, { kind: 'ended', ending: 'failed' }, { kind: 'ended', ending: 'stopped' }])
    for (const status of ['validating_files', 'queued', 'running', 'paused', 'pending', 'deferred', 'toString', '']) expect(statusMeaning(status).kind).toBe('goes-on')
    expect(statusMeaning('deferred')).toEqual({ kind: 'goes-on', text: 'The service says: deferred' })
  })
})
