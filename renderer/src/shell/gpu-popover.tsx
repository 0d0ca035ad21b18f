import type { RefObject } from 'react'
import { Dialog, Popover } from 'react-aria-components'
import { Meter } from '../components/progress'
import { hrefOf } from '../router'
import { bytesOf, unknownMark } from '../text/format'
import { shortGpuName } from './gpu-readings'
import type { GpuReading } from './gpu-readings'

/** All GPUs with their readings, above the status bar, in the driver's order, so that a row stays where it is while it is read. Its own chunk: a window with one GPU never needs it. */
export default function GpuPopover({ trigger, readings, onClose }: { readonly trigger: RefObject<HTMLButtonElement | null>; readonly readings: readonly GpuReading[]; onClose(): void }) {
  return (
    <Popover className="popover" triggerRef={trigger} isOpen placement="top start" offset={6} onOpenChange={(open) => { if (!open) onClose() }}>
      <Dialog className="gpu-popover" aria-label="All GPUs">
        {readings.toSorted((a, b) => a.index - b.index).map((gpu) => (
          <GpuRow key={gpu.uuid} gpu={gpu} />
        ))}
        <a href={hrefOf({ page: 'settings', section: 'hardware' })} onClick={onClose}>More about this machine</a>
      </Dialog>
    </Popover>
  )
}

function GpuRow({ gpu }: { readonly gpu: GpuReading }) {
  const { index, name, utilisationPercent: busy, usedBytes: used, totalBytes: total, celsius, watts } = gpu
  return (
    <div className="gpu-popover-row">
      <span>{index}</span>
      <b className="cut" title={name}>{shortGpuName(name)}</b>
      <span>{busy === null ? unknownMark : `${Math.round(busy)}%`}</span>
      <span className="gpu-popover-memory">
        {used !== null && total !== null && <Meter label={`Memory of GPU ${index}, ${name}, in use`} ratio={used / total} />}
        {used === null || total === null ? 'memory not told' : bytesOf(used, total)}
      </span>
      <span>{celsius === null ? unknownMark : `${Math.round(celsius)} °C`}</span>
      <span>{watts === null ? unknownMark : `${Math.round(watts)} W`}</span>
    </div>
  )
}
