import { useState } from 'react'
import { Checkbox } from 'react-aria-components'
import { Check, Columns2 } from 'lucide-react'
import type { Precision, Sampling } from '../../../../electron/shared/comparison'
import type { ConnectionSummary } from '../../../../electron/shared/connection'
import type { DatasetSummary } from '../../../../electron/shared/dataset'
import type { Input } from '../../../../electron/shared/requests'
import type { ModelSummary } from '../../../../electron/shared/model'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Segmented, Select } from '../../components/choices'
import { Field } from '../../components/field'
import { PageHead, Panel } from '../../components/layout'
import { NumberField } from '../../components/number-field'
import { Notice } from '../../components/notice'
import { go } from '../../router'
import { useCommand } from '../../shell/commands'
import { attempt } from '../../stores/attempt'
import { gpusOf, useHardware } from '../../stores/hardware'
import { useConnections, useDatasets, useModels } from '../../stores/lists'
import { count, counted } from '../../text/format'
import { modelKindWords } from '../../text/job-words'
import { needsDeployment } from '../models/remote-words'
import { placeNameOf } from './compared-models'
import { greedy, SamplingFields } from './sampling-fields'

type NewComparison = Input<'comparisons.create'>
type Part = 'held-out' | 'eval'
const promptKinds = [{ value: 'dataset', label: 'From a dataset' }, { value: 'typed', label: 'Typed' }] as const
const leastModels = 2
const mostModels = 8

/** Prompts that a dataset can give: its held-out set, else its evaluation part. */
const partsOf = (dataset: DatasetSummary): readonly { readonly part: Part; readonly rows: number }[] =>
  [{ part: 'held-out' as const, rows: dataset.heldOutRows }, { part: 'eval' as const, rows: dataset.evalRows }].filter(({ rows }) => rows > 0)

const presetOf = ({ remote }: ModelSummary, places: readonly ConnectionSummary[]): string | null => {
  const config = places.find((place) => place.id === remote?.connectionId)?.config
  return config?.kind === 'openai' ? config.preset : null
}

