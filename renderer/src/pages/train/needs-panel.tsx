import type { ReactNode } from 'react'
import type { Plan } from '../../../../electron/shared/plan'
import { Panel } from '../../components/layout'
import { FitBadge } from '../../components/state-mark'
import { useNow } from '../../shell/use-now'
import { byteRange, bytes, clock, counted, durationRange } from '../../text/format'

/** Memory against what is free, time and disk; every number an estimate with its ground. */
export function NeedsPanel({ plan }: { readonly plan: Plan }) {
  const { memory, time, disk, cloud } = plan
  const rented = memory.device === 'cloud'
  const now = useNow(30_000)
  return (
    <Panel title="What it needs" badge={<FitBadge verdict={memory.verdict} />} end={<span className="cut">{time?.basis === 'earlier-runs' ? `estimates, corrected by ${counted(time.runs, 'earlier run')} here` : rented ? `estimates, for ${memory.deviceName}` : 'estimates'}</span>}>
      <div className="needs">
        <Need name={memory.device === 'cpu' ? 'Memory' : 'GPU memory'} value={memory.total === null ? 'not known' : byteRange(memory.total.lowBytes, memory.total.highBytes)}>
          <MemoryBar memory={memory} />
        </Need>
        <Need name="Time" value={time === null ? 'not known yet' : durationRange(time.lowSeconds, time.highSeconds)}>
          {time === null
            ? `No run like it was measured ${rented ? 'on such a machine' : 'on this machine'} yet. It is known after the first steps.`
            : rented
              ? 'on the rented machine, without the minutes in which it is got ready'
              : `${time.basis === 'measured-step' ? 'from a measured step' : 'from earlier runs'}; done by ${clock(now + time.lowSeconds * 1000)} to ${clock(now + time.highSeconds * 1000)} if it starts now`}
        </Need>
        <Need name="Disk" value={bytes(disk.totalBytes)}>
          {counted(disk.checkpoints, 'checkpoint')} of {bytes(disk.checkpointBytes)}{disk.freeBytes === null ? '' : `; ${bytes(disk.freeBytes)} free`}
        </Need>
        {cloud !== null && cloud.uploadBytes !== null && <Need name="Sends" value={bytes(cloud.uploadBytes)}>what lies there already, by its hash, is not sent twice</Need>}
      </div>
    </Panel>
  )
}

function Need({ name, value, children }: { readonly name: string; readonly value: string; readonly children: ReactNode }) {
  return (
    <div className="need">
      <span className="second">{name}</span>
      <div className="need-detail">{children}</div>
      <b className="medium">{value}</b>
    </div>
  )
}

/** Parts as people think of them, in the order of the bar. */
const groups: readonly { readonly name: string; readonly parts: readonly string[]; readonly colour: string }[] = [
  { name: 'weights', parts: ['weights'], colour: 'var(--run-1)' },
  { name: 'training state', parts: ['adapter', 'optimizer', 'gradients'], colour: 'var(--run-2)' },
  { name: 'activations', parts: ['activations', 'logits'], colour: 'var(--run-3)' },
  { name: 'overhead', parts: ['overhead'], colour: 'var(--text-3)' },
]

function MemoryBar({ memory }: { readonly memory: Plan['memory'] }) {
  const { total, capacityBytes, freeBytes, usedBy } = memory
  if (total === null || capacityBytes === null) return <span>This architecture has no estimate; watch the first steps.</span>
  const maximum = Math.max(capacityBytes, total.highBytes)
  const width = (value: number): string => `${(Math.max(0, value) / maximum) * 100}%`
  const entries = groups
    .map((group) => {
      const parts = memory.parts.filter((part) => group.parts.includes(part.name))
      return { ...group, lowBytes: parts.reduce((sum, part) => sum + part.lowBytes, 0), highBytes: parts.reduce((sum, part) => sum + part.highBytes, 0) }
    })
    .filter((group) => group.highBytes > 0)
  const lowSum = entries.reduce((sum, part) => sum + part.lowBytes, 0)
  return (
    <>
      <div className="memory-bar" role="img" aria-label={`Needs ${byteRange(total.lowBytes, total.highBytes)} of ${bytes(capacityBytes)}${freeBytes === null ? '' : `, ${bytes(freeBytes)} free now`}`}>
        {entries.map((part) => (
          <i key={part.name} style={{ width: width(part.lowBytes * (total.lowBytes / Math.max(1, lowSum))), background: part.colour }} />
        ))}
        <i className="hatch" style={{ width: width(total.highBytes - total.lowBytes) }} />
        {freeBytes !== null && <u style={{ left: width(freeBytes) }} />}
      </div>
      <div className="memory-legend">
        {entries.map((part) => (
          <span key={part.name}>
            <span className="swatch" style={{ background: part.colour }} aria-hidden="true" />
            {part.name} {byteRange(part.lowBytes, part.highBytes)}
          </span>
        ))}
        {freeBytes !== null && <span className="memory-free">{bytes(freeBytes)} free now</span>}
      </div>
      {usedBy.length > 0 && <p className="memory-used">The rest is used by {usedBy.slice(0, 3).map((one) => `${one.name} (${bytes(one.bytes)})`).join(', ')}.</p>}
    </>
  )
}
