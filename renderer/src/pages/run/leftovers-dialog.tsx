import { useEffect, useState } from 'react'
import { Checkbox } from 'react-aria-components'
import { Check } from 'lucide-react'
import type { RemoteLeftovers } from '../../../../electron/shared/cloud'
import type { JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Dialog } from '../../components/dialog'
import { Skeleton } from '../../components/layout'
import { ErrorNotice, Notice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'
import { counted } from '../../text/format'

/** Files and models that a run left at its service, to be deleted there. */
export function LeftoversDialog({ job, onClose }: { readonly job: JobSummary; onClose(): void }) {
  const [left, setLeft] = useState<RemoteLeftovers | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [files, setFiles] = useState<ReadonlySet<string>>(new Set())
  const [models, setModels] = useState<ReadonlySet<string>>(new Set())
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    let shown = true
    request('jobs.remoteLeftovers', { jobId: job.id }).then(
      (answer) => {
        if (!shown) return
        setLeft(answer)
        // The data is a copy of what is here; a model is what was paid for, so only the user marks it.
        setFiles(new Set(answer.files.map((file) => file.id)))
      },
      (reason: unknown) => { if (shown) setError(reason) },
    )
    return () => { shown = false }
  }, [job.id])
  const chosen = files.size + models.size
  const remove = (): void => {
    setBusy(true)
    void attempt(async () => {
      await request('jobs.deleteRemote', { jobId: job.id, files: [...files], models: [...models] })
      toast({ title: `${counted(chosen, 'thing')} deleted at the service`, detail: job.name, tone: 'good' })
      onClose()
    }).then(() => { setBusy(false) })
  }
  const none = left !== null && left.files.length === 0 && left.models.length === 0
  return (
    <Dialog
      title="What is left at the service"
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Close</Button>
          {!none && <Button look="danger" disabled={busy || chosen === 0} onPress={remove}>{chosen === 0 ? 'Delete there' : `Delete ${counted(chosen, 'thing')} there`}</Button>}
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} />}
      {left === null && error === null && <Skeleton rows={3} label="Asking the service" />}
      {none && <p>Nothing of this run is left there.</p>}
      {left !== null && left.files.length > 0 && (
        <Marks title="Files" items={left.files.map((file) => ({ id: file.id, name: file.id, detail: file.purpose }))} chosen={files} onChange={setFiles} />
      )}
      {left !== null && left.models.length > 0 && (
        <Marks title="Models" items={left.models.map((model) => ({ id: model.name, name: model.name, detail: model.modelId === null ? 'not in the list here' : 'in the list here' }))} chosen={models} onChange={setModels} />
      )}
      {models.size > 0 && <Notice tone="warn" title="A deleted model cannot be brought back.">It stops to answer at once, here and for everybody else who uses it.</Notice>}
    </Dialog>
  )
}

interface MarksProps {
  readonly title: string
  readonly items: readonly { readonly id: string; readonly name: string; readonly detail: string }[]
  readonly chosen: ReadonlySet<string>
  onChange(chosen: ReadonlySet<string>): void
}

function Marks({ title, items, chosen, onChange }: MarksProps) {
  return (
    <section>
      <h3 className="small medium">{title}</h3>
      <ul className="leftovers">
        {items.map((item) => (
          <li key={item.id}>
            <Checkbox className="leftover" isSelected={chosen.has(item.id)} onChange={(on) => { onChange(new Set(on ? [...chosen, item.id] : [...chosen].filter((id) => id !== item.id))) }}>
              <span className="check-box" aria-hidden="true"><Check /></span>
              <span className="mono cut" title={item.name}>{item.name}</span>
              <span className="quiet cut">{item.detail}</span>
            </Checkbox>
          </li>
        ))}
      </ul>
    </section>
  )
}