/** Chooses models, prompts and sampling. `proposed` are the models that a link named. */
export function NewComparisonPage({ proposed, onCancel }: { readonly proposed: readonly string[]; onCancel: (() => void) | null }) {
  const models = useModels((state) => state.items)
  const datasets = useDatasets((state) => state.items)
  const connections = useConnections((state) => state.items)
  const hasGpu = useHardware((state) => gpusOf(state.machine).length > 0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(proposed))
  const [kind, setKind] = useState<'dataset' | 'typed'>('dataset')
  const [source, setSource] = useState<string | null>(null)
  const [limit, setLimit] = useState(200)
  const [typed, setTyped] = useState('')
  const [sampling, setSampling] = useState<Sampling>(greedy)
  const [precision, setPrecision] = useState<Precision | null>(null)
  const [busy, setBusy] = useState(false)

  // Azure answers for a model only under its deployment.
  const usable = models.filter((model) => model.problem === null && (model.remote === null || !needsDeployment(model.remote, presetOf(model, connections))))
  const picked = usable.filter((model) => chosen.has(model.id))
  const remote = [...new Set(picked.flatMap((model) => (model.remote === null ? [] : [placeNameOf(model.remote, connections)])))]
  const sources = datasets.flatMap((dataset) => partsOf(dataset).map(({ part, rows }) => ({ key: `${dataset.id} ${part}`, dataset, part, rows })))
  const one = sources.find(({ key }) => key === source) ?? sources.find(({ part }) => part === 'held-out') ?? sources[0]
  const lines = typed.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const problem = picked.length < leastModels ? 'Choose two models or more.' : picked.length > mostModels ? `Choose at most ${mostModels} models.` : kind === 'dataset' && one === undefined ? 'No dataset has held-out or evaluation rows. Type prompts instead.' : kind === 'typed' && lines.length === 0 ? 'Type at least one prompt.' : lines.length > 200 ? 'At most 200 prompts.' : null

  const start = (): void => {
    if (problem !== null || busy) return
    const prompts: NewComparison['prompts'] = kind === 'typed' || one === undefined ? { kind: 'typed', prompts: lines } : { kind: 'dataset', datasetId: one.dataset.id, part: one.part, limit: Math.min(limit, one.rows) }
    setBusy(true)
    void attempt(() => request('comparisons.create', { name: null, modelIds: picked.map((model) => model.id), prompts, sampling, precision: precision ?? (hasGpu ? 'bfloat16' : 'float32') })).then((made) => {
      setBusy(false)
      if (made !== null) go({ page: 'compare', id: made.comparisonId, query: '' })
    })
  }
  useCommand('primary', problem === null && !busy ? start : null)

  return (
    <>
      <PageHead title="New comparison" sub="The same prompts for every model">
        {onCancel !== null && <Button onPress={onCancel}>Cancel</Button>}
        <Button look="primary" icon={Columns2} disabled={problem !== null} busy={busy} onPress={start}>Start comparison</Button>
      </PageHead>
      <div className="page-scroll">
        <div className="new-comparison">
          {problem !== null && <Notice tone="info">{problem}</Notice>}
          {remote.length > 0 && <Notice tone="plain" title="Some models answer elsewhere.">The prompts are sent to {remote.join(' and ')} and billed there; the costs stand in Settings, Costs.</Notice>}
          <Panel title="Models" end={`${count(picked.length)} chosen`} flush>
            <ModelChoices models={usable} chosen={chosen} onChange={setChosen} />
          </Panel>
          <Panel title="Prompts">
            <div className="stack">
              <div className="row"><Segmented label="Where prompts come from" options={promptKinds} value={kind} onChange={setKind} /></div>
              {kind === 'dataset' ? (
                <div className="prompt-source">
                  <Select
                    label="Prompt set"
                    options={sources.map(({ key, dataset, part, rows }) => ({ value: key, label: `${dataset.name}, ${part === 'held-out' ? 'held-out' : 'evaluation part'}`, detail: counted(rows, 'prompt') }))}
                    value={one?.key ?? null}
                    disabled={sources.length === 0}
                    onChange={setSource}
                  />
                  <div className="field">
                    <span className="label" aria-hidden="true">Prompts at most</span>
                    <NumberField label="Prompts at most" value={Math.min(limit, one?.rows ?? limit)} minimum={1} maximum={Math.max(1, Math.min(5000, one?.rows ?? 5000))} onChange={setLimit} />
                  </div>
                  <p className="help">{one === undefined ? 'Import a dataset first.' : `${one.part === 'held-out' ? 'Held-out rows were never trained on. ' : 'Evaluation rows were never trained on, but they chose the best checkpoint. '}With 100 prompts or more a difference of 15 points can be told from chance.`}</p>
                </div>
              ) : (
                <Field label="One prompt a line" value={typed} lines={6} placeholder="How do I reset the router?" help="Typed prompts have no reference answer, so nothing is scored; the answers stand side by side." onChange={setTyped} />
              )}
            </div>
          </Panel>
          <Panel title="Sampling and precision">
            <SamplingFields sampling={sampling} precision={precision ?? (hasGpu ? 'bfloat16' : 'float32')} onSampling={setSampling} onPrecision={setPrecision} />
            <p className="help">Every model{remote.length > 0 ? ' on this machine' : ''} answers at this one precision.{remote.length > 0 ? ' A service has its own, and does not tell perplexity.' : ''} What was generated before with the same model, prompt and sampling is not generated again.</p>
          </Panel>
        </div>
      </div>
    </>
  )
}

function ModelChoices({ models, chosen, onChange }: { readonly models: readonly ModelSummary[]; readonly chosen: ReadonlySet<string>; onChange(chosen: ReadonlySet<string>): void }) {
  const places = useConnections((state) => state.items)
  if (models.length === 0) return <p className="tab-pad second">No model yet. Add one on the Models page.</p>
  return (
    <ul className="model-choices">
      {models.map((model) => (
        <li key={model.id}>
          <Checkbox
            className="model-choice"
            isSelected={chosen.has(model.id)}
            onChange={(on) => { onChange(new Set(on ? [...chosen, model.id] : [...chosen].filter((id) => id !== model.id))) }}
          >
            <span className="check-box" aria-hidden="true"><Check /></span>
            <span className="medium cut">{model.name}</span>
            <span className="quiet cut">
              {model.remote !== null && `remote: ${placeNameOf(model.remote, places)}, `}
              {model.baseModelId === null ? modelKindWords[model.kind] : `on ${models.find((base) => base.id === model.baseModelId)?.name ?? 'a removed base'}`}
              {model.checkpointStep !== null && `, step ${count(model.checkpointStep)}`}
            </span>
          </Checkbox>
        </li>
      ))}
    </ul>
  )
}
