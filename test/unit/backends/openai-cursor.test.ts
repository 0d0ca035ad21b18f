import { describe, expect, it } from 'vitest'
import { keptIds, readPosition, takeEnd, takeEvents, takeSteps, writePosition } from '../../../electron/backends/openai-cursor'
import type { Position } from '../../../electron/backends/openai-cursor'
import { drive, patiently } from '../../../electron/backends/openai-patience'
import { CloudError } from '../../../electron/remote/gateway'
import type { CallFault } from '../../../electron/remote/gateway'
import type { ServiceEvent } from '../../../electron/parsing/openai-events'
import type { RunPhase } from '../../../electron/shared/cloud'

const many: readonly ServiceEvent[] = Array.from({ length: 1_000 }, (_, index) => ({
  id: `ftevent-${index}`, atMs: 1_000 + index, level: 'info', message: `Step ${index + 1}/1000: training loss=1`, isMetrics: true, data: { step: index + 1, train_loss: 1 },
}))

describe('the cursor of a job', () => {
  it('gives the same events however often it is stored and read between (catches numbers that shift with a restart)', () => {
    const whole = takeEvents(readPosition(null), many, 2)
    let position: Position = readPosition(null)
    const pieces = []
    for (let at = 0; at < many.length; at += 7) {
      const taken = takeEvents(readPosition(writePosition(position)), many.slice(at, at + 7), 2)
      pieces.push(...taken.events)
      ;({ position } = taken)
    }
    expect(pieces).toEqual(whole.events)
    expect(position).toEqual(whole.position)
    expect(position.ids).toHaveLength(keptIds)
    expect(writePosition(position).length).toBeLessThan(4_000)
    expect(position.consoleBytes).toBe(Buffer.byteLength(whole.text))
  })

  it('a result file adds what is missing, and the end is one event (catches a curve that ends before its last step)', () => {
    const before = takeEvents(readPosition(null), many.slice(0, 3), null).position
    const { events, position } = takeSteps(before, [{ step: 3, values: { loss: 9 }, nonfinite: [] }, { step: 4, values: { loss: 9 }, nonfinite: [] }], 5_000, null)
    expect(events.filter(({ kind }) => kind === 'metrics')).toMatchObject([{ seq: 7, step: 4, tMs: 5_000 }])
    const end = takeEnd(position, { kind: 'train-end', tMs: 6_000, step: 4, outcome: 'completed', outputPath: null, peakGpuMemoryBytes: null })
    expect(end.events).toMatchObject([{ seq: 8, kind: 'train-end' }])
    expect(end.position.done).toBe(true)
  })

  it('one that is not ours starts over (catches a run that can\'t be followed after an update)', () => {
    for (const cursor of ['', '12:3', '{}', '{"v":2}', null]) expect(readPosition(cursor)).toMatchObject({ seq: 0, ids: [], done: false })
  })
})

describe('patience', () => {
  const cause = { kind: 'unreachable', evidence: 'no line', details: {} } as const
  const limits = { leastMs: 10, mostMs: 40, loginMs: 500 }

  async function run(faults: readonly (CallFault | Error)[]) {
    const waits: number[] = []
    const phases: RunPhase[] = []
    const left = [...faults]
    const call = () => {
      const fault = left.shift()
      if (fault === undefined) return Promise.resolve('done')
      return Promise.reject(fault instanceof Error ? fault : new CloudError(fault, false, 'asking'))
    }
    const clock = { now: () => 7, wait: (ms: number) => Promise.resolve(void waits.push(ms)) }
    const result = await drive(patiently(call, { clock, limits }), (phase) => phases.push(phase)).catch((error: unknown) => error)
    return { result, waits, phases }
  }

  it('waits longer and longer, but never less than it was asked to (catches a place that is asked to death)', async () => {
    const retry = (retryAfterMs: number | null): CallFault => ({ kind: 'retry', throttled: false, retryAfterMs, cause })
    const { result, waits, phases } = await run([retry(null), retry(null), retry(900), retry(null)])
    expect(result).toBe('done')
    expect(waits).toEqual([10, 20, 900, 40])
    expect(phases.every(({ attention }) => !attention)).toBe(true)
  })

  it('a login that ran out shows its command and asks again (catches a failed job for an expired session)', async () => {
    const { result, waits, phases } = await run([{ kind: 'login', command: 'aws sso login', cause: { ...cause, kind: 'login-expired' } }])
    expect([result, waits]).toEqual(['done', [500]])
    expect(phases).toMatchObject([{ attention: true, command: 'aws sso login', atMs: 7 }])
  })

  it('what is final, and what is no fault of the place, is thrown at once (catches an app that waits for ever)', async () => {
    expect((await run([{ kind: 'final', cause: { ...cause, kind: 'quota' } }])).result).toBeInstanceOf(CloudError)
    expect((await run([new TypeError('ours')])).result).toBeInstanceOf(TypeError)
  })
})
