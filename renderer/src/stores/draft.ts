import { create } from 'zustand'
import type { CloudOptions, JobBudget, LocalBackendId, OpenaiOptions, SagemakerOptions } from '../../../electron/shared/cloud'
import type { ConnectionSummary } from '../../../electron/shared/connection'
import type { DatasetId, JobId, ModelId } from '../../../electron/shared/ids'
import type { BackendId, DeviceChoice, JobRequest, Method, TrainingSettings } from '../../../electron/shared/job-spec'
import type { PlanIssue } from '../../../electron/shared/job'
import type { Plan } from '../../../electron/shared/plan'
import { request } from '../bridge'
import { backendOf, changeCloud, cloudDefaults, proposedInstance } from './draft-cloud'

/** The run that the user is about to start; Home and Train show the same one. */
interface Draft {
  readonly modelId: ModelId | null
  readonly datasetId: DatasetId | null
  readonly backend: BackendId
  readonly device: DeviceChoice
  /** Null: on this machine. */
  readonly cloud: CloudOptions | null
  readonly budget: JobBudget | null
  /** An instance that the user chose is never replaced by a proposed one. */
  readonly instanceChosen: boolean
  /** What a return to this machine brings back. */
  readonly local: { readonly backend: LocalBackendId; readonly modelId: ModelId | null }
  readonly name: string
  /** A name that the user typed is never replaced by a proposed one. */
  readonly nameTyped: boolean
  readonly settings: TrainingSettings | null
  /** The run after which these settings were changed, for the lineage. */
  readonly basedOn: JobId | null
  readonly defaults: TrainingSettings | null
  /** Why the defaults are what they are, in sentences. */
  readonly reasons: readonly string[]
  readonly plan: Plan | null
  /** The plan belongs to older settings while a new one is on its way. */
  readonly planning: boolean
  /** Defaults are on their way, so the settings may still change. */
  readonly settling: boolean
  /** A start was asked for and is not answered yet. */
  readonly starting: boolean
  /** Names of fields whose text is no value now: what a start would take is the last right one. */
  readonly wrong: readonly string[]
  readonly error: unknown
  choose(part: Partial<Pick<Draft, 'modelId' | 'datasetId'>> & { readonly backend?: LocalBackendId }): void
  /** Where it runs; null is this machine. */
  chooseWhere(place: Pick<ConnectionSummary, 'id' | 'config'> | null): void
  changeCloud(part: Partial<SagemakerOptions> | Partial<OpenaiOptions>): void
  setBudget(budget: JobBudget | null): void
  chooseMethod(method: Method): void
  chooseDevice(device: DeviceChoice): void
  rename(name: string): void
  change(part: Partial<TrainingSettings>): void
  reset(): void
  /** A field's text became wrong, or right again. */
  mark(field: string, wrong: boolean): void
  /** Asks for the defaults again and keeps what was changed: the name that they propose may be taken by now. */
  renew(): void
  /** Takes the settings of an earlier run, to start it again with changes. */
  takeJob(request: JobRequest): void
  /** Takes a proposed run under its own name, to be changed before it starts. */
  takeProposal(request: JobRequest, basedOn: JobId): void
  /** Asks for the plan again, for example when memory was freed. */
  replan(): void
}

/** A pause after the last key, so that typing a number asks once. */
const planDelayMs = 150
let timer: ReturnType<typeof setTimeout> | null = null
let asked = 0
let askedDefaults = 0

