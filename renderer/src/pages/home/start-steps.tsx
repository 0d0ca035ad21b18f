import { Play, Plus } from 'lucide-react'
import { useCallback, useEffect } from 'react'
import type { ReactNode } from 'react'
import { Button as AriaButton, Radio, RadioGroup } from 'react-aria-components'
import type { DatasetSummary } from '../../../../electron/shared/dataset'
import type { ModelSummary } from '../../../../electron/shared/model'
import type { Quote } from '../../../../electron/shared/money'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { ErrorNotice, Notice } from '../../components/notice'
import { Progress, RangeBar } from '../../components/progress'
import { FitBadge } from '../../components/state-mark'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { keysOf } from '../../shell/shortcuts'
import { attempt } from '../../stores/attempt'
import { canStart, errorsOf, startDraft, useDraft } from '../../stores/draft'
import { pickAndImport, useImports } from '../../stores/imports'
import { useConnections, useDatasets, useModels } from '../../stores/lists'
import { byteRange, bytes, count, counted, durationRange, parameters } from '../../text/format'
import { formatWords, methodWords, modelKindWords } from '../../text/job-words'
import { dateWords, quoteWords } from '../../text/money'
import { basesAt, useDraftDefaults } from './draft-defaults'

const sample = 'sample'

/** Model, data, start: one press for a run with settings that suit both. */
export function StartSteps() {
  useDraftDefaults()
  return (
    <section className="steps" aria-label="Start a run">
      <ModelStep />
      <DataStep />
      <StartStep />
    </section>
  )
}

function StepHead({ step, title, end }: { readonly step: number; readonly title: string; readonly end: ReactNode }) {
  return (
    <div className="step-head">
      <span className="step-number" aria-hidden="true">{step}</span>
      <h2>{title}</h2>
      <span className="step-end">{end}</span>
    </div>
  )
}

function Choice({ value, title, detail }: { readonly value: string; readonly title: string; readonly detail: string }) {
  return (
    <Radio value={value} className="choice">
      <span className="choice-dot" aria-hidden="true" />
      <span className="choice-words">
        <span className="cut" title={title}>{title}</span>
        <span className="quiet cut">{detail}</span>
      </span>
    </Radio>
  )
}

/** A way to more, below the choices and not among them: arrows through the choices must not open a dialog. */
function OtherChoice({ title, detail, onPress }: { readonly title: string; readonly detail: string; onPress(): void }) {
  return (
    <AriaButton className="choice" onPress={onPress}>
      <Plus className="choice-more" aria-hidden="true" />
      <span className="choice-words">
        <span className="cut">{title}</span>
        <span className="quiet cut">{detail}</span>
      </span>
    </AriaButton>
  )
}

/** The chosen one stays in sight, whatever else is newer. */
function shortList<T extends { readonly id: string }>(items: readonly T[], chosen: string | null, most: number): readonly T[] {
  const first = items.slice(0, most)
  const found = items.find((item) => item.id === chosen)
  return found === undefined || first.includes(found) ? first : [found, ...first.slice(0, most - 1)]
}

function ModelStep() {
  const service = useDraft((state) => (state.cloud?.kind === 'openai' ? state.cloud.connectionId : null))
  const bases = basesAt(useModels((state) => state.items), service)
  const modelId = useDraft((state) => state.modelId)
  const choose = useDraft((state) => state.choose)
  const chosen = bases.find((model) => model.id === modelId)
  return (
    <div className="step">
      <StepHead step={1} title="Model" end={<a href={hrefOf({ page: 'models', id: null })}>{bases.length} {service === null ? 'on this machine' : 'at the service'}</a>} />
      <RadioGroup
        className="choices"
        aria-label="Model"
        value={modelId}
        onChange={(value) => {
          const model = bases.find((one) => one.id === value)
          if (model !== undefined) choose({ modelId: model.id })
        }}
      >
        {shortList(bases, modelId, 2).map((model) => (
          <Choice key={model.id} value={model.id} title={model.name} detail={modelDetail(model)} />
        ))}
      </RadioGroup>
      <OtherChoice title="Another folder or Hugging Face id" detail="safetensors with its tokenizer" onPress={() => { go({ page: 'models', id: 'add' }) }} />
      <p className="step-note">{chosen !== undefined && <ModelNote model={chosen} />}</p>
    </div>
  )
}

