import { ChartSpline, Code, Columns2, Database, FolderOpen, Layers, MessageSquare, PackageCheck, Pencil, Play, Rocket, Star, Trash2 } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import type { RemoteModel } from '../../../../electron/shared/cloud'
import type { ModelSummary } from '../../../../electron/shared/model'
import { on, request } from '../../bridge'
import { Button } from '../../components/button'
import { KeyValue, Swatch } from '../../components/layout'
import { Notice } from '../../components/notice'
import { Progress } from '../../components/progress'
import { RenameDialog } from '../../components/rename-dialog'
import { RowMenu } from '../../components/row-menu'
import { go, hrefOf } from '../../router'
import { attempt, succeeds } from '../../stores/attempt'
import { useDraft } from '../../stores/draft'
import { useConnections, useJobs, useModels } from '../../stores/lists'
import { toast } from '../../stores/ui'
import { bytes, count, counted, learningRate, loss, parameters } from '../../text/format'
import { backendWords, methodWords, modelKindWords, scheduleWords } from '../../text/job-words'
import { DeploymentDialog } from './deployment-dialog'
import { removeModel } from './model-actions'
import { endWords, needsDeployment } from './remote-words'
import { SnippetDialog } from './snippet-dialog'

/** One model: what it is, where it comes from, and what can be done with it. */
export function ModelPane({ model }: { readonly model: ModelSummary }) {
  const [dialog, setDialog] = useState<'snippet' | 'rename' | 'deployment' | null>(null)
  const isBase = model.baseModelId === null
  const job = useJobs((state) => state.items.find((one) => one.id === model.jobId))
  const merge = useMergeProgress(model.id)
  const close = (): void => { setDialog(null) }
  const saveMerged = (): void =>
    void attempt(() => request('models.saveMerged', { modelId: model.id })).then((saved) => {
      if (saved !== null) toast({ title: 'Saved as a whole model', detail: saved.path, tone: 'good' })
    })
  const { remote } = model
  const place = useConnections((state) => state.items.find((one) => one.id === remote?.connectionId) ?? null)
  const preset = place?.config.kind === 'openai' ? place.config.preset : null
  const undeployed = remote !== null && needsDeployment(remote, preset)
  const trainWith = (): void => {
    // A base of a service can only be tuned there, and one of this machine goes wherever the run does.
    if (place !== null || useDraft.getState().cloud?.kind === 'openai') useDraft.getState().chooseWhere(place)
    useDraft.getState().choose({ modelId: model.id })
    go({ page: 'train' })
  }
  return (
    <aside className="pane pane-scroll model-pane" aria-label={model.name}>
      <div className="model-part">
        <h2 className="named model-name">
          {job !== undefined && <Swatch colour={job.colour} />}
          <span className="cut" title={model.name}>{model.name}</span>
        </h2>
        <p className="second small">{describe(model)}</p>
        {model.problem !== null && <Notice tone="bad">{model.problem}</Notice>}
        {undeployed && !isBase && <Notice tone="warn" title="Not deployed yet." actions={<Button size="small" onPress={() => { setDialog('deployment') }}>Name it</Button>}>Azure answers for it once you deploy it in the portal; then type the deployment's name here.</Notice>}
        <div className="row">
          {isBase ? (
            <Button look="primary" icon={Play} disabled={model.problem !== null || (remote !== null && place === null)} onPress={trainWith}>
              Train it
            </Button>
          ) : (
            <Button look="primary" icon={Columns2} disabled={model.problem !== null || undeployed} onPress={() => { go({ page: 'compare', id: null, query: `models=${model.baseModelId ?? ''},${model.id}` }) }}>
              Compare with base
            </Button>
          )}
          <Button icon={MessageSquare} disabled={model.problem !== null || undeployed} onPress={() => { go({ page: 'chat', id: model.id }) }}>
            Chat
          </Button>
          {remote === null && <Button icon={FolderOpen} label="Open the folder" onPress={() => void attempt(() => request('models.openFolder', { modelId: model.id }))} />}
          <RowMenu
            label={`Actions for ${model.name}`}
            small={false}
            inRow={false}
            actions={[
              ...(remote === null ? [{ id: 'snippet', label: 'Copy a snippet that loads it', icon: Code, run: () => { setDialog('snippet') } }] : []),
              ...(remote !== null && preset === 'azure' ? [{ id: 'deployment', label: 'Name of its deployment', icon: Rocket, run: () => { setDialog('deployment') } }] : []),
              ...(model.kind === 'adapter' ? [{ id: 'merge', label: 'Save merged safetensors', icon: PackageCheck, disabled: merge !== null, run: saveMerged }] : []),
              { id: 'rename', label: 'Rename', icon: Pencil, run: () => { setDialog('rename') } },
              { id: 'delete', label: 'Delete', icon: Trash2, danger: true, apart: true, disabled: model.kind === 'demo', run: () => void removeModel(model) },
            ]}
          />
        </div>
        {merge !== null && (
          <div className="small second" role="status">
            {merge.message}
            <Progress label="Saving merged" ratio={merge.doneRatio} />
          </div>
        )}
      </div>
      {!isBase && <Lineage model={model} />}
      <div className="model-part">
        <h3>Facts</h3>
        <KeyValue right rows={remote === null ? factsOf(model) : remoteFacts(model, remote, place?.config.name ?? null, preset)} />
      </div>
      {job !== undefined && (
        <div className="model-part">
          <h3>Trained with</h3>
          <KeyValue
            right
            rows={[
              ...(job.settings.method === 'full' || job.backend === 'openai' ? [] : [['Rank, alpha', `${job.settings.rank}, ${job.settings.alpha}`] as const]),
              ...(job.backend === 'openai' ? [] : [
                ['Learning rate', `${learningRate(job.settings.learningRate)}, ${scheduleWords[job.settings.schedule]}`] as const,
                ['Effective batch', count(job.settings.microBatch * job.settings.gradientAccumulation)] as const,
              ]),
              ['Steps', count(job.step)],
              ['Backend', backendWords[job.backend]],
              ['Seed', String(job.settings.seed)],
            ]}
          />
        </div>
      )}
      {dialog === 'deployment' && remote !== null && <DeploymentDialog modelId={model.id} deployment={remote.deployment} onClose={close} />}
      {dialog === 'snippet' && <SnippetDialog model={model} onClose={close} />}
      {dialog === 'rename' && <RenameDialog title="Rename the model" name={model.name} onClose={close} onRename={(name) => succeeds(() => request('models.rename', { modelId: model.id, name }))} />}
    </aside>
  )
}

function describe(model: ModelSummary): string {
  if (model.kind === 'demo') return 'A toy for learning the tool. It is small enough to train on any CPU in minutes, and far too small for real work.'
  if (model.remote !== null) return model.baseModelId === null ? 'Base of a service; it can be tuned and asked there, and is never on this machine.' : `Tuned at a service, and answers there only.${model.checkpointStep === null ? '' : ` Checkpoint at step ${count(model.checkpointStep)}.`}`
  if (model.baseModelId === null) return `Base model, ${modelKindWords[model.kind]}${model.hubId === null ? '' : `, ${model.hubId}`}.`
  const part = model.kind === 'adapter' ? 'Adapter; loads together with its base.' : 'A whole model.'
  return model.checkpointStep === null ? part : `${part} Checkpoint at step ${count(model.checkpointStep)}.`
}

/** What is known of a model that only a service has. */
const remoteFacts = (model: ModelSummary, remote: RemoteModel, placeName: string | null, preset: string | null): readonly (readonly [string, ReactNode])[] => [
  ['Place', placeName === null ? 'a removed place' : <a key="place" href={hrefOf({ page: 'settings', section: 'places' })}>{placeName}</a>],
  ['Name there', <span key="name" className="mono selectable">{remote.name}</span>],
  ...(preset === 'azure' ? [['Deployment', remote.deployment ?? 'none yet'] as const] : []),
  ['Shut-down', endWords(remote)],
  ...(model.bestEvalLoss === null ? [] : [['Eval loss', loss(model.bestEvalLoss)] as const]),
]

const factsOf = (model: ModelSummary): readonly (readonly [string, ReactNode])[] => [
  ['Size', bytes(model.sizeBytes)],
  ...(model.parameters === null ? [] : [['Parameters', parameters(model.parameters)] as const]),
  ...(model.architecture === null ? [] : [['Architecture', model.architecture] as const]),
  ...(model.contextLength === null ? [] : [['Context', `${count(model.contextLength)} tokens`] as const]),
  ['Chat template', model.hasChatTemplate ? 'yes' : 'none'],
  ...(model.endOfTurn === null ? [] : [['End of turn', <code key="end">{model.endOfTurn}</code>] as const]),
  ...(model.license === null ? [] : [['Licence', model.license] as const]),
  ...(model.bestEvalLoss === null ? [] : [['Eval loss', loss(model.bestEvalLoss)] as const]),
]

function Lineage({ model }: { readonly model: ModelSummary }) {
  const base = useModels((state) => state.items.find((one) => one.id === model.baseModelId))
  const job = useJobs((state) => state.items.find((one) => one.id === model.jobId))
  return (
    <div className="model-part">
      <h3>Where it comes from</h3>
      <ol className="lineage">
        <Ancestor icon={Layers} title={base?.name ?? 'base removed'} detail="base" />
        {job !== undefined && <Ancestor icon={Database} title={job.datasetName} detail="data" />}
        {job !== undefined && <Ancestor icon={ChartSpline} title={<a href={hrefOf({ page: 'run', id: job.id })}>Run {job.name}</a>} detail={[counted(job.step, 'step'), model.method === null || model.remote !== null ? null : methodWords[model.method]].filter((part) => part !== null).join(' · ')} />}
        <Ancestor icon={Star} title={model.checkpointStep === null ? 'End of the run' : `Checkpoint at step ${count(model.checkpointStep)}`} detail={model.bestEvalLoss === null ? 'not measured' : `eval loss ${loss(model.bestEvalLoss)}`} />
      </ol>
    </div>
  )
}

function Ancestor({ icon: Icon, title, detail }: { readonly icon: LucideIcon; readonly title: ReactNode; readonly detail: string }) {
  return (
    <li>
      <Icon aria-hidden="true" />
      <div>
        <span className="medium">{title}</span>
        <p className="quiet micro">{detail}</p>
      </div>
    </li>
  )
}

/** Progress of 'save merged' for this model; null when none goes on. */
function useMergeProgress(modelId: string): { readonly message: string; readonly doneRatio: number | null } | null {
  const [progress, setProgress] = useState<{ readonly message: string; readonly doneRatio: number | null } | null>(null)
  useEffect(
    () =>
      on('models.mergeProgress', (news) => {
        if (news.modelId === modelId) setProgress(news.doneRatio === 1 ? null : news)
      }),
    [modelId],
  )
  return progress
}
