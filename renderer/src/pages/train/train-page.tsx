import { FileCode, Play } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import type { ConnectionSummary } from '../../../../electron/shared/connection'
import { Button } from '../../components/button'
import { Field } from '../../components/field'
import { PageHead, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { go } from '../../router'
import { useCommand } from '../../shell/commands'
import { keysOf } from '../../shell/shortcuts'
import { attempt } from '../../stores/attempt'
import { canStart, errorsOf, requestOf, startDraft, useDraft } from '../../stores/draft'
import { useConnections, useJobs, useModels } from '../../stores/lists'
import { counted } from '../../text/format'
import { isActive } from '../../text/job-words'
import { runsElsewhere } from '../../text/places'
import { useDraftDefaults } from '../home/draft-defaults'
import { AdjustPane } from './adjust-pane'
import { CheckedPanel } from './checked-panel'
import { Choosers } from './choosers'
import { MachinePanel } from './machine-panel'
import { NeedsPanel } from './needs-panel'
import { PlanPanel } from './plan-panel'
import { QuotePanel } from './quote-panel'
import { ScriptDialog } from './script-dialog'
import { ServicePlan } from './service-plan'
import { cloudFootText } from './where'
import './train.css'

/** A run before it starts: the plan in words, what it needs, what was checked, and every knob. */
export function TrainPage() {
  useDraftDefaults()
  const draft = useDraft()
  const [scriptOpen, setScriptOpen] = useState(false)
  const { cloud } = draft
  // Jobs elsewhere take no device of this machine, so neither kind waits for the other.
  const busy = useJobs((state) => cloud === null && state.items.some((job) => !runsElsewhere(job) && (isActive(job) || job.state === 'queued')))
  const startable = canStart(draft)
  const start = useCallback(() => {
    void attempt(startDraft).then((jobId) => {
      if (jobId !== null) go(busy ? { page: 'queue' } : { page: 'run', id: jobId })
    })
  }, [busy])
  useCommand('primary', startable ? start : null)
  const place = useConnections((state) => state.items.find((one) => one.id === cloud?.connectionId) ?? null)
  const checkedAtMs = place?.check?.atMs ?? null
  // What a plan says of a place rests on its check, on prices and budgets, and those change on other pages.
  useEffect(() => {
    const { plan, cloud: there, replan } = useDraft.getState()
    if (plan !== null && there !== null) replan()
  }, [checkedAtMs])
  const job = requestOf(draft)
  return (
    <>
      <PageHead
        title="New run"
        sub={
          <span className="run-name">
            <Field label="Name of the run" hideLabel value={draft.name} maxLength={120} placeholder="Name of the run" onChange={draft.rename} />
          </span>
        }
      >
        {cloud?.kind !== 'openai' && (
          <Button icon={FileCode} disabled={job === null} onPress={() => { setScriptOpen(true) }}>
            Show script
          </Button>
        )}
      </PageHead>
      <div className="split train">
        <div className="pane pane-page">
          <div className="pane-scroll page-pad stack">
            <Choosers />
            {draft.error !== null && <ErrorNotice error={draft.error} actions={<Button size="small" onPress={draft.replan}>Try again</Button>} />}
            {draft.plan === null || draft.settings === null ? (
              draft.error === null && <Waiting />
            ) : (
              <>
                {cloud?.kind === 'sagemaker' && <MachinePanel cloud={cloud} proposals={draft.plan.cloud?.proposals ?? []} />}
                {draft.plan.cloud !== null && <QuotePanel plan={draft.plan} cloud={draft.plan.cloud} />}
                {cloud?.kind === 'openai' ? <ServicePlan plan={draft.plan} cloud={cloud} modelName={nameOfModel(draft.modelId)} /> : <PlanPanel plan={draft.plan} settings={draft.settings} modelName={nameOfModel(draft.modelId)} reasons={draft.reasons} />}
                {cloud?.kind !== 'openai' && <NeedsPanel plan={draft.plan} />}
                <CheckedPanel plan={draft.plan} settings={draft.settings} modelId={draft.modelId} datasetId={draft.datasetId} cloud={cloud} />
              </>
            )}
          </div>
        </div>
        <AdjustPane />
      </div>
      <footer className="page-foot">
        <p className="second small grow">{footText(draft, busy, place)}</p>
        <Button look="primary" icon={Play} keys={keysOf('primary')} busy={draft.starting} disabled={!startable && !draft.starting} onPress={start}>
          {busy ? 'Add to queue' : 'Start training'}
        </Button>
      </footer>
      {scriptOpen && job !== null && <ScriptDialog job={job} onClose={() => { setScriptOpen(false) }} />}
    </>
  )
}

const nameOfModel = (modelId: string | null): string => useModels.getState().items.find((model) => model.id === modelId)?.name ?? 'the model'

/** Why it cannot start, else what starting means. */
function footText(draft: ReturnType<typeof useDraft.getState>, busy: boolean, place: ConnectionSummary | null): string {
  if (draft.modelId === null) return draft.cloud?.kind === 'openai' ? 'Choose a base of the service first.' : 'Choose a model first; the Models page adds one.'
  if (draft.datasetId === null) return 'Choose data first; the Datasets page imports a file.'
  const problems = errorsOf(draft.plan)
  const [first] = problems
  if (first !== undefined) return problems.length === 1 ? first.message : `${first.message} ${counted(problems.length - 1, 'more problem')} below.`
  const [wrong] = draft.wrong
  if (wrong !== undefined) return `Correct this field first: ${wrong}.`
  if (draft.name.trim() === '') return 'Give the run a name.'
  if (draft.plan === null) return 'Working out the plan.'
  if (draft.plan.cloud !== null && place !== null) return cloudFootText(draft.plan.cloud, place)
  const { deviceName, device } = draft.plan.memory
  const where = device === 'cpu' ? 'the CPU' : deviceName
  return busy ? `Waits for its turn on ${where}; the queue goes on by itself.` : `Starts now on ${where}. Ends by itself; closing the window does not stop it.`
}

function Waiting() {
  const known = useDraft((state) => state.modelId !== null && state.datasetId !== null)
  if (known) return <Skeleton rows={8} label="Working out the plan" />
  return <p className="second">The plan appears here once a model and data are chosen.</p>
}
