import type { JobId } from '../shared/ids'
import type { Device, DeviceChoice } from '../shared/job-spec'

/** A GPU that the driver answers for right now. */
export interface QueueGpu {
  readonly uuid: string
  readonly index: number
  readonly name: string
}

export interface QueuedJob {
  readonly id: JobId
  readonly device: DeviceChoice
  /** False while no Python environment can run it; such a job keeps its place and blocks nobody. */
  readonly environmentReady: boolean
  /** Where it runs instead of on this machine: it needs no device and no environment here. Null for a local job. */
  readonly elsewhere: Device | null
}

/** Who holds a device: a run, or the inference worker of a comparison or chat. */
export type Holder = { readonly kind: 'job'; readonly jobId: JobId } | { readonly kind: 'inference' }

export interface BusyDevice {
  readonly device: Device
  readonly holder: Holder
}

export interface QueueInput {
  /** In the order in which they wait. */
  readonly queued: readonly QueuedJob[]
  readonly busy: readonly BusyDevice[]
  readonly gpus: readonly QueueGpu[]
  /** Threads that a run on the CPU gets. */
  readonly cpuThreads: number
  /** Jobs that run elsewhere now, and how many may. */
  readonly elsewhereRunning: number
  readonly elsewhereLimit: number
}

/** Why a queued job does not start. */
export type WaitReason =
  | { readonly code: 'environment-not-ready' }
  | { readonly code: 'gpu-missing'; readonly gpuUuid: string }
  | { readonly code: 'gpu-busy'; readonly gpuName: string; readonly holder: Holder }
  | { readonly code: 'all-gpus-busy'; readonly gpuCount: number; readonly holder: Holder }
  | { readonly code: 'cpu-busy'; readonly holder: Holder }
  | { readonly code: 'elsewhere-limit'; readonly limit: number }

export interface QueueDecision {
  readonly start: readonly { readonly jobId: JobId; readonly device: Device }[]
  readonly waiting: readonly { readonly jobId: JobId; readonly reason: WaitReason }[]
}

/** One run per GPU, one on the CPU, so many elsewhere; first come first served per device; `auto` takes any free GPU, and the CPU only where there is no GPU. */
export function decideQueue(input: QueueInput): QueueDecision {
  const start: { jobId: JobId; device: Device }[] = []
  const waiting: { jobId: JobId; reason: WaitReason }[] = []
  const holders = new Map<string, Holder>()
  for (const { device, holder } of input.busy) {
    const key = deviceKey(device)
    // The inference worker gives way on request, a run does not: the run is the better reason to show.
    if (!holders.has(key) || holder.kind === 'job') holders.set(key, holder)
  }
  let elsewhere = input.elsewhereRunning
  for (const job of input.queued) {
    if (job.elsewhere !== null) {
      if (elsewhere >= input.elsewhereLimit) waiting.push({ jobId: job.id, reason: { code: 'elsewhere-limit', limit: input.elsewhereLimit } })
      else {
        start.push({ jobId: job.id, device: job.elsewhere })
        elsewhere += 1
      }
      continue
    }
    const found = place(job, input, holders)
    if ('code' in found) waiting.push({ jobId: job.id, reason: found })
    else {
      start.push({ jobId: job.id, device: found })
      holders.set(deviceKey(found), { kind: 'job', jobId: job.id })
    }
  }
  return { start, waiting }
}

function place(job: QueuedJob, input: QueueInput, holders: ReadonlyMap<string, Holder>): Device | WaitReason {
  if (!job.environmentReady) return { code: 'environment-not-ready' }
  const choice = job.device
  if (choice.kind === 'cuda') {
    const gpu = input.gpus.find((candidate) => candidate.uuid === choice.gpuUuid)
    if (gpu === undefined) return { code: 'gpu-missing', gpuUuid: choice.gpuUuid }
    const holder = holders.get(gpu.uuid)
    return holder === undefined ? cuda(gpu) : { code: 'gpu-busy', gpuName: gpu.name, holder }
  }
  if (choice.kind === 'auto' && input.gpus.length > 0) {
    const free = input.gpus.find((gpu) => !holders.has(gpu.uuid))
    if (free !== undefined) return cuda(free)
    const first = input.gpus.map((gpu) => holders.get(gpu.uuid)).find((holder) => holder !== undefined)
    return { code: 'all-gpus-busy', gpuCount: input.gpus.length, holder: first ?? { kind: 'inference' } }
  }
  const holder = holders.get('cpu')
  return holder === undefined ? { kind: 'cpu', threads: input.cpuThreads } : { code: 'cpu-busy', holder }
}

function cuda(gpu: QueueGpu): Device {
  return { kind: 'cuda', gpuUuid: gpu.uuid, gpuIndex: gpu.index, gpuName: gpu.name }
}

/** What two holders of one device have in common: the GPU's uuid, or `cpu`. Jobs elsewhere hold no device of this machine. */
export function deviceKey(device: Device): string {
  return device.kind === 'cuda' ? device.gpuUuid : device.kind
}

/** A wait reason as a sentence; `nameOf` gives the name of a job. */
export function describeWait(reason: WaitReason, nameOf: (jobId: JobId) => string): string {
  const holder = (by: Holder): string => (by.kind === 'inference' ? 'the model that answers prompts' : nameOf(by.jobId))
  switch (reason.code) {
    case 'environment-not-ready':
      return 'Waits for a Python environment that is ready.'
    case 'gpu-missing':
      return 'Waits for its GPU, which does not answer. Edit the job to use another device.'
    case 'gpu-busy':
      return `Waits for ${reason.gpuName}, in use by ${holder(reason.holder)}.`
    case 'all-gpus-busy':
      return reason.gpuCount === 1 ? `Waits for the GPU, in use by ${holder(reason.holder)}.` : `Waits for a free GPU; all ${reason.gpuCount} are in use.`
    case 'cpu-busy':
      return `Waits for the CPU, in use by ${holder(reason.holder)}.`
    case 'elsewhere-limit':
      return reason.limit === 1 ? 'Waits for the job that runs elsewhere; one may at a time.' : `Waits for one of the jobs that run elsewhere; ${reason.limit} may at once.`
  }
}