const modelDetail = (model: ModelSummary): string => [modelKindWords[model.kind], model.remote === null ? bytes(model.sizeBytes) : null, model.kind === 'demo' ? null : model.license].filter((part) => part !== null).join(' · ')

function ModelNote({ model }: { readonly model: ModelSummary }) {
  if (model.remote !== null) return <>It stays at the service{model.remote.shutdownDate === null ? '' : ` and ends ${dateWords(model.remote.shutdownDate)}`}.</>
  if (!model.hasChatTemplate) return <span className="ink-warn">It has no chat template; only prompt and completion data fits it.</span>
  return (
    <>
      {model.parameters !== null && `${parameters(model.parameters)} parameters. `}Chat template found
      {model.endOfTurn === null ? '.' : <>; end of turn is <code>{model.endOfTurn}</code>.</>}
    </>
  )
}

function DataStep() {
  const datasets = useDatasets((state) => state.items)
  const datasetId = useDraft((state) => state.datasetId)
  const choose = useDraft((state) => state.choose)
  const importing = useImports()
  const chosen = datasets.find((dataset) => dataset.id === datasetId)
  const hasSample = datasets.some((dataset) => dataset.kind === 'sample')
  const onChange = (value: string): void => {
    const dataset = datasets.find((one) => one.id === value)
    if (dataset !== undefined) choose({ datasetId: dataset.id })
    else if (value === sample) void attempt(() => request('datasets.addSample')).then((added) => { if (added !== null) choose({ datasetId: added.datasetId }) })
  }
  return (
    <div className="step">
      <StepHead step={2} title="Data" end="or drop a file here" />
      <RadioGroup className="choices" aria-label="Data" value={datasetId} onChange={onChange}>
        {shortList(datasets, datasetId, hasSample ? 2 : 1).map((dataset) => (
          <Choice key={dataset.id} value={dataset.id} title={dataset.name} detail={datasetDetail(dataset)} />
        ))}
        {!hasSample && <Choice value={sample} title="The bundled sample" detail="short tasks, made for the demo model" />}
      </RadioGroup>
      <OtherChoice title="Another file" detail="messages, Alpaca, ShareGPT, prompts" onPress={() => void pickAndImport()} />
      {importing.file === null ? (
        <p className="step-note">{chosen !== undefined && <DataNote dataset={chosen} />}</p>
      ) : (
        <div className="step-note">
          Reading {importing.file}{importing.progress === null ? '' : `, ${counted(importing.progress.rows, 'row')}`}
          <Progress label="Import" ratio={importing.progress === null ? null : importing.progress.readBytes / Math.max(1, importing.progress.totalBytes)} />
        </div>
      )}
    </div>
  )
}

const datasetDetail = (dataset: DatasetSummary): string =>
  dataset.kind === 'sample' ? `${counted(dataset.rows, 'short task')}, made for the demo model` : `${formatWords[dataset.format]} · ${counted(dataset.rows, 'row')}`

function DataNote({ dataset }: { readonly dataset: DatasetSummary }) {
  const left = dataset.report.rows - dataset.report.validRows
  return (
    <>
      {left <= 0 ? <span className="ink-good">All rows are valid. </span> : <span className="ink-warn">{counted(left, 'row')} left out. </span>}
      {count(dataset.trainRows)} train, {count(dataset.evalRows)} measure. <a href={hrefOf({ page: 'datasets', id: dataset.id })}>See what the model will see</a>
    </>
  )
}

