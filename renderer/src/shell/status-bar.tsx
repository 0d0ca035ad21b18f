import { CircleDot, Clock, Cpu, RefreshCw, SquareTerminal, TriangleAlert, WifiOff } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import type { EnvironmentSummary } from '../../../electron/shared/environment'
import { environmentSteps } from '../../../electron/shared/environment-steps'
import { describeGpuState } from '../../../electron/shared/gpu-state-words'
import type { HardwareSample, HardwareState } from '../../../electron/shared/hardware'
import type { JobSummary } from '../../../electron/shared/job'
import { Meter, Progress, Spinner } from '../components/progress'
import { hrefOf } from '../router'
import { bytesOf, count } from '../text/format'
import { activityOf, progressOf } from '../text/job-words'
import { placeOf } from '../text/places'
import { gpuReadings, shortGpuName } from './gpu-readings'
import type { GpuReading } from './gpu-readings'

const GpuPopover = lazy(() => import('./gpu-popover'))

const hardwareHref = hrefOf({ page: 'settings', section: 'hardware' })

interface StatusBarProps {
  readonly machine: HardwareState | null
  readonly latest: HardwareSample | null
  readonly environments: readonly EnvironmentSummary[]
  readonly environmentsKnown: boolean
  readonly running: readonly JobSummary[]
  readonly waiting: number
  readonly offline: boolean
  readonly engine: 'starting' | 'ready' | 'restarting' | 'gone'
}

/** Always there: GPUs, environment, running job. Readings keep their width, so that nothing jumps. */
export function StatusBar(props: StatusBarProps) {
  const { machine, latest, environments, environmentsKnown, running, waiting, offline, engine } = props
  return (
    <footer className="status-bar" aria-label="Status">
      <GpuSegment machine={machine} latest={latest} />
      {environmentsKnown && <EnvironmentSegment environments={environments} />}
      <span className="status-space" />
      {engine !== 'ready' && engine !== 'starting' && (
        <span className="status-part ink-warn">
          {engine === 'gone' ? <TriangleAlert aria-hidden="true" /> : <RefreshCw aria-hidden="true" />}
          {engine === 'gone' ? 'Engine stopped' : 'Engine restarting'}
        </span>
      )}
      {offline && (
        <a className="status-part" href={hrefOf({ page: 'settings', section: 'hubs' })}>
          <WifiOff aria-hidden="true" />
          Offline
        </a>
      )}
      <JobSegment running={running} waiting={waiting} />
    </footer>
  )
}

function GpuSegment({ machine, latest }: { readonly machine: HardwareState | null; readonly latest: HardwareSample | null }) {
  if (machine === null) return <span className="status-part">Looking at the hardware</span>
  const readings = gpuReadings(machine, latest)
  const busiest = readings[0]
  if (busiest !== undefined) {
    return readings.length > 1 ? <ManyGpus readings={readings} busiest={busiest} /> : <a className="status-part" href={hardwareHref}><GpuFigures gpu={busiest} /></a>
  }
  const usedBytes = latest?.memoryUsedBytes ?? machine.memory.totalBytes - machine.memory.availableBytes
  return (
    <>
      <a className="status-part" href={hardwareHref}>
        <Cpu aria-hidden="true" />
        <b>{machine.gpus.kind === 'no-gpu' ? 'No GPU found' : describeGpuState(machine.gpus).title}</b>
      </a>
      <span className="status-part status-cpu">
        <b>CPU</b>
        <span>{machine.cpu.logicalCores} cores</span>
        {latest?.cpuPercent !== null && latest?.cpuPercent !== undefined && <span className="fixed" style={{ width: 30 }}>{Math.round(latest.cpuPercent)}%</span>}
        <span>RAM {bytesOf(usedBytes, machine.memory.totalBytes)}</span>
      </span>
    </>
  )
}

