import { useState } from 'react'
import type { LocalBackendId, OpenaiOptions } from '../../../../electron/shared/cloud'
import type { ConnectionSummary } from '../../../../electron/shared/connection'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Segmented, Select } from '../../components/choices'
import { Field } from '../../components/field'
import { hrefOf } from '../../router'
import { attempt } from '../../stores/attempt'
import { useDraft } from '../../stores/draft'
import { useConnections, useDatasets, useModels } from '../../stores/lists'
import { counted } from '../../text/format'
import { backendWords, modelKindWords } from '../../text/job-words'
import { basesOf, remoteBasesOf } from '../home/draft-defaults'
import { baseOptions, otherBase, thisMachine, whereOptions } from './where'

const trainers: readonly { readonly value: LocalBackendId; readonly label: string }[] = [{ value: 'unsloth', label: backendWords.unsloth }, { value: 'huggingface', label: backendWords.huggingface }]

/** Model, data, place, and what trains. */
export function Choosers() {
  const datasets = useDatasets((state) => state.items)
  const places = useConnections((state) => state.items)
  const { datasetId, backend, cloud, choose, chooseWhere, changeCloud } = useDraft()
  const place = places.find((one) => one.id === cloud?.connectionId) ?? null
  return (
    <div className="choosers">
      {cloud?.kind === 'openai' ? <BaseChooser cloud={cloud} place={place} /> : <ModelChooser />}
      <Select label="Data" placeholder="Choose data" value={datasetId} options={datasets.map((dataset) => ({ value: dataset.id, label: dataset.name, detail: counted(dataset.rows, 'row') }))} onChange={(value) => { choose({ datasetId: value }) }} />
      <div className="field">
        <Select<string>
          label="Where"
          value={cloud?.connectionId ?? thisMachine}
          options={whereOptions(places)}
          onChange={(value) => { chooseWhere(places.find((one) => one.id === value) ?? null) }}
        />
        <WhereHelp place={place} none={places.length === 0} />
      </div>
      <div className="field">
        <span className="label">Backend</span>
        {cloud === null && <Segmented<LocalBackendId> label="Backend" wide value={backend === 'unsloth' || backend === 'huggingface' ? backend : null} options={trainers} onChange={(value) => { choose({ backend: value }) }} />}
        {cloud?.kind === 'sagemaker' && <Segmented<LocalBackendId> label="Backend" wide value={cloud.trainer} options={trainers} onChange={(trainer) => { changeCloud({ trainer }) }} />}
        {cloud?.kind === 'openai' && <span className="chooser-text second small">The service trains with its own script</span>}
      </div>
    </div>
  )
}

/** What to know of the place before a job goes there. */
function WhereHelp({ place, none }: { readonly place: ConnectionSummary | null; readonly none: boolean }) {
  const settings = hrefOf({ page: 'settings', section: 'places' })
  if (place === null) return <span className="help">{none ? <>Too small? <a href={settings}>Add a place</a> with larger machines.</> : <>Nothing leaves this computer. <a href={settings}>Places</a></>}</span>
  if (place.breaker.state === 'open') return <span className="help help-warn">Not answering now. <a href={settings}>See why</a></span>
  if (place.check === null) return <span className="help help-warn">Not checked yet. <a href={settings}>Check it first</a></span>
  if (place.check.items.some((item) => item.state === 'missing' || item.state === 'login')) return <span className="help help-bad">Its last check found something missing. <a href={settings}>See what</a></span>
  return <span className="help">Checked. <a href={settings}>Places</a></span>
}

function ModelChooser() {
  const models = basesOf(useModels((state) => state.items))
  const { modelId, choose } = useDraft()
  return <Select label="Model" placeholder="Choose a model" value={modelId} options={models.map((model) => ({ value: model.id, label: model.name, detail: modelKindWords[model.kind] }))} onChange={(value) => { choose({ modelId: value }) }} />
}

/** The bases of a service. One becomes a model of the list when it is chosen. */
function BaseChooser({ cloud, place }: { readonly cloud: OpenaiOptions; readonly place: ConnectionSummary | null }) {
  const chosen = remoteBasesOf(useModels((state) => state.items), cloud.connectionId)
  const { modelId, choose } = useDraft()
  const [typing, setTyping] = useState(false)
  const [typed, setTyped] = useState('')
  const options = baseOptions(place?.check?.bases ?? [], chosen)
  const value = options.find((option) => option.model !== null && option.model.id === modelId)?.value ?? null
  const add = (name: string): void =>
    void attempt(() => request('models.addRemote', { connectionId: cloud.connectionId, name, deployment: null })).then((added) => {
      if (added === null) return
      setTyping(false)
      choose({ modelId: added.modelId })
    })
  const pick = (name: string): void => {
    setTyping(name === otherBase)
    if (name === otherBase) return
    const model = options.find((option) => option.value === name)?.model ?? null
    if (model === null) add(name)
    else choose({ modelId: model.id })
  }
  const gone = options.filter((option) => option.disabled === true)
  const typedName = typed.trim()
  return (
    <div className="field">
      <Select label="Base at the service" placeholder="Choose a base" value={typing ? otherBase : value} options={[...options, { value: otherBase, label: 'Another base, by its name' }]} onChange={pick} />
      {typing && (
        <div className="row row-end">
          <div className="grow"><Field label="Name of the base" hideLabel mono autoFocus maxLength={300} placeholder="name-of-the-base" value={typed} onChange={setTyped} onEnter={() => { if (typedName !== '') add(typedName) }} /></div>
          <Button disabled={typedName === ''} onPress={() => { add(typedName) }}>Use it</Button>
        </div>
      )}
      {options.length === 0 && !typing && <span className="help">{place?.check === null ? 'The check of the place lists what it can tune.' : 'The place does not list its bases; type the name of one.'}</span>}
      {gone.length > 0 && gone.length === options.length && <span className="help help-warn">Every base that it listed is gone; choose another place, or train on this machine.</span>}
    </div>
  )
}
