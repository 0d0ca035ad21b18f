import { FolderInput } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import type { StoragePart } from '../../../../electron/shared/settings'
import { request } from '../../bridge'
import type { Output } from '../../../../electron/shared/requests'
import { Button } from '../../components/button'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Panel, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { ask, toast } from '../../stores/ui'
import { bytes } from '../../text/format'

const words: Readonly<Record<StoragePart['part'], string>> = {
  runs: 'Runs',
  models: 'Models',
  datasets: 'Datasets',
  environments: 'Environments',
  database: 'Database',
  logs: 'Logs',
  cache: 'Cache',
}

export function StorageSection() {
  const [usage, setUsage] = useState<Output<'storage.usage'> | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [moving, setMoving] = useState(false)
  const load = useCallback(() => {
    request('storage.usage').then(setUsage, setError)
  }, [])
  useEffect(load, [load])
  if (error !== null) return <ErrorNotice error={error} />
  if (usage === null) return <Skeleton rows={7} label="Adding up the folders" />
  const total = usage.parts.reduce((sum, part) => sum + part.sizeBytes, 0)
  const reclaimable = usage.parts.filter((part) => part.reclaimableBytes > 0)
  const freeable = reclaimable.reduce((sum, part) => sum + part.reclaimableBytes, 0)
  return (
    <>
      <Panel title="The data folder" flush end={`${bytes(total)} used, ${bytes(usage.freeBytes)} free`}>
        <DataTable label="Parts of the data folder" columns={columns} groups={[{ id: 'parts', title: null, items: usage.parts }]} idOf={(part) => part.part} nameOf={(part) => words[part.part]} />
      </Panel>
      <div className="row">
        <Button disabled={freeable === 0} onPress={() => void cleanUp(reclaimable).then(load)}>
          {freeable === 0 ? 'Nothing to clean up' : `Clean up ${bytes(freeable)}`}
        </Button>
        <Button icon={FolderInput} busy={moving} onPress={() => void move(setMoving)}>
          {moving ? 'Copying the data folder' : 'Move the data folder'}
        </Button>
      </div>
    </>
  )
}

const columns: readonly Column<StoragePart>[] = [
  { id: 'part', head: 'Part', width: '132px', cell: (part) => <span className="medium">{words[part.part]}</span> },
  { id: 'path', head: 'Folder', cell: (part) => <span className="quiet mono" title={part.path}>{part.path}</span> },
  { id: 'size', head: 'Size', width: '88px', numeric: true, cell: (part) => bytes(part.sizeBytes) },
  { id: 'free', head: 'Can be freed', width: '104px', numeric: true, cell: (part) => <span className="second">{part.reclaimableBytes === 0 ? 'nothing' : bytes(part.reclaimableBytes)}</span> },
]

async function cleanUp(parts: readonly StoragePart[]): Promise<void> {
  const names = parts.flatMap((part) => (part.part === 'database' ? [] : [part.part]))
  const answer = await ask({
    title: 'Clean up the data folder?',
    body: (
      <>
        What no run, model or dataset needs any more goes for good; no result is lost.
        {parts.map((part) => (
          <span key={part.part} className="clean-up-line">
            {words[part.part]}: {bytes(part.reclaimableBytes)}
          </span>
        ))}
      </>
    ),
    confirm: 'Clean up',
    danger: true,
  })
  if (answer !== 'confirm' || names.length === 0) return
  const freed = await attempt(() => request('storage.cleanUp', { parts: names }))
  if (freed !== null) toast({ title: `${bytes(freed.freedBytes)} freed`, tone: 'good' })
}

/** Copies everything and restarts at once: what the app wrote after the copy would lie in the old folder only. */
async function move(setMoving: (moving: boolean) => void): Promise<void> {
  const picked = await attempt(() => request('files.pick', { purpose: 'data-folder' }))
  if (picked === null) return
  const answer = await ask({ title: 'Move the data folder?', body: `Everything is copied to ${picked.path}; the old folder stays as it is. Then Tunesmith restarts with the new one.`, confirm: 'Move and restart' })
  if (answer !== 'confirm') return
  setMoving(true)
  const moved = await attempt(() => request('storage.move', { token: picked.token }))
  setMoving(false)
  if (moved === null) return
  if ('problem' in moved) toast({ title: 'The data folder was not moved', detail: moved.problem, tone: 'bad' })
  else await attempt(() => request('app.restart'))
}