function GpuFigures({ gpu }: { readonly gpu: GpuReading }) {
  return (
    <>
      <Cpu aria-hidden="true" />
      <b>{shortGpuName(gpu.name)}</b>
      {gpu.utilisationPercent !== null && <span className="fixed" style={{ width: 30 }}>{Math.round(gpu.utilisationPercent)}%</span>}
      {gpu.usedBytes !== null && gpu.totalBytes !== null && (
        <>
          <span className="status-meter"><Meter label="GPU memory in use" ratio={gpu.usedBytes / gpu.totalBytes} /></span>
          <span>{bytesOf(gpu.usedBytes, gpu.totalBytes)}</span>
        </>
      )}
      {gpu.celsius !== null && <span className="fixed" style={{ width: 32 }}>{Math.round(gpu.celsius)} °C</span>}
      {gpu.watts !== null && <span className="fixed" style={{ width: 36 }}>{Math.round(gpu.watts)} W</span>}
    </>
  )
}

/** The busiest one, and all of them on a click. */
function ManyGpus({ readings, busiest }: { readonly readings: readonly GpuReading[]; readonly busiest: GpuReading }) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button ref={button} type="button" className="status-part" aria-haspopup="dialog" aria-expanded={open} onClick={() => { setOpen(true) }}>
        <GpuFigures gpu={busiest} />
        <span>busiest of {readings.length}</span>
      </button>
      <Suspense fallback={null}>{open && <GpuPopover trigger={button} readings={readings} onClose={() => { setOpen(false) }} />}</Suspense>
    </>
  )
}

function EnvironmentSegment({ environments }: { readonly environments: readonly EnvironmentSummary[] }) {
  const href = hrefOf({ page: 'settings', section: 'environments' })
  const installing = environments.find((one) => one.state === 'installing')
  if (installing !== undefined) {
    const at = installing.steps.findIndex((step) => step.state === 'running')
    return (
      <a className="status-part" href={href}>
        <Spinner />
        <b>{installing.name}</b>
        <span>installing{at < 0 ? '' : `, step ${at + 1} of ${environmentSteps.length}`}</span>
      </a>
    )
  }
  const ready = environments.filter((one) => one.state === 'ready')
  const shown = ready.find((one) => one.profile === 'cuda') ?? ready[0] ?? environments[0]
  return (
    <a className="status-part" href={href}>
      <SquareTerminal aria-hidden="true" />
      {shown === undefined ? (
        <b>No environment</b>
      ) : (
        <>
          <b>{shown.name}</b>
          <span className={shown.state === 'ready' ? 'ink-good' : 'ink-bad'}>{shown.state === 'ready' ? 'ready' : shown.state}</span>
        </>
      )}
    </a>
  )
}

function JobSegment({ running, waiting }: { readonly running: readonly JobSummary[]; readonly waiting: number }) {
  const job = running.find((one) => one.phase?.attention === true) ?? running[0]
  if (job === undefined) {
    return (
      <a className="status-part" href={hrefOf({ page: 'queue' })}>
        {waiting > 0 && <Clock aria-hidden="true" />}
        {waiting > 0 ? `${waiting} waiting` : 'No job running'}
      </a>
    )
  }
  const place = placeOf(job)
  return (
    <a className="status-part status-job" href={hrefOf({ page: 'run', id: job.id })}>
      {job.phase?.attention === true ? <TriangleAlert className="ink-warn" role="img" aria-label="needs you" /> : <CircleDot className="ink-accent" aria-hidden="true" />}
      <b className="cut">{job.name}</b>
      {place !== null && <span className="quiet cut status-place">{place}</span>}
      {(place === null || job.step > 0) && <span>step {count(job.step)}{job.totalSteps === null ? '' : ` / ${count(job.totalSteps)}`}</span>}
      <span className="status-meter"><Progress label={`Progress of ${job.name}`} ratio={progressOf(job) ?? job.phase?.ratio ?? null} /></span>
      <span className="cut">{activityOf(job)}</span>
      {running.length > 1 && <span>and {running.length - 1} more</span>}
    </a>
  )
}
