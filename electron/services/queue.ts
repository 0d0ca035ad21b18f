import type { JobId } from '../shared/ids'
import type { Device, JobRequest } from '../shared/job-spec'
import { activeStates } from '../shared/job-state-groups'
import { decideQueue, describeWait } from '../domain/queue-policy'
import type { BusyDevice, QueueGpu } from '../domain/queue-policy'
import type { JobsStore } from '../storage/jobs-store'
import type { Environments } from './environments'
import type { Runs } from './runs'

export interface QueueDeps {
  readonly jobs: JobsStore
  readonly runs: Pick<Runs, 'start'>
  readonly environments: Pick<Environments, 'forDevice'>
  /** Null while it is not known yet which GPUs there are. */
  readonly gpus: () => readonly QueueGpu[] | null
  readonly cpuThreads: () => number
  /** Devices that the inference worker holds and that it did not give up when asked. */
  readonly inferenceDevices: () => readonly BusyDevice[]
  /** The device of a job that runs elsewhere; null for a local one. */
  readonly elsewhere: (request: JobRequest) => Device | null
  readonly elsewhereLimit: () => number
  readonly onChanged: (jobId: JobId) => void
}

/** Starts what may start and says of the rest why it waits. Call `tick` whenever something changed, the hardware included; it can't start a job twice. */
export function createQueue(deps: QueueDeps) {
  const { jobs } = deps

  const tick = (): void => {
    const gpus = deps.gpus()
    // A job that takes any device must not begin on the CPU because the GPU was not looked for yet.
    if (gpus === null) return
    const active = jobs.inStates(activeStates)
    const busy: BusyDevice[] = active.flatMap(({ id, device }) => (device === null || device.kind === 'cloud' ? [] : [{ device, holder: { kind: 'job' as const, jobId: id } }]))
    const queued = jobs.inStates(['queued'])
    const decision = decideQueue({
      queued: queued.map(({ id, request }) => ({
        id, device: request.device, elsewhere: deps.elsewhere(request),
        environmentReady: deps.environments.forDevice(request.device.kind === 'cpu' || gpus.length === 0 ? 'cpu' : 'cuda') !== null,
      })),
      busy: [...busy, ...deps.inferenceDevices()],
      gpus,
      cpuThreads: deps.cpuThreads(),
      elsewhereRunning: active.filter(({ device }) => device?.kind === 'cloud').length,
      elsewhereLimit: deps.elsewhereLimit(),
    })
    const waitsFor = new Map(decision.waiting.map(({ jobId, reason }) => [jobId, describeWait(reason, (id) => jobs.summary(id).name)]))
    for (const { id } of queued) {
      const reason = waitsFor.get(id) ?? null
      if (reason === jobs.summary(id).waitingFor) continue
      jobs.patch(id, { waitingFor: reason })
      deps.onChanged(id)
    }
    // Each start moves its job out of `queued` before it first waits, so a second tick can't take it again.
    for (const { jobId, device } of decision.start) void deps.runs.start(jobId, device)
  }

  return { tick }
}
export type Queue = ReturnType<typeof createQueue>