export const useDraft = create<Draft>((set, get) => {
  /** Asks for defaults, keeps what the user changed, before and while they were on their way, then asks for a plan. */
  const loadDefaults = async (method: Method | null, keep: Partial<TrainingSettings>): Promise<void> => {
    const { modelId, datasetId, backend, settings: before } = get()
    if (modelId === null || datasetId === null) return
    const turn = ++askedDefaults
    set({ settling: true, planning: true, error: null })
    try {
      const { settings, name, reasons } = await request('jobs.defaults', { modelId, datasetId, backend, method })
      if (turn !== askedDefaults) return
      const meanwhile = changedSettings({ settings: get().settings, defaults: before })
      set({ settling: false, defaults: settings, settings: { ...settings, ...keep, ...meanwhile }, reasons, ...(get().nameTyped ? {} : { name }) })
      await loadPlan()
    } catch (error) {
      if (turn === askedDefaults) set({ error, settling: false, planning: false, plan: null })
    }
  }
  const loadPlan = async (takeProposal = true): Promise<void> => {
    const job = requestOf(get())
    if (job === null) {
      set({ planning: false })
      return
    }
    const turn = ++asked
    set({ planning: true, error: null })
    try {
      const plan = await request('jobs.plan', job)
      if (turn !== asked) return
      const { cloud, instanceChosen } = get()
      const proposed = takeProposal && !instanceChosen ? proposedInstance(cloud, plan) : null
      if (cloud === null || proposed === null) {
        set({ plan, planning: get().settling })
        return
      }
      set({ plan, cloud: changeCloud(cloud, { instanceType: proposed }) })
      // Once only: a plan that proposes something else each time must not be asked for ever.
      await loadPlan(false)
    } catch (error) {
      if (turn === asked) set({ error, planning: false, plan: null })
    }
  }
  const planSoon = (): void => {
    if (timer !== null) clearTimeout(timer)
    // An answer to the settings of before would pass for the new plan.
    asked++
    set({ planning: true })
    timer = setTimeout(() => {
      timer = null
      void loadPlan()
    }, planDelayMs)
  }
  return {
    modelId: null,
    datasetId: null,
    backend: 'unsloth',
    device: { kind: 'auto' },
    cloud: null,
    budget: null,
    instanceChosen: false,
    local: { backend: 'unsloth', modelId: null },
    name: '',
    nameTyped: false,
    settings: null,
    basedOn: null,
    defaults: null,
    reasons: [],
    plan: null,
    planning: false,
    settling: false,
    starting: false,
    wrong: [],
    error: null,
    choose(part) {
      const method = part.backend === undefined ? null : (get().settings?.method ?? null)
      const keep = changedSettings(get())
      // With another model or other data it is no changed run of the earlier one any more.
      const other = part.modelId !== undefined || part.datasetId !== undefined
      set({ ...part, ...(other ? { basedOn: null } : {}), ...(part.backend === undefined ? {} : { local: { ...get().local, backend: part.backend } }) })
      void loadDefaults(method, keep)
    },
    chooseWhere(place) {
      const { cloud: before, local: kept, modelId, settings } = get()
      if ((before?.connectionId ?? null) === (place?.id ?? null)) return
      const keep = changedSettings(get())
      // A service has models of its own, so the one of this machine is put aside while the run goes there.
      const local = before?.kind === 'openai' ? kept : { ...kept, modelId }
      const cloud = place === null ? null : cloudDefaults(place, local.backend)
      asked++
      askedDefaults++
      set({ cloud, local, backend: backendOf(cloud, local.backend), modelId: cloud?.kind === 'openai' ? null : local.modelId, instanceChosen: false, plan: null, planning: false, settling: false, error: null })
      void loadDefaults(settings?.method ?? null, keep)
    },
    changeCloud(part) {
      const { cloud } = get()
      if (cloud === null) return
      set({ cloud: changeCloud(cloud, part), ...('instanceType' in part ? { instanceChosen: true } : {}) })
      planSoon()
    },
    setBudget(budget) {
      set({ budget })
      planSoon()
    },
    chooseMethod(method) {
      const { learningRate, ...keep } = changedSettings(get())
      // A rate that suits an adapter ruins a full fine-tune, so a new method always brings its own.
      void learningRate
      void loadDefaults(method, { ...keep, method })
    },
    chooseDevice(device) {
      set({ device })
      planSoon()
    },
    rename(name) {
      set({ name, nameTyped: name.trim() !== '' })
    },
    change(part) {
      const { settings } = get()
      if (settings === null) return
      set({ settings: { ...settings, ...part } })
      planSoon()
    },
    reset() {
      const { defaults } = get()
      if (defaults !== null) set({ settings: defaults })
      planSoon()
    },
    mark(field, wrong) {
      const others = get().wrong.filter((one) => one !== field)
      set({ wrong: wrong ? [...others, field] : others })
    },
    renew() {
      void loadDefaults(get().settings?.method ?? null, changedSettings(get()))
    },
    takeJob(job) {
      const { cloud, budget, backend } = job
      const { local } = get()
      const trainer = cloud?.kind === 'sagemaker' ? cloud.trainer : backend === 'unsloth' || backend === 'huggingface' ? backend : local.backend
      set({
        modelId: job.modelId, datasetId: job.datasetId, backend, device: job.device, name: `${job.name} 2`.slice(-120), nameTyped: true, settings: job.settings, basedOn: null,
        cloud, budget, instanceChosen: cloud !== null, local: { backend: trainer, modelId: backend === 'openai' ? local.modelId : job.modelId },
      })
      void loadDefaults(job.settings.method, job.settings)
    },
    takeProposal(job, basedOn) {
      get().takeJob(job)
      set({ name: job.name, basedOn })
    },
    replan: planSoon,
  }
})

