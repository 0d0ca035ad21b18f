import { RefreshCw } from 'lucide-react'
import { describeGpuState } from '../../../../electron/shared/gpu-state-words'
import type { Gpu, HardwareSample } from '../../../../electron/shared/hardware'
import { Button } from '../../components/button'
import { KeyValue, Panel, Skeleton } from '../../components/layout'
import { Notice } from '../../components/notice'
import { Meter } from '../../components/progress'
import { attempt } from '../../stores/attempt'
import { gpusOf, useHardware } from '../../stores/hardware'
import { bytes, bytesOf, unknownMark } from '../../text/format'

export function HardwareSection() {
  const { machine, latest, checking, refresh } = useHardware()
  if (machine === null) return <Skeleton rows={6} label="Looking at the hardware" />
  const { title, advice } = describeGpuState(machine.gpus)
  const again = (
    <Button icon={RefreshCw} busy={checking} onPress={() => void attempt(refresh)}>
      Check again
    </Button>
  )
  const evidence = 'evidence' in machine.gpus ? machine.gpus.evidence : machine.gpus.kind === 'ok' ? machine.gpus.warnings.join('\n') : ''
  return (
    <>
      {advice === null ? (
        <div className="row row-between">
          <p className="second">What the NVIDIA driver and the system say about this machine.</p>
          {again}
        </div>
      ) : (
        <Notice tone="warn" title={`${title}.`} actions={again}>
          {advice}
        </Notice>
      )}
      {evidence !== '' && <pre className="log" tabIndex={0} aria-label="What the driver printed">{evidence}</pre>}
      {gpusOf(machine).map((gpu) => (
        <GpuPanel key={gpu.uuid} gpu={gpu} driver={machine.gpus.kind === 'ok' ? machine.gpus.driverVersion : null} cuda={machine.gpus.kind === 'ok' ? machine.gpus.cudaVersion : null} latest={latest} />
      ))}
      <Panel title="Computer">
        <KeyValue
          rows={[
            ['Processor', `${machine.cpu.model}, ${machine.cpu.physicalCores ?? unknownMark} cores, ${machine.cpu.logicalCores} threads`],
            ['Memory', `${bytes(machine.memory.totalBytes)}, ${bytes(machine.memory.availableBytes)} free`],
            ...(machine.disk === null ? [] : [['Disk of the data folder', `${bytes(machine.disk.totalBytes)}, ${bytes(machine.disk.freeBytes)} free`] as const]),
            ...(machine.otherGpus.length === 0 ? [] : [['Other display adapters', machine.otherGpus.map((one) => one.name).join(', ')] as const]),
          ]}
        />
      </Panel>
    </>
  )
}

function GpuPanel({ gpu, driver, cuda, latest }: { readonly gpu: Gpu; readonly driver: string | null; readonly cuda: string | null; readonly latest: HardwareSample | null }) {
  const sample = latest?.gpus.find((one) => one.uuid === gpu.uuid)
  const used = sample?.memoryUsedBytes ?? gpu.memoryUsedBytes
  const total = gpu.memoryTotalBytes
  const watts = sample?.powerWatts ?? gpu.powerWatts
  const degrees = sample?.temperatureCelsius ?? gpu.temperatureCelsius
  const busy = sample?.utilisationPercent ?? gpu.utilisationPercent
  return (
    <Panel title={gpu.name} end={`GPU ${gpu.index}`}>
      <div className="stack">
        {used !== null && total !== null && (
          <div className="meter-row gpu-memory">
            <span className="second">Memory</span>
            <Meter label={`Memory of ${gpu.name} in use`} ratio={used / total} />
            <span>{bytesOf(used, total)}</span>
          </div>
        )}
        <KeyValue
          rows={[
            ['Use', busy === null ? 'not told' : `${Math.round(busy)}%`],
            ['Temperature', degrees === null ? 'not told' : `${Math.round(degrees)} °C`],
            ['Power', watts === null ? 'not told' : `${Math.round(watts)} W${gpu.powerLimitWatts === null ? '' : ` of ${Math.round(gpu.powerLimitWatts)} W`}`],
            ['Driver, CUDA', `${driver ?? unknownMark}, ${cuda ?? unknownMark}`],
            ['Compute capability', gpu.computeCapability ?? 'not told'],
            ['MIG', gpu.migEnabled ? `on, ${gpu.migDevices.length} instances` : 'off'],
          ]}
        />
        {gpu.processes.length > 0 && (
          <>
            <h3 className="small medium">What uses its memory</h3>
            <KeyValue rows={gpu.processes.map((process) => [process.name ?? `process ${process.pid}`, process.memoryUsedBytes === null ? 'not told' : bytes(process.memoryUsedBytes)] as const)} />
          </>
        )}
      </div>
    </Panel>
  )
}
