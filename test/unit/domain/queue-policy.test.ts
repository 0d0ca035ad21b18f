import { describe, expect, it } from 'vitest'
import { decideQueue, describeWait, type BusyDevice, type QueueInput, type QueuedJob } from '../../../electron/domain/queue-policy'
import { JobId } from '../../../electron/shared/ids'
import type { DeviceChoice } from '../../../electron/shared/job-spec'

const id = (name: string): JobId => JobId.parse(`job_${name.padStart(16, '0')}`)
const job = (name: string, device: DeviceChoice = { kind: 'auto' }, environmentReady = true): QueuedJob => ({ id: id(name), device, environmentReady, elsewhere: null })
const gpu = (index: number) => ({ uuid: `GPU-${index}`, index, name: `RTX ${index}` })
const onGpu = (index: number) => ({ kind: 'cuda' as const, gpuUuid: `GPU-${index}`, gpuIndex: index, gpuName: `RTX ${index}` })
const runs = (name: string, device: BusyDevice['device']): BusyDevice => ({ device, holder: { kind: 'job', jobId: id(name) } })
const input = (part: Partial<QueueInput>): QueueInput => ({ queued: [], busy: [], gpus: [], cpuThreads: 2, elsewhereRunning: 0, elsewhereLimit: 2, ...part })

describe('queue policy', () => {
  // Catches two runs that share one GPU and die of memory together.
  it('starts one job per GPU in order and makes the third wait', () => {
    const decision = decideQueue(input({ queued: [job('a'), job('b'), job('c')], gpus: [gpu(0), gpu(1)] }))
    expect(decision.start).toEqual([{ jobId: id('a'), device: onGpu(0) }, { jobId: id('b'), device: onGpu(1) }])
    expect(decision.waiting).toEqual([{ jobId: id('c'), reason: { code: 'all-gpus-busy', gpuCount: 2, holder: { kind: 'job', jobId: id('a') } } }])
  })

  it('falls back to the CPU only where there is no GPU, one at a time', () => {
    const decision = decideQueue(input({ queued: [job('a'), job('b')] }))
    expect(decision.start).toEqual([{ jobId: id('a'), device: { kind: 'cpu', threads: 2 } }])
    expect(decision.waiting).toEqual([{ jobId: id('b'), reason: { code: 'cpu-busy', holder: { kind: 'job', jobId: id('a') } } }])
    expect(decideQueue(input({ queued: [job('a')], gpus: [gpu(0)], busy: [runs('x', onGpu(0))] })).start).toEqual([])
  })

  // Catches a head of the queue that blocks jobs for other devices.
  it('lets a job for a free device pass one that waits for a busy or missing device', () => {
    const decision = decideQueue(input({
      queued: [job('a', { kind: 'cuda', gpuUuid: 'GPU-0' }), job('b', { kind: 'cuda', gpuUuid: 'GPU-9' }), job('c', { kind: 'cpu' }), job('d')],
      gpus: [gpu(0), gpu(1)],
      busy: [runs('x', onGpu(0))],
    }))
    expect(decision.start).toEqual([{ jobId: id('c'), device: { kind: 'cpu', threads: 2 } }, { jobId: id('d'), device: onGpu(1) }])
    expect(decision.waiting).toEqual([
      { jobId: id('a'), reason: { code: 'gpu-busy', gpuName: 'RTX 0', holder: { kind: 'job', jobId: id('x') } } },
      { jobId: id('b'), reason: { code: 'gpu-missing', gpuUuid: 'GPU-9' } },
    ])
  })

  it('lets jobs elsewhere run beside those here, up to their own limit, without an environment (catches a cloud job that holds a GPU)', () => {
    const cloud = (name: string): QueuedJob => ({ ...job(name, { kind: 'auto' }, false), elsewhere: { kind: 'cloud', name: 'far away' } })
    const decision = decideQueue(input({ queued: [cloud('a'), cloud('b'), job('c')], gpus: [gpu(0)], elsewhereRunning: 1, elsewhereLimit: 2 }))
    expect(decision.start).toEqual([{ jobId: id('a'), device: { kind: 'cloud', name: 'far away' } }, { jobId: id('c'), device: onGpu(0) }])
    expect(decision.waiting.map(({ reason }) => describeWait(reason, () => ''))).toEqual(['Waits for one of the jobs that run elsewhere; 2 may at once.'])
  })

  it('keeps a job without an environment waiting without holding up the next', () => {
    const decision = decideQueue(input({ queued: [job('a', { kind: 'auto' }, false), job('b')] }))
    expect(decision.start.map((entry) => entry.jobId)).toEqual([id('b')])
    expect(decision.waiting).toEqual([{ jobId: id('a'), reason: { code: 'environment-not-ready' } }])
  })

  it('names the run rather than the inference worker when both hold the device', () => {
    for (const busy of [[runs('x', onGpu(0)), { device: onGpu(0), holder: { kind: 'inference' as const } }], [{ device: onGpu(0), holder: { kind: 'inference' as const } }, runs('x', onGpu(0))]]) {
      const [first] = decideQueue(input({ queued: [job('a')], gpus: [gpu(0)], busy })).waiting
      expect(first && describeWait(first.reason, () => 'night run')).toBe('Waits for the GPU, in use by night run.')
    }
  })
})
