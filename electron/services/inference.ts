import { AppError } from '../shared/app-error'
import type { Precision } from '../shared/comparison'
import type { Device, LocalDevice } from '../shared/job-spec'
import type { BusyDevice } from '../domain/queue-policy'
import { deviceKey } from '../domain/queue-policy'
import type { InferenceWorker } from '../inference/inference-worker'
import type { Environments } from './environments'

/** Where answers are made, and why there. `note` is a sentence for the user, or null where it is the usual place. */
export interface InferencePlace {
  readonly device: LocalDevice
  readonly name: string
  readonly note: string | null
}

/** The worker as its users see it. */
export type Answerer = Pick<InferenceWorker, 'alive' | 'load' | 'generate' | 'score' | 'merge' | 'close'>

export interface InferenceDeps {
  readonly start: (python: string, device: LocalDevice) => Answerer
  readonly environments: Pick<Environments, 'forDevice'>
  /** The device to use now: a free GPU, else the CPU with the reason. */
  readonly place: () => InferencePlace
  /** Nobody waits for an answer: a run may take the device now. */
  readonly onIdle: () => void
}

/** A worker that nobody asked for so long gives its memory back. */
export const idleCloseMs = 120_000

/** One worker for comparison, chat and merging; it answers one request after the other. */
export function createInference(deps: InferenceDeps) {
  let current: { readonly worker: Answerer; readonly place: InferencePlace } | null = null
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let idle: ReturnType<typeof setTimeout> | null = null
  let closed = false

  const closeCurrent = async (): Promise<void> => {
    const closing = current
    current = null
    await closing?.worker.close()
  }

  const ready = async (): Promise<{ worker: Answerer; place: InferencePlace }> => {
    if (closed) throw new AppError('CANCELLED', 'the app is closing')
    const place = deps.place()
    if (current !== null && (!current.worker.alive || deviceKey(current.place.device) !== deviceKey(place.device))) await closeCurrent()
    if (current === null) {
      const python = deps.environments.forDevice(place.device.kind)?.pythonPath
      if (python === null || python === undefined) throw new AppError('ENVIRONMENT_NOT_READY', 'answers need a Python environment')
      current = { worker: deps.start(python, place.device), place }
    }
    return { worker: current.worker, place }
  }

  /** Waits for its turn, then runs with the worker. */
  const run = async <T>(work: (worker: Answerer, place: InferencePlace) => Promise<T>): Promise<T> => {
    if (idle !== null) clearTimeout(idle)
    waiting += 1
    const mine = turn.then(async () => {
      const { worker, place } = await ready()
      return work(worker, place)
    })
    turn = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      waiting -= 1
      if (waiting === 0) {
        idle = setTimeout(() => void closeCurrent(), idleCloseMs)
        idle.unref()
        if (!closed) deps.onIdle()
      }
    }
  }

  return {
    run,
    /** As `run`, with a base loaded at a precision first. */
    with: <T>(base: string, precision: Precision, work: (worker: Answerer, place: InferencePlace) => Promise<T>): Promise<T> =>
      run(async (worker, place) => {
        await worker.load(base, precision)
        return work(worker, place)
      }),
    /** The GPU that is answering right now; the queue waits for it. An idle worker holds nothing: `release` takes it back. */
    busy: (): readonly BusyDevice[] => (current === null || waiting === 0 || current.place.device.kind === 'cpu' ? [] : [{ device: current.place.device, holder: { kind: 'inference' } }]),
    /** Frees the memory of a device before a run starts on it. */
    async release(device: Device): Promise<void> {
      if (current !== null && waiting === 0 && deviceKey(current.place.device) === deviceKey(device)) await closeCurrent()
    },
    /** Ends the worker, whatever it does; those who wait are told. */
    async close(): Promise<void> {
      closed = true
      if (idle !== null) clearTimeout(idle)
      await closeCurrent()
    },
  }
}
export type Inference = ReturnType<typeof createInference>
