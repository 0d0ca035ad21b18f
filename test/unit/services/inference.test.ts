import { describe, expect, it } from 'vitest'
import { inferencePlace } from '../../../electron/engine/inference-place'
import { createInference } from '../../../electron/services/inference'
import type { Answerer, InferencePlace } from '../../../electron/services/inference'
import type { LocalDevice } from '../../../electron/shared/job-spec'
import type { HardwareState } from '../../../electron/shared/hardware'
import { defaultSettings } from '../../../electron/shared/default-settings'

const cuda = (index: number) => ({ kind: 'cuda' as const, gpuUuid: `GPU-${index}`, gpuIndex: index, gpuName: `Card ${index}` })
const cpu = { kind: 'cpu' as const, threads: 1 }
const place = (device: LocalDevice): InferencePlace => ({ device, name: device.kind, note: null })

/** A worker without a process; the test decides when it answers. */
function fakeWorkers() {
  const started: { readonly device: LocalDevice; closed: boolean; alive: boolean; finish: () => void }[] = []
  const start = (_python: string, device: LocalDevice): Answerer => {
    const entry = { device, closed: false, alive: true, finish: (): void => undefined }
    started.push(entry)
    const none = () => Promise.reject(new Error('the fake does no such thing'))
    return {
      get alive() {
        return entry.alive
      },
      load: () => Promise.resolve({ dtype: 'float32', loadMs: 1 }), score: none, generate: none,
      merge: () => new Promise<void>((resolve) => (entry.finish = resolve)),
      close: () => ((entry.closed = true), (entry.alive = false), Promise.resolve()),
    }
  }
  return { started, start }
}

function setUp(first: LocalDevice) {
  const workers = fakeWorkers()
  const state = { place: place(first), idle: 0, ready: true }
  const inference = createInference({
    start: workers.start, environments: { forDevice: () => (state.ready ? ({ pythonPath: '/python' } as never) : null) }, place: () => state.place, onIdle: () => (state.idle += 1),
  })
  return { ...workers, inference, state }
}
const quick = (worker: Answerer) => worker.load('base', 'float32')

describe('the one inference worker', () => {
  it('answers one after the other, holds the GPU while somebody waits, and tells when it is free', async () => {
    const { inference, started, state } = setUp(cuda(0))
    const order: string[] = []
    const first = inference.run(async (worker) => (await worker.merge('', '', ''), order.push('first')))
    const second = inference.run(async (worker) => (await quick(worker), order.push('second')))
    await Promise.resolve()
    expect(inference.busy()).toMatchObject([{ device: { gpuUuid: 'GPU-0' }, holder: { kind: 'inference' } }])
    await inference.release(cuda(0))
    expect(started[0]?.closed).toBe(false)
    started[0]?.finish()
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
    expect([started.length, inference.busy(), state.idle]).toEqual([1, [], 1])
    await inference.release(cuda(1))
    expect(started[0]?.closed).toBe(false)
    await inference.release(cuda(0))
    expect(started[0]?.closed).toBe(true)
  })

  it('moves to the CPU when a run takes its GPU, and does not keep two models in memory', async () => {
    const { inference, started, state } = setUp(cuda(0))
    await inference.run(quick)
    state.place = place(cpu)
    await inference.run(quick)
    expect(started.map(({ device, closed }) => [device.kind, closed])).toEqual([['cuda', true], ['cpu', false]])
    expect(inference.busy()).toEqual([])
  })

  it('starts a new worker after one died, and none after the end', async () => {
    const { inference, started } = setUp(cpu)
    await inference.run(quick)
    if (started[0] !== undefined) started[0].alive = false
    await inference.run(quick)
    expect(started).toHaveLength(2)
    await inference.close()
    await expect(inference.run(quick)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(started).toHaveLength(2)
  })

  it('needs an environment, and a failure does not block the next request', async () => {
    const { inference, state } = setUp(cpu)
    state.ready = false
    await expect(inference.run(quick)).rejects.toMatchObject({ code: 'ENVIRONMENT_NOT_READY' })
    state.ready = true
    await expect(inference.run(quick)).resolves.toMatchObject({ dtype: 'float32' })
  })
})

describe('where answers are made', () => {
  const gpus = [0, 1].map((index) => ({ uuid: `GPU-${index}`, index, name: `Card ${index}` }))
  const hardware = { gpus: { kind: 'ok', gpus }, cpu: { model: 'Some CPU' } } as unknown as HardwareState
  const jobs = (...held: readonly LocalDevice[]) => ({ inStates: () => held.map((device, run) => ({ device, name: `run ${run}` }) as never) })

  const ready = (...kinds: readonly string[]): Parameters<typeof inferencePlace>[3] => ({ forDevice: (kind) => (kinds.includes(kind) ? ({} as never) : null) })
  const both = ready('cpu', 'cuda')

  it('takes a GPU that no run holds, the preferred one first', () => {
    expect(inferencePlace(hardware, jobs(), defaultSettings, both).device).toEqual(cuda(0))
    expect(inferencePlace(hardware, jobs(), { ...defaultSettings, preferredGpu: 'GPU-1' }, both).device).toEqual(cuda(1))
    expect(inferencePlace(hardware, jobs(cuda(0)), defaultSettings, both)).toEqual({ device: cuda(1), name: 'Card 1', note: null })
  })
  it('uses the CPU while runs hold every GPU, and says so; without a GPU there is nothing to say', () => {
    expect(inferencePlace(hardware, jobs(cuda(0), cuda(1)), defaultSettings, both)).toEqual({ device: cpu, name: 'Some CPU', note: 'Uses the CPU, because run 0 holds the GPU.' })
    expect(inferencePlace(null, jobs(cpu), defaultSettings, both)).toEqual({ device: cpu, name: 'CPU', note: null })
  })
  // Catches a machine with a GPU on which a model that was trained on the CPU can never be compared.
  it('uses the CPU where only its environment is ready, and says so', () => {
    expect(inferencePlace(hardware, jobs(), defaultSettings, ready('cpu'))).toEqual({ device: cpu, name: 'Some CPU', note: 'Uses the CPU, because there is no environment for the GPU.' })
    expect(inferencePlace(hardware, jobs(), defaultSettings, ready()).device).toEqual(cuda(0))
  })
})
