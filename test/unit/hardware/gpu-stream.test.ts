import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CpuMeter } from '../../../electron/hardware/cpu-meter'
import { GpuStream } from '../../../electron/hardware/gpu-stream'
import type { GpuStreamChild } from '../../../electron/hardware/gpu-stream'
import { HardwareSampler } from '../../../electron/hardware/hardware-sampler'
import { HardwareSample } from '../../../electron/shared/hardware'
import type { HardwareSample as Sample } from '../../../electron/shared/hardware'

/** A child process that says what a test tells it to; `mortal: false` is one that SIGKILL does not end. */
class FakeChild extends EventEmitter implements GpuStreamChild {
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly signals: string[] = []
  readonly args: readonly string[]
  mortal = true

  constructor(args: readonly string[]) {
    super()
    this.args = args
  }

  kill(signal: NodeJS.Signals): boolean {
    this.signals.push(signal)
    if (this.mortal) this.emit('close')
    return true
  }
}

const line = (index: number, used = 100) => `${index}, GPU-${index}, 50, ${used}, 1000, 60, 100.00, 200.00, 1500, 0x0000000000000000\n`
const children: FakeChild[] = []
const program = (path: string | null = '/usr/bin/nvidia-smi') => ({
  findProgram: () => Promise.resolve(path),
  spawnProgram: (_file: string, args: readonly string[]) => {
    const child = new FakeChild(args)
    children.push(child)
    return child
  },
})
/** Writes and lets the stream deliver; fake timers leave nextTick and promises real. */
async function say(child: FakeChild | undefined, text: string): Promise<void> {
  child?.stdout.write(text)
  await vi.advanceTimersByTimeAsync(0)
}

beforeEach(() => {
  vi.useFakeTimers()
  children.length = 0
})
afterEach(() => {
  vi.useRealTimers()
})

