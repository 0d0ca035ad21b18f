import type { HardwareSample, HardwareState } from '../../../electron/shared/hardware'

/** The newest reading of one GPU, from the live sample where there is one, else from the probe. */
export interface GpuReading {
  readonly uuid: string
  /** The driver's number of it, from 0; tells equal cards apart. */
  readonly index: number
  readonly name: string
  readonly utilisationPercent: number | null
  readonly usedBytes: number | null
  readonly totalBytes: number | null
  readonly celsius: number | null
  readonly watts: number | null
}

/** All GPUs, the busiest first; equal ones keep the driver's order. */
export function gpuReadings(machine: HardwareState, latest: HardwareSample | null): readonly GpuReading[] {
  if (machine.gpus.kind !== 'ok') return []
  const samples = new Map(latest?.gpus.map((sample) => [sample.uuid, sample]))
  const readings = machine.gpus.gpus.map((gpu): GpuReading => {
    const sample = samples.get(gpu.uuid)
    return {
      uuid: gpu.uuid,
      index: gpu.index,
      name: gpu.name,
      utilisationPercent: sample?.utilisationPercent ?? gpu.utilisationPercent,
      usedBytes: sample?.memoryUsedBytes ?? gpu.memoryUsedBytes,
      totalBytes: sample?.memoryTotalBytes ?? gpu.memoryTotalBytes,
      celsius: sample?.temperatureCelsius ?? gpu.temperatureCelsius,
      watts: sample?.powerWatts ?? gpu.powerWatts,
    }
  })
  return readings.toSorted((a, b) => (b.utilisationPercent ?? 0) - (a.utilisationPercent ?? 0))
}

/** `NVIDIA GeForce RTX 4090` as `RTX 4090`. */
export const shortGpuName = (name: string): string => name.replace(/^NVIDIA\s+/, '').replace(/^GeForce\s+/, '')
