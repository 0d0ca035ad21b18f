import type { HardwareSample, HardwareState } from '../shared/hardware'
import type { JobId } from '../shared/ids'
import type { QueueGpu } from '../domain/queue-policy'
import type { HardwareStore } from '../storage/hardware-store'
import type { JobsStore } from '../storage/jobs-store'

export interface HardwareDeps {
  readonly probe: () => Promise<HardwareState>
  readonly sampler: { subscribe(listener: (sample: HardwareSample) => void): () => void }
  readonly store: HardwareStore
  readonly jobs: JobsStore
  readonly runningJobs: () => readonly JobId[]
  readonly onSamples: (samples: readonly HardwareSample[]) => void
  readonly onState: (state: HardwareState) => void
}

/** Ten minutes at one sample a second. */
const keptSamples = 600

/** Knows the machine: a probe when asked, live samples while a window watches or a run is active. */
export function createHardware(deps: HardwareDeps) {
  let state: HardwareState | null = null
  let probing: Promise<HardwareState> | null = null
  const recent: HardwareSample[] = []
  let watchers = 0
  let unsubscribe: (() => void) | null = null

  const probe = (): Promise<HardwareState> => {
    probing ??= deps.probe().then((found) => {
      state = found
      deps.onState(found)
      return found
    }).finally(() => {
      probing = null
    })
    return probing
  }

  const onSample = (sample: HardwareSample): void => {
    recent.push(sample)
    if (recent.length > keptSamples) recent.shift()
    for (const id of deps.runningJobs()) deps.store.append(deps.jobs.rowOf(id), [sample])
    if (watchers > 0) deps.onSamples([sample])
  }
  const settle = (): void => {
    const wanted = watchers > 0 || deps.runningJobs().length > 0
    if (wanted && unsubscribe === null) unsubscribe = deps.sampler.subscribe(onSample)
    if (!wanted && unsubscribe !== null) {
      unsubscribe()
      unsubscribe = null
    }
  }

  return {
    /** What the last probe found; the first call probes. */
    state: (): Promise<HardwareState> => (state === null ? probe() : Promise.resolve(state)),
    /** Probes again, also for a plan: it wants the memory that is free now, not at the start of the app. */
    refresh: probe,
    known: (): HardwareState | null => state,
    /** The GPUs that answered the last probe; null before the first one, when nobody knows whether there is a GPU. */
    gpus: (): readonly QueueGpu[] | null => (state === null ? null : state.gpus.kind === 'ok' ? state.gpus.gpus.map(({ uuid, index, name }) => ({ uuid, index, name })) : []),
    driverVersion: async (): Promise<string | null> => {
      const { gpus } = state ?? (await probe())
      return gpus.kind === 'ok' ? gpus.driverVersion : null
    },
    recent: (seconds: number): readonly HardwareSample[] => recent.slice(-seconds),
    ofJob: (id: JobId, maxSamples: number): readonly HardwareSample[] => deps.store.read(deps.jobs.rowOf(id), maxSamples),
    /** One window begins to watch; call the result once when it stops. */
    watch(): () => void {
      watchers += 1
      settle()
      let watching = true
      return () => {
        if (!watching) return
        watching = false
        watchers -= 1
        settle()
      }
    },
    /** Call when a run began or ended. */
    settle,
    close(): void {
      unsubscribe?.()
      unsubscribe = null
    },
  }
}
export type Hardware = ReturnType<typeof createHardware>