describe('GpuStream', () => {
  it('joins torn lines, keeps the last per GPU and sorts by index', async () => {
    const stream = new GpuStream(program(), 1000)
    await vi.advanceTimersByTimeAsync(0)
    await say(children[0], line(1) + line(0, 1).slice(0, 20))
    await say(children[0], line(0, 1).slice(20) + line(0, 7))
    expect(stream.readings().map(({ index, memoryUsedBytes }) => [index, memoryUsedBytes])).toEqual([
      [0, 7 * 1024 * 1024],
      [1, 100 * 1024 * 1024],
    ])
    expect(children).toHaveLength(1)
    expect(children[0]?.args).toEqual([expect.stringMatching(/^--query-gpu=index,uuid,/), '--format=csv,noheader,nounits', '-lms', '1000'])
    stream.dispose()
  })

  it('gives no reading that is older than three seconds (would catch a frozen gauge that looks live)', async () => {
    const stream = new GpuStream(program(), 1000)
    await vi.advanceTimersByTimeAsync(0)
    await say(children[0], line(0))
    await vi.advanceTimersByTimeAsync(2_900)
    expect(stream.readings()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(stream.readings()).toEqual([])
    stream.dispose()
  })

  it('restarts a process that dies with growing pauses up to a minute (would catch a fork a second)', async () => {
    const stream = new GpuStream(program(), 1000)
    await vi.advanceTimersByTimeAsync(0)
    const startsAtS: number[] = []
    for (let second = 0; second < 300; second += 1) {
      const child = children.at(-1)
      if (child !== undefined && children.length > startsAtS.length) {
        startsAtS.push(second)
        child.emit('close')
      }
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect(startsAtS).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
    stream.dispose()
  })

  it('forgets the pauses after a healthy time', async () => {
    const stream = new GpuStream(program(), 1000)
    await vi.advanceTimersByTimeAsync(0)
    children[0]?.emit('close')
    await vi.advanceTimersByTimeAsync(1_000)
    children[1]?.emit('close')
    await vi.advanceTimersByTimeAsync(2_000)
    for (let second = 0; second < 31; second += 1) {
      await say(children[2], line(0))
      await vi.advanceTimersByTimeAsync(1_000)
    }
    children[2]?.emit('close')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(children).toHaveLength(4)
    stream.dispose()
  })

  it('falls back to the core fields when the driver refuses one', async () => {
    const stream = new GpuStream(program(), 1000)
    await vi.advanceTimersByTimeAsync(0)
    expect(children[0]?.args[0]).toContain('clocks_throttle_reasons.active')
    await say(children[0], 'Field "clocks_throttle_reasons.active" is not a valid field to query.\n\n')
    children[0]?.emit('close')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(children[1]?.args[0]).toBe('--query-gpu=index,uuid,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,power.limit')
    await say(children[1], '0, GPU-0, 50, 100, 1000, 60, 100.00, 200.00\n')
    expect(stream.readings()).toMatchObject([{ uuid: 'GPU-0', throttled: null }])
    stream.dispose()
  })

  it('kills a silent process, and starts no second one beside it while it does not die', async () => {
    const stream = new GpuStream(program(), 1000)
    await vi.advanceTimersByTimeAsync(0)
    const stuck = children[0]
    if (stuck !== undefined) stuck.mortal = false
    await say(stuck, line(0))
    for (let second = 0; second < 14; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000)
      await say(stuck, 'some message\n')
    }
    expect(stuck?.signals).toEqual([])
    await vi.advanceTimersByTimeAsync(1_100)
    expect(stuck?.signals).toEqual(['SIGKILL'])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(children).toHaveLength(1)
    stuck?.emit('close')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(children).toHaveLength(2)
    stream.dispose()
  })

  it('looks for a driver again once a minute, and survives a start that fails', async () => {
    let path: string | null = null
    const find = vi.fn(() => Promise.resolve(path))
    const stream = new GpuStream({ ...program(), findProgram: find }, 1000)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(find).toHaveBeenCalledTimes(1)
    path = '/usr/bin/nvidia-smi'
    await vi.advanceTimersByTimeAsync(1_000)
    expect(children).toHaveLength(1)
    children[0]?.emit('error', new Error('EACCES'))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(children).toHaveLength(2)
    stream.dispose()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('HardwareSampler', () => {
  it('runs one process for all listeners and stops it with the last (would catch a process left behind)', async () => {
    const sampler = new HardwareSampler(program())
    const seen: Sample[] = []
    const listener = (sample: Sample) => void seen.push(sample)
    const first = sampler.subscribe(listener)
    const second = sampler.subscribe(listener)
    await vi.advanceTimersByTimeAsync(0)
    await say(children[0], line(0))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(seen).toHaveLength(2)
    expect(HardwareSample.parse(seen[0])).toEqual(seen[0])
    expect(seen[0]?.gpus).toMatchObject([{ uuid: 'GPU-0', utilisationPercent: 50 }])
    first()
    first()
    await say(children[0], line(0))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(seen).toHaveLength(3)
    expect(children).toHaveLength(1)
    expect(children[0]?.signals).toEqual([])
    second()
    expect(children[0]?.signals).toEqual(['SIGKILL'])
    expect(vi.getTimerCount()).toBe(0)
    const third = sampler.subscribe(listener)
    await vi.advanceTimersByTimeAsync(0)
    expect(children).toHaveLength(2)
    third()
  })

  it('samples CPU and memory on a machine without a GPU', async () => {
    const sampler = new HardwareSampler(program(null))
    const seen: Sample[] = []
    sampler.subscribe((sample) => void seen.push(sample))
    await vi.advanceTimersByTimeAsync(3_000)
    expect(seen).toHaveLength(3)
    expect(seen[2]).toMatchObject({ gpus: [] })
    expect(seen[2]?.memoryUsedBytes).toBeGreaterThan(0)
    expect(seen[2]?.tMs).toBe((seen[0]?.tMs ?? 0) + 2_000)
    sampler.dispose()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('starts no process when the last listener left while nvidia-smi was looked for', async () => {
    const sampler = new HardwareSampler(program())
    sampler.subscribe(() => undefined)()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(children).toHaveLength(0)
  })
})

describe('CpuMeter', () => {
  const core = (user: number, idle: number) => ({ model: '', speed: 0, times: { user, nice: 0, sys: 0, irq: 0, idle } })

  it('gives the load between two reads over all cores, and null where the counters stand still', () => {
    const reads = [
      [core(0, 0), core(100, 100)],
      [core(100, 0), core(100, 200)],
      [core(100, 0), core(100, 200)],
      [],
    ]
    const meter = new CpuMeter(() => reads.shift() ?? [])
    expect(meter.read()).toBe(50)
    expect(meter.read()).toBeNull()
    expect(meter.read()).toBeNull()
  })
})
