import { spawn } from 'node:child_process'
import { freemem, totalmem } from 'node:os'
import type { HardwareSample } from '../shared/hardware'
import { CpuMeter } from './cpu-meter'
import { findNvidiaSmi } from './gpu-probe'
import { GpuStream } from './gpu-stream'
import type { GpuStreamChild, GpuStreamProgram } from './gpu-stream'

/** Time between two samples. */
export const SAMPLE_INTERVAL_MS = 1_000

const installedProgram: GpuStreamProgram = {
  findProgram: () => findNvidiaSmi(),
  spawnProgram: (file, args): GpuStreamChild =>
    spawn(file, [...args], { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true, env: { ...process.env, LC_ALL: 'C' } }),
}

/**
 * Samples the machine once a second while anybody listens: CPU and memory from the system, GPUs from one long-lived
 * `nvidia-smi -lms` process. On a machine without a GPU, or while its driver hangs, `gpus` is empty and the rest goes on.
 */
export class HardwareSampler {
  readonly #listeners = new Set<(sample: HardwareSample) => void>()
  readonly #program: GpuStreamProgram
  #stop: (() => void) | null = null

  constructor(program: GpuStreamProgram = installedProgram) {
    this.#program = program
  }

  /** Starts sampling with the first listener and stops with the last; returns the unsubscribe, which may be called twice. */
  subscribe(listener: (sample: HardwareSample) => void): () => void {
    // Wrapped, so that one function subscribed twice counts twice.
    const entry = (sample: HardwareSample) => {
      listener(sample)
    }
    this.#listeners.add(entry)
    this.#stop ??= this.#start()
    return () => {
      this.#listeners.delete(entry)
      if (this.#listeners.size === 0) this.dispose()
    }
  }

  /** Ends the process and the timer and forgets all listeners. */
  dispose(): void {
    this.#listeners.clear()
    this.#stop?.()
    this.#stop = null
  }

  #start(): () => void {
    const cpu = new CpuMeter()
    const gpus = new GpuStream(this.#program, SAMPLE_INTERVAL_MS)
    const timer = setInterval(() => {
      const memoryTotalBytes = totalmem()
      const sample: HardwareSample = {
        tMs: Date.now(),
        gpus: gpus.readings(),
        cpuPercent: cpu.read(),
        memoryUsedBytes: Math.max(0, memoryTotalBytes - freemem()),
        memoryTotalBytes,
      }
      for (const listener of [...this.#listeners]) listener(sample)
    }, SAMPLE_INTERVAL_MS)
    return () => {
      clearInterval(timer)
      gpus.dispose()
    }
  }
}
