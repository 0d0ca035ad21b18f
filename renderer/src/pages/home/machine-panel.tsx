import { SquareTerminal } from 'lucide-react'
import { describeGpuState } from '../../../../electron/shared/gpu-state-words'
import type { HardwareState } from '../../../../electron/shared/hardware'
import { Button } from '../../components/button'
import { Panel, Skeleton } from '../../components/layout'
import { Meter } from '../../components/progress'
import { hrefOf } from '../../router'
import { gpuReadings, shortGpuName } from '../../shell/gpu-readings'
import { attempt } from '../../stores/attempt'
import { useHardware } from '../../stores/hardware'
import { useEnvironments } from '../../stores/lists'
import { bytes, bytesOf } from '../../text/format'

/** What this machine has and how much of it is free, live. */
export function MachinePanel() {
  const machine = useHardware((state) => state.machine)
  const latest = useHardware((state) => state.latest)
  const environments = useEnvironments((state) => state.items)
  if (machine === null) {
    return (
      <Panel title="This machine" flush>
        <Skeleton rows={4} label="Looking at the hardware" />
      </Panel>
    )
  }
  const usedBytes = latest?.memoryUsedBytes ?? machine.memory.totalBytes - machine.memory.availableBytes
  const { disk } = machine
  const gpus = gpuReadings(machine, latest).toSorted((a, b) => a.index - b.index)
  return (
    <Panel title="This machine" end={latest === null ? undefined : 'live'}>
      <Gpus machine={machine} />
      <div className="meters">
        {gpus.map((gpu) =>
          gpu.usedBytes === null || gpu.totalBytes === null ? null : (
            <MeterRow key={gpu.uuid} name={gpus.length === 1 ? 'GPU' : `GPU ${gpu.index}`} ratio={gpu.usedBytes / gpu.totalBytes} text={bytesOf(gpu.usedBytes, gpu.totalBytes)} />
          ),
        )}
        {machine.gpus.kind !== 'ok' && latest?.cpuPercent !== null && latest?.cpuPercent !== undefined && <MeterRow name="CPU" ratio={latest.cpuPercent / 100} text={`${Math.round(latest.cpuPercent)}%`} />}
        <MeterRow name="RAM" ratio={usedBytes / machine.memory.totalBytes} text={bytesOf(usedBytes, machine.memory.totalBytes)} />
        {disk !== null && <MeterRow name="Disk" ratio={1 - disk.freeBytes / disk.totalBytes} text={`${bytes(disk.freeBytes)} free`} />}
      </div>
      <hr className="rule" />
      <div className="row small">
        <SquareTerminal aria-hidden="true" />
        <span className="grow row row-wrap environment-words">
          {environments.length === 0 && 'No environment yet'}
          {environments.map((one) => (
            <span key={one.id}>
              {one.name} <span className={one.state === 'ready' ? 'ink-good' : one.state === 'installing' ? 'ink-info' : 'ink-bad'}>{one.state}</span>
            </span>
          ))}
        </span>
        <a href={hrefOf({ page: 'settings', section: 'environments' })}>Manage</a>
      </div>
    </Panel>
  )
}

function Gpus({ machine }: { readonly machine: HardwareState }) {
  const refresh = useHardware((state) => state.refresh)
  const checking = useHardware((state) => state.checking)
  const latest = useHardware((state) => state.latest)
  const readings = gpuReadings(machine, latest)
  if (machine.gpus.kind === 'ok') {
    const first = readings.length === 1 ? readings[0] : undefined
    const names = [...new Set(machine.gpus.gpus.map((gpu) => shortGpuName(gpu.name)))]
    const { driverVersion, cudaVersion, gpus } = machine.gpus
    const facts = [driverVersion === null ? null : `driver ${driverVersion}`, cudaVersion === null ? null : `CUDA ${cudaVersion}`, first !== undefined && typeof gpus[0]?.computeCapability === 'string' ? `compute ${gpus[0].computeCapability}` : null]
    return (
      <div className="machine-name">
        <div className="row row-between">
          <b>{first?.name ?? `${readings.length} GPUs, ${names.join(', ')}`}</b>
          <span className="quiet small">{[typeof first?.celsius === 'number' ? `${Math.round(first.celsius)} °C` : null, typeof first?.watts === 'number' ? `${Math.round(first.watts)} W` : null].filter((part) => part !== null).join(' · ')}</span>
        </div>
        <p className="quiet micro">{facts.filter((part) => part !== null).join(' · ')}</p>
      </div>
    )
  }
  const { title, advice } = describeGpuState(machine.gpus)
  return (
    <div className="machine-name">
      <b>{title}</b>
      {machine.otherGpus[0] !== undefined && <p className="quiet micro">{machine.otherGpus.map((gpu) => gpu.name).join(', ')}</p>}
      <p className="second small">{advice}</p>
      <p className="quiet micro">{machine.cpu.model}, {machine.cpu.logicalCores} threads</p>
      <div>
        <Button size="small" busy={checking} onPress={() => void attempt(refresh)}>
          Check again
        </Button>
      </div>
    </div>
  )
}

function MeterRow({ name, ratio, text }: { readonly name: string; readonly ratio: number; readonly text: string }) {
  return (
    <div className="meter-row">
      <span className="second">{name}</span>
      <Meter label={`${name} in use`} ratio={ratio} />
      <span>{text}</span>
    </div>
  )
}
