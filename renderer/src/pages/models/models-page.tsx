import { Cloud, Layers, ListFilter, Plus } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import type { ComparisonSummary } from '../../../../electron/shared/comparison'
import type { ModelSummary } from '../../../../electron/shared/model'
import { Button } from '../../components/button'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Field } from '../../components/field'
import { Empty, PageHead, Skeleton, Swatch } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { useNow } from '../../shell/use-now'
import { useComparisons, useConnections, useJobs, useModels } from '../../stores/lists'
import { bytes, day, loss, parameters, unknownMark } from '../../text/format'
import { methodWords } from '../../text/job-words'
import { pairCounts, signedPoints, verdictWords } from '../compare/compared-models'
import { AddModelDialog } from './add-model-dialog'
import { againstBase } from './against-base'
import { Downloads } from './downloads'
import { removeModel } from './model-actions'
import { ModelPane } from './model-pane'
import { endWords } from './remote-words'
import './models.css'

const add = (): void => { go({ page: 'models', id: 'add' }) }
const closeAdd = (): void => { go({ page: 'models', id: null }) }

/** Models on this machine and at services: what runs made and what they started from. */
export function ModelsPage({ id }: { readonly id: string | null }) {
  const models = useModels((state) => state.items)
  const status = useModels((state) => state.status)
  const error = useModels((state) => state.error)
  const jobs = useJobs((state) => state.items)
  const comparisons = useComparisons((state) => state.items)
  const connections = useConnections((state) => state.items)
  const nowMs = useNow(60_000)
  const [filter, setFilter] = useState('')
  const filterBox = useRef<HTMLDivElement>(null)
  const focusFilter = useMemo(() => (): void => { filterBox.current?.querySelector('input')?.focus() }, [])
  useCommand('find', focusFilter)
  const words = filter.toLowerCase()
  const shown = models.filter((model) => [model.name, model.hubId ?? '', model.license ?? ''].join('\n').toLowerCase().includes(words)).toSorted((a, b) => b.createdAtMs - a.createdAtMs)
  const tuned = shown.filter((model) => model.baseModelId !== null)
  const bases = shown.filter((model) => model.baseModelId === null && model.remote === null)
  const remote = shown.filter((model) => model.baseModelId === null && model.remote !== null)
  const ordered = [...tuned, ...bases, ...remote]
  const chosen = models.find((model) => model.id === id) ?? ordered[0]
  const step = (by: number): void => {
    const next = ordered[ordered.findIndex((model) => model.id === chosen?.id) + by]
    if (next !== undefined) go({ page: 'models', id: next.id })
  }
  useCommand('previous', () => { step(-1) })
  useCommand('next', () => { step(1) })
  const colours = new Map(jobs.map((job) => [job.id, job.colour]))
  const places = new Map(connections.map((place) => [place.id, place.config.name]))
  const names = new Map(models.map((model) => [model.id, model.name]))
  const totalBytes = models.reduce((sum, model) => sum + model.sizeBytes, 0)
  const allTuned = models.filter((model) => model.baseModelId !== null).length
  return (
    <>
      <PageHead title="Models" sub={models.length === 0 ? undefined : `${allTuned} tuned, ${models.length - allTuned} base · ${bytes(totalBytes)}`}>
        <div className="filter" ref={filterBox}>
          <Field label="Filter models" hideLabel icon={<ListFilter aria-hidden="true" />} placeholder="Filter models" value={filter} onChange={setFilter} />
        </div>
        <Button icon={Plus} onPress={add}>
          Add a base model
        </Button>
      </PageHead>
      <div className="split models">
        <div className="pane">
          <Downloads />
          <div className="pane-scroll">
            {status === 'failed' && <div className="page-pad"><ErrorNotice error={error} /></div>}
            {status === 'loading' && <Skeleton rows={6} label="Reading the models" />}
            {status === 'ready' && models.length === 0 && (
              <Empty icon={Layers} title="No models yet" actions={<Button look="primary" onPress={add}>Add a base model</Button>}>
                A folder with safetensors and its tokenizer, or an id from Hugging Face. Tuned models appear here after their run.
              </Empty>
            )}
            {models.length > 0 && shown.length === 0 && <p className="nothing">No model matches “{filter}”.</p>}
            {shown.length > 0 && (
              <DataTable
                label="Models"
                columns={columnsOf(nowMs, names, colours, places, comparisons)}
                groups={[
                  { id: 'tuned', title: 'Tuned', items: tuned },
                  { id: 'base', title: 'Base models on this machine', items: bases },
                  { id: 'remote', title: 'Bases at services', items: remote },
                ]}
                selected={chosen?.id ?? null}
                idOf={(model) => model.id}
                nameOf={(model) => model.name}
                onSelect={(model) => { go({ page: 'models', id: model.id }) }}
                onDelete={(model) => { if (model.kind !== 'demo') void removeModel(model) }}
              />
            )}
          </div>
        </div>
        {chosen !== undefined && <ModelPane key={chosen.id} model={chosen} />}
      </div>
      {id === 'add' && <AddModelDialog onClose={closeAdd} />}
    </>
  )
}

