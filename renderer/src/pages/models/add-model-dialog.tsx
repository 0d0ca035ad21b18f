import { ExternalLink, FolderOpen, Search } from 'lucide-react'
import { useState } from 'react'
import { AppError } from '../../../../electron/shared/app-error'
import type { HubModel } from '../../../../electron/shared/model'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Dialog } from '../../components/dialog'
import { Field } from '../../components/field'
import { KeyValue } from '../../components/layout'
import { ErrorNotice, Notice } from '../../components/notice'
import { hrefOf } from '../../router'
import { attempt } from '../../stores/attempt'
import { useSettings } from '../../stores/settings'
import { toast } from '../../stores/ui'
import { bytes, counted, parameters } from '../../text/format'
import { addModelFolder } from './model-actions'

const idPattern = /^[\w.-]{1,96}\/[\w.-]{1,96}$/

/** A base model from a folder, or from Hugging Face after a look at its size and licence. */
export function AddModelDialog({ onClose }: { onClose(): void }) {
  const offline = useSettings((state) => state.settings.hub.offline)
  const [hubId, setHubId] = useState('')
  const [revision, setRevision] = useState('main')
  const [looking, setLooking] = useState(false)
  const [found, setFound] = useState<HubModel | null>(null)
  const [error, setError] = useState<unknown>(null)
  const valid = idPattern.test(hubId.trim()) && revision.trim() !== ''
  const lookUp = (): void => {
    if (!valid || looking) return
    setLooking(true)
    setError(null)
    setFound(null)
    request('hub.lookup', { hubId: hubId.trim(), revision: revision.trim() })
      .then(setFound, setError)
      .finally(() => { setLooking(false) })
  }
  const download = (model: HubModel): void =>
    void attempt(() => request('hub.download', { hubId: model.hubId, revision: model.revision })).then((started) => {
      if (started === null) return
      toast({ title: `Downloading ${model.hubId}`, detail: 'It goes on while you do something else; the Models page shows it.' })
      onClose()
    })
  return (
    <Dialog title="Add a base model" form onClose={onClose}>
      <section className="stack">
        <p className="small">From a folder with config.json, safetensors and its tokenizer. Nothing is copied.</p>
        <div className="row">
          <Button icon={FolderOpen} onPress={() => void addModelFolder()}>
            Choose a folder
          </Button>
        </div>
      </section>
      <hr className="rule" />
      <section className="stack">
        <div className="hub-fields">
          <Field label="Hugging Face id" mono placeholder="organisation/name" value={hubId} disabled={offline} error={hubId !== '' && !idPattern.test(hubId.trim()) ? 'An organisation, a slash, then the name.' : null} onChange={setHubId} onEnter={lookUp} />
          <Field label="Revision" mono value={revision} disabled={offline} onChange={setRevision} onEnter={lookUp} />
        </div>
        {offline ? (
          <Notice tone="info" title="Offline.">
            Local models work as always. Hub search comes back when offline is off in <a href={hrefOf({ page: 'settings', section: 'hubs' })}>Settings, Model hubs</a>.
          </Notice>
        ) : (
          <div className="row">
            <Button icon={Search} busy={looking} disabled={!valid} onPress={lookUp}>
              Look it up
            </Button>
            <span className="quiet small">Size and licence first; nothing is downloaded yet.</span>
          </div>
        )}
        {error !== null && (
          <ErrorNotice
            error={error}
            actions={
              error instanceof AppError && error.code === 'HUB_GATED' ? (
                <Button size="small" icon={ExternalLink} onPress={() => void attempt(() => request('app.openLink', { link: 'hub-model', hubId: hubId.trim() }))}>
                  Open its page
                </Button>
              ) : undefined
            }
          />
        )}
        {found !== null && <Found model={found} onDownload={() => { download(found) }} />}
      </section>
    </Dialog>
  )
}

function Found({ model, onDownload }: { readonly model: HubModel; onDownload(): void }) {
  const left = Math.max(0, model.totalBytes - model.cachedBytes)
  const fits = model.freeBytes > left
  return (
    <div className="stack">
      <KeyValue
        rows={[
          ['Size', `${bytes(model.totalBytes)} in ${counted(model.files.length, 'file')}${model.cachedBytes > 0 ? `, ${bytes(model.cachedBytes)} here already` : ''}`],
          ['Free disk', <span key="free" className={fits ? undefined : 'ink-bad'}>{bytes(model.freeBytes)}</span>],
          ...(model.parameters === null ? [] : [['Parameters', parameters(model.parameters)] as const]),
          ['Licence', model.license ?? 'not stated'],
          ['Lies in', model.cachePath],
        ]}
      />
      {model.gated && <Notice tone="warn" title="This model is gated.">Accept its licence on the hub and set your token in <a href={hrefOf({ page: 'settings', section: 'hubs' })}>Settings, Model hubs</a> first.</Notice>}
      {!fits && <Notice tone="bad" title="The disk has too little room.">{bytes(left)} are needed. <span className="next">Next: free some space in Settings, Storage.</span></Notice>}
      <div className="row">
        <Button look="primary" disabled={!fits} onPress={onDownload}>
          Download {bytes(left)}
        </Button>
      </div>
    </div>
  )
}