/** Settings that differ from the defaults. */
export function changedSettings(draft: { readonly settings: TrainingSettings | null; readonly defaults: TrainingSettings | null }): Partial<TrainingSettings> {
  const { settings, defaults } = draft
  if (settings === null || defaults === null) return {}
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key as keyof TrainingSettings])),
  )
}

/** The draft as a request; null while something is missing. Ranges are held by the fields and checked at the engine's gate. */
export function requestOf(draft: Pick<Draft, 'modelId' | 'datasetId' | 'backend' | 'device' | 'name' | 'settings' | 'cloud' | 'budget'>): JobRequest | null {
  const { modelId, datasetId, backend, device, name, settings, cloud, budget } = draft
  if (modelId === null || datasetId === null || settings === null) return null
  const trimmed = name.trim()
  return trimmed === '' || trimmed.length > 120 ? null : { name: trimmed, backend, modelId, datasetId, device: cloud === null ? device : { kind: 'auto' }, settings, cloud, budget }
}

/** What forbids the start. */
export const errorsOf = (plan: Plan | null): readonly PlanIssue[] => plan?.issues.filter((issue) => issue.severity === 'error') ?? []

/**
 * Whether Start does something now. While a new plan is on its way the last one counts: a number is taken over when its field is left, and
 * that is often by the press on Start itself; the engine checks the request once more. What a run elsewhere costs is seen first.
 */
export const canStart = (draft: Pick<Draft, 'plan' | 'planning' | 'settling' | 'starting' | 'wrong' | 'modelId' | 'datasetId' | 'backend' | 'device' | 'name' | 'settings' | 'cloud' | 'budget'>): boolean => {
  const { plan, planning, settling, starting, wrong, cloud } = draft
  const waits = settling || starting || (planning && cloud !== null)
  return plan !== null && !waits && wrong.length === 0 && errorsOf(plan).length === 0 && requestOf(draft) !== null
}

/** Creates the job of the draft, once however often it is pressed. A refusal becomes the plan's issues, so that the page shows them at their fields. */
export async function startDraft(): Promise<JobId | null> {
  const draft = useDraft.getState()
  const job = requestOf(draft)
  if (job === null || draft.starting) return null
  const { basedOn } = draft
  useDraft.setState({ starting: true })
  try {
    const answer = basedOn === null ? await request('jobs.create', job) : await request('jobs.createFrom', { request: job, basedOn })
    if ('jobId' in answer) {
      useDraft.setState({ nameTyped: false, basedOn: null })
      useDraft.getState().renew()
      return answer.jobId
    }
    const { plan } = useDraft.getState()
    if (plan !== null) useDraft.setState({ plan: { ...plan, issues: answer.refused } })
    return null
  } finally {
    useDraft.setState({ starting: false })
  }
}
