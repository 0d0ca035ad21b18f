import { useState } from 'react'
import type { AppSettings } from '../../../../electron/shared/settings'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Switch } from '../../components/choices'
import { Field } from '../../components/field'
import { Panel } from '../../components/layout'
import { Notice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { useSettings } from '../../stores/settings'
import { toast } from '../../stores/ui'
import { SettingLine } from './setting-line'

type HubSettings = AppSettings['hub']

const urlProblem = (text: string): string | null => (/^https?:\/\/[^\s/]+/.test(text) ? null : 'A web address that begins with http:// or https://.')

export function HubsSection() {
  const { settings, change } = useSettings()
  const { hub } = settings
  const set = (part: Partial<HubSettings>): void => void attempt(() => change({ hub: { ...hub, ...part } }))
  return (
    <>
      <Token />
      <Panel title="Hugging Face" flush>
        <SettingLine title="Offline" text="Nothing asks the hub; local models and data work as always.">
          <Switch label="Offline" on={hub.offline} onChange={(offline) => { set({ offline }) }} />
        </SettingLine>
        <div className="setting-form">
          <SavedField label="Endpoint" value={hub.endpoint} help="The hub itself, or a mirror of it." check={urlProblem} onSave={(endpoint) => { set({ endpoint }) }} />
          <SavedField label="Proxy" value={hub.proxy ?? ''} help="Empty: the system's own." check={(text) => (text === '' ? null : urlProblem(text))} onSave={(proxy) => { set({ proxy: proxy === '' ? null : proxy }) }} />
          <CaFile path={hub.caFile} onChange={(caFile) => { set({ caFile }) }} />
        </div>
      </Panel>
    </>
  )
}

/** The token goes in once and never comes back: only whether there is one. */
function Token() {
  const secret = useSettings((state) => state.secrets.find((one) => one.name === 'huggingface-token'))
  const takeSecret = useSettings((state) => state.takeSecret)
  const [value, setValue] = useState('')
  const save = (): void => {
    if (value.trim() === '') return
    void attempt(() => request('secrets.set', { name: 'huggingface-token', value: value.trim() })).then((state) => {
      setValue('')
      if (state === null) return
      takeSecret(state)
      toast({ title: 'Token saved', detail: state.kept === 'sealed-file' ? "Sealed with the system's keyring." : 'For this session only: this system has no keyring.', tone: 'good' })
    })
  }
  const clear = (): void =>
    void attempt(() => request('secrets.clear', { name: 'huggingface-token' })).then((state) => {
      if (state !== null) takeSecret(state)
    })
  return (
    <Panel title="Token" end={secret?.hasKey === true ? 'a token is set' : 'no token'}>
      <div className="stack">
        <p className="second small">Only gated and private models need one. It is sealed with the system's keyring, goes to downloads only, and is never shown again.</p>
        <div className="row row-end">
          <div className="grow">
            <Field label={secret?.hasKey === true ? 'New token' : 'Token'} secret mono value={value} placeholder="hf_" maxLength={500} onChange={setValue} onEnter={save} />
          </div>
          <Button disabled={value.trim() === ''} onPress={save}>
            Save token
          </Button>
          {secret?.hasKey === true && (
            <Button look="danger" onPress={clear}>
              Forget token
            </Button>
          )}
        </div>
        {secret?.kept === 'session-only' && <Notice tone="info">This system has no keyring, so a token is kept for this session only.</Notice>}
      </div>
    </Panel>
  )
}

/** A text that is saved by Enter or its button, once it is right. */
function SavedField({ label, value, help, check, onSave }: { readonly label: string; readonly value: string; readonly help: string; check(text: string): string | null; onSave(text: string): void }) {
  const [text, setText] = useState(value)
  const problem = check(text.trim())
  const save = (): void => {
    if (problem === null) onSave(text.trim())
  }
  return (
    <div className="row row-end">
      <div className="grow">
        <Field label={label} mono value={text} help={help} error={problem} onChange={setText} onEnter={save} />
      </div>
      {text.trim() !== value && <Button disabled={problem !== null} onPress={save}>Save</Button>}
    </div>
  )
}

function CaFile({ path, onChange }: { readonly path: string | null; onChange(path: string | null): void }) {
  const pick = (): void =>
    void attempt(() => request('files.pick', { purpose: 'ca-file' })).then((picked) => {
      if (picked !== null) onChange(picked.path)
    })
  return (
    <div className="row row-between">
      <div className="grow">
        <span className="label">Certificate authority</span>
        <p className="quiet small cut" title={path ?? undefined}>{path ?? "A PEM file, where a company's proxy signs its own connections."}</p>
      </div>
      <Button onPress={pick}>Choose a file</Button>
      {path !== null && <Button look="quiet" onPress={() => { onChange(null) }}>Remove</Button>}
    </div>
  )
}
