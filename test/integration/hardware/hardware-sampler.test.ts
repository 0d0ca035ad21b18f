import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { HardwareSampler } from '../../../electron/hardware/hardware-sampler'
import type { HardwareSample } from '../../../electron/shared/hardware'

const fakeProgram = join(import.meta.dirname, '../../fixtures/nvidia-smi/fake-nvidia-smi.mjs')
const rows = [
  '0, GPU-a, 98, 18231, 24576, 71, 349.71, 350.00, 1665, 0x0000000000000004',
  '1, GPU-b, [N/A], [N/A], [N/A], 35, [N/A], [N/A], 210, 0x0000000000000001',
]

describe.skipIf(process.platform === 'win32')('HardwareSampler with a real process', () => {
  it('streams two GPUs, survives the death of the process, and leaves none behind', { timeout: 30_000 }, async () => {
    const children: ChildProcess[] = []
    const sampler = new HardwareSampler({
      findProgram: () => Promise.resolve(fakeProgram),
      spawnProgram: (file, args) => {
        const child = spawn(file, [...args], {
          stdio: ['ignore', 'pipe', 'pipe'],
          // The first process ends after three ticks; the next one lives on.
          env: { ...process.env, FAKE_NVIDIA_SMI: JSON.stringify({ rows, ...(children.length === 0 ? { ticks: 3, code: 1 } : {}) }) },
        })
        children.push(child)
        return child
      },
    })
    const samples: HardwareSample[] = []
    const unsubscribe = sampler.subscribe((sample) => void samples.push(sample))
    await vi.waitUntil(() => samples.some(({ gpus }) => gpus.length === 2), { timeout: 10_000 })
    const full = samples.find(({ gpus }) => gpus.length === 2)
    expect(full?.gpus[0]).toMatchObject({ uuid: 'GPU-a', powerWatts: 349.71, throttled: false })
    expect(full?.gpus[1]).toMatchObject({ uuid: 'GPU-b', memoryTotalBytes: null, utilisationPercent: null, temperatureCelsius: 35 })

    await vi.waitUntil(() => children.length === 2, { timeout: 15_000 })
    const restartedAtMs = Date.now()
    await vi.waitUntil(() => samples.some(({ tMs, gpus }) => tMs > restartedAtMs + 2_000 && gpus.length === 2), { timeout: 10_000 })
    expect(children[0]?.exitCode).toBe(1)

    unsubscribe()
    await vi.waitUntil(() => children[1]?.signalCode === 'SIGKILL', { timeout: 5_000 })
    expect(children).toHaveLength(2)
  })
})
