import { create } from 'zustand'
import type { Gpu, HardwareSample, HardwareState } from '../../../electron/shared/hardware'
import { request } from '../bridge'

interface Hardware {
  readonly machine: HardwareState | null
  /** The newest live reading. */
  readonly latest: HardwareSample | null
  readonly checking: boolean
  load(): Promise<void>
  /** Asks the driver again. */
  refresh(): Promise<void>
  takeState(machine: HardwareState): void
  takeSamples(samples: readonly HardwareSample[]): void
}

export const useHardware = create<Hardware>((set) => ({
  machine: null,
  latest: null,
  checking: false,
  async load() {
    set({ machine: await request('hardware.state') })
  },
  async refresh() {
    set({ checking: true })
    try {
      set({ machine: await request('hardware.refresh') })
    } finally {
      set({ checking: false })
    }
  },
  takeState: (machine) => {
    set({ machine })
  },
  takeSamples: (samples) => {
    const latest = samples.at(-1)
    if (latest !== undefined) set({ latest })
  },
}))

/** The GPUs that can be used; empty where there are none or the driver fails. */
export const gpusOf = (machine: HardwareState | null): readonly Gpu[] => (machine?.gpus.kind === 'ok' ? machine.gpus.gpus : [])
