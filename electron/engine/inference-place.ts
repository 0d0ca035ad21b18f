import type { HardwareState } from '../shared/hardware'
import { activeStates } from '../shared/job-state-groups'
import type { AppSettings } from '../shared/settings'
import type { Environments } from '../services/environments'
import type { InferencePlace } from '../services/inference'
import type { JobsStore } from '../storage/jobs-store'

/** A GPU that no run holds, the preferred one first; else the CPU, with the reason where there is a GPU. */
export function inferencePlace(hardware: HardwareState | null, jobs: Pick<JobsStore, 'inStates'>, settings: AppSettings, environments: Pick<Environments, 'forDevice'>): InferencePlace {
  const gpus = hardware?.gpus.kind === 'ok' ? hardware.gpus.gpus : []
  const onCpu = (note: string | null): InferencePlace => ({ device: { kind: 'cpu', threads: settings.cpuThreads }, name: hardware?.cpu.model ?? 'CPU', note })
  // Someone who trains on the CPU beside a GPU can compare there as well.
  if (gpus.length > 0 && environments.forDevice('cuda') === null && environments.forDevice('cpu') !== null) return onCpu('Uses the CPU, because there is no environment for the GPU.')
  const active = jobs.inStates(activeStates)
  const held = new Map(active.flatMap(({ device, name }) => (device?.kind === 'cuda' ? [[device.gpuUuid, name] as const] : [])))
  const free = [...gpus].sort((a, b) => Number(b.uuid === settings.preferredGpu) - Number(a.uuid === settings.preferredGpu)).find(({ uuid }) => !held.has(uuid))
  if (free !== undefined) return { device: { kind: 'cuda', gpuUuid: free.uuid, gpuIndex: free.index, gpuName: free.name }, name: free.name, note: null }
  const holder = [...held.values()][0]
  return onCpu(holder === undefined ? null : `Uses the CPU, because ${holder} holds the GPU.`)
}
