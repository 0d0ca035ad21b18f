import { describe, expect, it } from 'vitest'
import type { QueueGpu } from '../../../electron/domain/queue-policy'
import { createQueue } from '../../../electron/services/queue'
import type { Device } from '../../../electron/shared/job-spec'
import { jobId, newJob, openTemporary } from '../storage/storage-fixtures'

const gpu: QueueGpu = { uuid: 'GPU-0', index: 0, name: 'Card' }

describe('the queue at the start of the app', () => {
  // Catches a job for any device that begins on the CPU because the run before it ended before the GPU was looked for.
  it('starts nothing before it is known which GPUs there are', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const started: (readonly [string, Device])[] = []
    let gpus: readonly QueueGpu[] | null = null
    const queue = createQueue({
      jobs: stores.jobs, environments: { forDevice: () => ({}) as never }, gpus: () => gpus, cpuThreads: () => 2, inferenceDevices: () => [], elsewhere: () => null, elsewhereLimit: () => 1,
      onChanged: () => undefined, runs: { start: (id, device) => Promise.resolve(void started.push([id, device])) },
    })
    queue.tick()
    expect(started).toEqual([])
    gpus = [gpu]
    queue.tick()
    expect(started).toEqual([[jobId(1), { kind: 'cuda', gpuUuid: 'GPU-0', gpuIndex: 0, gpuName: 'Card' }]])
  })
})