const columnsOf = (nowMs: number, names: ReadonlyMap<string, string>, colours: ReadonlyMap<string, number>, places: ReadonlyMap<string, string>, comparisons: readonly ComparisonSummary[]): readonly Column<ModelSummary>[] => [
  {
    id: 'model',
    head: 'Model',
    cell: (model) => (
      <span className="named">
        {model.jobId !== null && colours.has(model.jobId) ? <Swatch colour={colours.get(model.jobId) ?? 1} /> : <Layers className="state-icon ink-plain" aria-hidden="true" />}
        <span className="cut medium" title={model.name}>{model.name}</span>
        {model.remote !== null && <Cloud className="model-cloud" role="img" aria-label="at a service" />}
        {model.problem !== null && <span className="ink-bad small">not readable</span>}
      </span>
    ),
  },
  { id: 'base', head: 'Base', width: '13%', leaves: 1, cell: (model) => <span className="second">{model.baseModelId === null ? (model.remote !== null ? endWords(model.remote) : model.parameters === null ? unknownMark : parameters(model.parameters)) : (names.get(model.baseModelId) ?? 'removed')}</span> },
  { id: 'method', head: 'Method, licence', width: '15%', leaves: 1, cell: (model) => <span className="second">{model.remote !== null ? (places.get(model.remote.connectionId) ?? 'a removed place') : model.method === null ? (model.kind === 'demo' ? 'bundled toy' : (model.license ?? 'unknown licence')) : methodWords[model.method]}</span> },
  { id: 'loss', head: 'Eval loss', width: '80px', numeric: true, leaves: 2, cell: (model) => (model.baseModelId === null ? '' : loss(model.bestEvalLoss)) },
  { id: 'against', head: 'Against base', width: '140px', leaves: 2, cell: (model) => (model.baseModelId === null ? '' : <AgainstBase model={model} comparisons={comparisons} />) },
  { id: 'size', head: 'Size', width: '76px', numeric: true, cell: (model) => <span className="second">{model.remote === null ? bytes(model.sizeBytes) : unknownMark}</span> },
  { id: 'made', head: 'Made', width: '84px', numeric: true, cell: (model) => <span className="second">{model.kind === 'demo' ? unknownMark : day(model.createdAtMs, nowMs)}</span> },
]

/** `better, +23.3 points`, with the comparison behind it. */
function AgainstBase({ model, comparisons }: { readonly model: ModelSummary; readonly comparisons: readonly ComparisonSummary[] }) {
  const found = againstBase(model, comparisons)
  if (found === null) return <span className="quiet">not compared</span>
  const { pair, comparisonId } = found
  const { word, tone } = verdictWords[pair.verdict]
  const words = pair.verdict === 'not-enough-data' ? 'unclear' : word.toLowerCase()
  return (
    <a className="cut" href={hrefOf({ page: 'compare', id: comparisonId, query: '' })} title={`${word}. ${pairCounts(pair)}`} tabIndex={-1}>
      <span className={`ink-${tone}`}>{words}</span>, {signedPoints(pair.differencePoints)} points
    </a>
  )
}
