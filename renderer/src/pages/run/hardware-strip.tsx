import { Cpu } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { HardwareSample } from '../../../../electron/shared/hardware'
import type { JobSummary } from '../../../../electron/shared/job'
import { on, request } from '../../bridge'
import { shortGpuName } from '../../shell/gpu-readings'
import { gpusOf, useHardware } from '../../stores/hardware'
import { showError } from '../../stores/attempt'
import { bytes, bytesOf, number, percent, unknownMark } from '../../text/format'
import { isActive } from '../../text/job-words'

const liveSeconds = 90
/** Enough for the strip; the engine keeps the rest. */
const endedSamples = 240

/** The last 90 s of a live run, or the whole of an ended one thinned out. */
function useSamples(job: JobSummary): readonly HardwareSample[] {
  const live = isActive(job)
  const { id } = job
  const [samples, setSamples] = useState<readonly HardwareSample[]>([])
  useEffect(() => {
    let current = true
    const asked = live ? request('hardware.recent', { seconds: liveSeconds }) : request('hardware.ofJob', { jobId: id, maxSamples: endedSamples })
    asked.then((answer) => {
      if (current) setSamples(answer)
    }, showError)
    if (!live) return () => { current = false }
    const stop = on('hardware.samples', (added) => {
      setSamples((before) => {
        const last = before.at(-1)?.tMs ?? -Infinity
        const fresh = added.filter((sample) => sample.tMs > last)
        const from = (fresh.at(-1)?.tMs ?? last) - liveSeconds * 1000
        return fresh.length === 0 ? before : [...before, ...fresh].filter((sample) => sample.tMs >= from)
      })
    })
    return () => {
      current = false
      stop()
    }
  }, [id, live])
  return samples
}

interface Reading {
  readonly name: string
  readonly value: string
  readonly values: readonly (number | null)[]
  readonly low: number
  readonly high: number
  readonly tone: 'plain' | 'warn' | 'bad'
}

/** GPU readings beside the run; CPU and RAM where the run has no GPU. */
export function HardwareStrip({ job }: { readonly job: JobSummary }) {
  const samples = useSamples(job)
  const machine = useHardware((state) => state.machine)
  const onGpu = job.device?.kind === 'cuda' ? job.device : null
  const gpu = gpusOf(machine).find((one) => one.uuid === onGpu?.gpuUuid)
  const name = onGpu === null ? (machine?.cpu.model ?? 'CPU') : shortGpuName(gpu?.name ?? onGpu.gpuName)
  const readings = onGpu === null ? cpuReadings(samples) : gpuReadings(samples, onGpu.gpuUuid)
  return (
    <div className="hardware-strip">
      <div className="hardware-name">
        <Cpu aria-hidden="true" />
        <div>
          <div className="small medium cut" title={name}>{name}</div>
          <div className="micro quiet">{isActive(job) ? `last ${liveSeconds} s` : 'the whole run'}</div>
        </div>
      </div>
      {readings.map((reading) => (
        <div key={reading.name} className="hardware-reading">
          <div>
            <div className="micro quiet">{reading.name}</div>
            <div className={`small medium ink-${reading.tone === 'plain' ? 'none' : reading.tone}`}>{reading.value}</div>
          </div>
          <StripSpark reading={reading} />
        </div>
      ))}
    </div>
  )
}

const lastOf = (values: readonly (number | null)[]): number | null => values.findLast((value) => value !== null) ?? null
const toneOf = (ratio: number | null): Reading['tone'] => (ratio === null || ratio < 0.9 ? 'plain' : ratio < 0.97 ? 'warn' : 'bad')

function gpuReadings(samples: readonly HardwareSample[], uuid: string): readonly Reading[] {
  const own = samples.map((sample) => sample.gpus.find((gpu) => gpu.uuid === uuid) ?? null)
  const column = (pick: (gpu: NonNullable<(typeof own)[number]>) => number | null): (number | null)[] => own.map((gpu) => (gpu === null ? null : pick(gpu)))
  const newest = own.findLast((gpu) => gpu !== null) ?? null
  const [use, memory, heat, power] = [column((gpu) => gpu.utilisationPercent), column((gpu) => gpu.memoryUsedBytes), column((gpu) => gpu.temperatureCelsius), column((gpu) => gpu.powerWatts)]
  const total = newest?.memoryTotalBytes ?? null
  const limit = newest?.powerLimitWatts ?? null
  const used = lastOf(memory)
  const show = (value: number | null, unit: string): string => (value === null ? unknownMark : `${number(value, 0)}${unit}`)
  const memoryTone = toneOf(used === null || total === null ? null : used / total)
  return [
    { name: newest?.throttled === true ? 'Utilisation, throttled' : 'Utilisation', value: show(lastOf(use), '%'), values: use, low: 0, high: 100, tone: newest?.throttled === true ? 'warn' : 'plain' },
    { name: 'Memory', value: used === null ? unknownMark : total === null ? bytes(used) : bytesOf(used, total), values: memory, low: 0, high: total ?? 1.2 * (used ?? 1), tone: memoryTone },
    { name: 'Temperature', value: show(lastOf(heat), ' °C'), values: heat, low: 20, high: 100, tone: toneOf((lastOf(heat) ?? 0) / 95) },
    { name: 'Power', value: limit === null ? show(lastOf(power), ' W') : `${show(lastOf(power), '')} / ${number(limit, 0)} W`, values: power, low: 0, high: limit ?? 1.2 * (lastOf(power) ?? 1), tone: 'plain' },
  ]
}

function cpuReadings(samples: readonly HardwareSample[]): readonly Reading[] {
  const newest = samples.at(-1)
  const use = samples.map((sample) => sample.cpuPercent)
  const now = lastOf(use)
  return [
    { name: 'Processor', value: now === null ? unknownMark : percent(now / 100, 0), values: use, low: 0, high: 100, tone: 'plain' },
    {
      name: 'Main memory',
      value: newest === undefined ? unknownMark : bytesOf(newest.memoryUsedBytes, newest.memoryTotalBytes),
      values: samples.map((sample) => sample.memoryUsedBytes),
      low: 0,
      high: newest?.memoryTotalBytes ?? 1,
      tone: toneOf(newest === undefined ? null : newest.memoryUsedBytes / newest.memoryTotalBytes),
    },
  ]
}

/** A small curve on a fixed scale, so that a quiet reading looks quiet. A gap in the readings is a gap in the line. */
function StripSpark({ reading: { values, low, high } }: { readonly reading: Reading }) {
  const width = Math.max(1, values.length - 1)
  let path = ''
  let drawing = false
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false
      return
    }
    const y = 20 - (Math.min(high, Math.max(low, value) - low) / (high - low)) * 18
    path += `${drawing ? 'L' : 'M'}${((index / width) * 100).toFixed(1)} ${y.toFixed(1)}`
    drawing = true
  })
  return (
    <svg className="strip-spark" viewBox="0 0 100 22" preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  )
}
