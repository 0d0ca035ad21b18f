import { useEffect, useMemo, useState } from 'react'
import type { HardwareSample } from '../../../../electron/shared/hardware'
import type { JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { ChartCard } from '../../charts/chart-card'
import type { ChartSpec } from '../../charts/chart-spec'
import { createChartView } from '../../charts/chart-view'
import { Curve } from '../../series/curve'
import { showError } from '../../stores/attempt'
import { bytes } from '../../text/format'

const GIB = 2 ** 30
const mostSamples = 2_000
const never = (): (() => void) => () => undefined

/** Memory over the time of a run, as the sampler saw it; nothing where it saw nothing. */
export function MemoryChart({ job, onGpu }: { readonly job: JobSummary; readonly onGpu: boolean }) {
  const [samples, setSamples] = useState<readonly HardwareSample[]>([])
  const [view] = useState(() => createChartView({ axis: 'time' }))
  const { id } = job
  useEffect(() => {
    let current = true
    request('hardware.ofJob', { jobId: id, maxSamples: mostSamples }).then((answer) => {
      if (current) setSamples(answer)
    }, showError)
    return () => {
      current = false
    }
  }, [id])
  const spec = useMemo(() => memorySpec(job, samples, onGpu), [job, samples, onGpu])
  if (spec === null) return null
  return (
    <div className="failed-chart">
      <ChartCard spec={spec} view={view} subscribe={never} />
    </div>
  )
}

function memorySpec(job: JobSummary, samples: readonly HardwareSample[], onGpu: boolean): ChartSpec | null {
  const uuid = job.device?.kind === 'cuda' ? job.device.gpuUuid : null
  const used = (sample: HardwareSample): number | null => (onGpu ? (sample.gpus.find((gpu) => gpu.uuid === uuid)?.memoryUsedBytes ?? null) : sample.memoryUsedBytes)
  const known = samples.filter((sample) => used(sample) !== null)
  if (known.length < 2) return null
  const originMs = job.startedAtMs ?? known[0]?.tMs ?? 0
  const times = known.map((sample) => Math.max(0, (sample.tMs - originMs) / 1000))
  const curve = new Curve()
  curve.append({ step: times, epoch: times, time: times, values: known.map((sample) => (used(sample) ?? 0) / GIB) })
  return {
    title: onGpu ? 'GPU memory' : 'Main memory',
    kind: 'plain',
    small: true,
    logs: false,
    lines: [{ key: 'memory', label: 'memory in use', colour: job.colour, dashed: false, look: 'line', outlying: false, read: () => ({ x: curve.x('time'), values: curve.values }) }],
    rules: () => [],
    end: () => times.at(-1) ?? null,
    remark: () => null,
    format: (value) => bytes(value * GIB),
  }
}