function StartStep() {
  const draft = useDraft()
  const { plan, settings } = draft
  const startable = canStart(draft)
  const start = useCallback(() => {
    void attempt(startDraft).then((jobId) => { if (jobId !== null) go({ page: 'run', id: jobId }) })
  }, [])
  useCommand('primary', startable ? start : null)
  // Memory that another program took or freed changes the verdict, so coming back to the window asks again.
  useEffect(() => {
    const onFocus = (): void => { useDraft.getState().replan() }
    window.addEventListener('focus', onFocus)
    return () => { window.removeEventListener('focus', onFocus) }
  }, [])
  const [problem] = errorsOf(plan)
  const total = plan?.memory.total ?? null
  return (
    <div className="step">
      <StepHead step={3} title="Start" end={plan !== null && <FitBadge verdict={plan.memory.verdict} />} />
      {draft.error !== null && <ErrorNotice error={draft.error} />}
      {plan !== null && settings !== null && (
        <div className="step-plan">
          {plan.cloud !== null && <PlaceLine quote={plan.cloud.quote} />}
          <div className="row row-between">
            <span>Time</span>
            <b className="medium">{plan.time === null ? 'not known yet' : durationRange(plan.time.lowSeconds, plan.time.highSeconds)}</b>
          </div>
          <p className="quiet micro">{draft.cloud?.kind === 'openai' ? "the service's own method" : methodWords[settings.method]}, {settings.length.kind === 'epochs' ? counted(settings.length.epochs, 'epoch') : 'a fixed number of steps'}, {counted(plan.totalSteps, 'step')} of {plan.effectiveBatch}</p>
          <div className="row row-between">
            <span>{plan.memory.device === 'cpu' ? 'Memory' : 'GPU memory'}</span>
            <b className="medium">{total === null ? 'not known' : byteRange(total.lowBytes, total.highBytes)}</b>
          </div>
          {total !== null && plan.memory.capacityBytes !== null && (
            <RangeBar label={`Needs ${byteRange(total.lowBytes, total.highBytes)}`} low={total.lowBytes} high={total.highBytes} mark={plan.memory.freeBytes} maximum={plan.memory.capacityBytes} />
          )}
          {plan.memory.freeBytes !== null && <p className="quiet micro">of {bytes(plan.memory.freeBytes)} free now{plan.memory.device === 'cpu' ? ', on the CPU' : ''}</p>}
        </div>
      )}
      {(draft.modelId === null || draft.datasetId === null) && <p className="second small">{draft.modelId === null ? 'Choose a model' : 'Choose data'}; then time, memory and what the run does stand here.</p>}
      {problem !== undefined && <Notice tone="bad">{problem.message}</Notice>}
      <div className="step-start">
        <div className="row">
          <Button look="primary" size="big" icon={Play} keys={keysOf('primary')} busy={draft.starting} disabled={!startable && !draft.starting} onPress={start}>
            Start training
          </Button>
          <Button size="big" onPress={() => { go({ page: 'train' }) }}>
            Adjust
          </Button>
        </div>
        <p className="quiet micro">{basisOf(draft.plan?.time ?? null)}</p>
      </div>
    </div>
  )
}

/** The place of a run that is done elsewhere, its cost, and the way back. */
function PlaceLine({ quote }: { readonly quote: Quote }) {
  const id = useDraft((state) => state.cloud?.connectionId ?? null)
  const name = useConnections((state) => state.items.find((one) => one.id === id)?.config.name ?? 'a place')
  const chooseWhere = useDraft((state) => state.chooseWhere)
  return (
    <>
      <div className="row row-between">
        <span className="cut" title={name}>At {name}</span>
        <b className="medium">{quoteWords(quote)}</b>
      </div>
      <p><Button look="link" size="small" onPress={() => { chooseWhere(null) }}>Run it on this machine instead</Button></p>
    </>
  )
}

function basisOf(time: { readonly basis: 'earlier-runs' | 'measured-step'; readonly runs: number } | null): string {
  if (time === null) return 'Estimates; the time is known after the first run on this machine.'
  return time.basis === 'earlier-runs' ? `Estimates, corrected by ${counted(time.runs, 'earlier run')} on this machine.` : 'Estimates, from a measured step.'
}

