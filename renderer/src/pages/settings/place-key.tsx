import { useState } from 'react'
import { connectionKey } from '../../../../electron/shared/settings'
import type { ConnectionId } from '../../../../electron/shared/ids'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Dialog } from '../../components/dialog'
import { Field } from '../../components/field'
import { Notice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { useSettings } from '../../stores/settings'
import { ask } from '../../stores/ui'

/** Hands the key to main, which alone keeps it. */
export async function saveKey(id: ConnectionId, value: string): Promise<void> {
  useSettings.getState().takeSecret(await request('secrets.set', { name: connectionKey(id), value: value.trim() }))
}

/** Whether a key is set, and ways to set or forget it; never the key. */
export function PlaceKey({ id, name }: { readonly id: ConnectionId; readonly name: string }) {
  const secret = useSettings((state) => state.secrets.find((one) => one.name === connectionKey(id)))
  const [open, setOpen] = useState(false)
  const isSet = secret?.hasKey === true
  const forget = (): void =>
    void attempt(async () => {
      const answer = await ask({ title: `Forget the key of ${name}?`, body: 'Jobs there go on, but nothing can be asked until a key is typed again. This cannot be undone.', confirm: 'Forget key', danger: true })
      if (answer === 'confirm') useSettings.getState().takeSecret(await request('secrets.clear', { name: connectionKey(id) }))
    })
  return (
    <div className="row small">
      <span className="second grow">
        {isSet ? `A key is set${secret.kept === 'session-only' ? ', for this session only' : ''}.` : 'No key is set.'}
      </span>
      <Button size="small" onPress={() => { setOpen(true) }}>{isSet ? 'Replace key' : 'Set key'}</Button>
      {isSet && <Button size="small" look="quiet" onPress={forget}>Forget key</Button>}
      {open && <KeyDialog id={id} name={name} sessionOnly={secret?.kept === 'session-only'} onClose={() => { setOpen(false) }} />}
    </div>
  )
}

function KeyDialog({ id, name, sessionOnly, onClose }: { readonly id: ConnectionId; readonly name: string; readonly sessionOnly: boolean; onClose(): void }) {
  const [value, setValue] = useState('')
  const save = (): void => {
    if (value.trim() === '') return
    void attempt(async () => {
      await saveKey(id, value)
      onClose()
    })
  }
  return (
    <Dialog
      title={`Key of ${name}`}
      form
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" disabled={value.trim() === ''} onPress={save}>Save key</Button>
        </>
      }
    >
      <Field label="Key" secret mono autoFocus maxLength={500} value={value} help="Typed once. It is sealed with the system's keyring and never shown again." onChange={setValue} onEnter={save} />
      {sessionOnly && <Notice tone="info">This system has no keyring, so a key is kept for this session only.</Notice>}
    </Dialog>
  )
}
