import type { LocalBackendId } from '../shared/cloud'
import type { PlanIssue } from '../shared/job'
import type { Device, DeviceChoice, JobRequest, JobSpec, LocalDevice, Method, TrainingSettings } from '../shared/job-spec'
import type { ByteRange, Plan } from '../shared/plan'
import type { HardwareState } from '../shared/hardware'
import { estimateDisk } from '../domain/disk-estimate'
import { memoryInputOf } from '../domain/memory-input'
import type { ModelShape } from '../domain/model-shape'
import { totalParameters } from '../domain/model-shape'
import { sentenceOf } from '../domain/settings-note-text'
import { settingsNotes } from '../domain/settings-notes'
import type { TokenCheck } from '../shared/dataset'
import type { NotKnown } from '../shared/estimate'
import { estimateTime } from '../domain/time-estimate'
import type { EarlierRun, RunSignature } from '../domain/time-estimate'
import { checkpointsKept, planSteps } from '../domain/training-plan'
import { estimateMemoryOf, fits } from '../domain/vram-estimate'
import { fitMicroBatch, recommendMethod } from '../domain/defaults'
import { trainerOf } from '../shared/job-spec'
import type { BackendRegistry } from '../backends/registry'
import type { CloudPlans } from './cloud-plans'
import type { Environments } from './environments'

/** What planning needs to know of a model on disk. */
export interface PlannedModel {
  readonly spec: JobSpec['model']
  readonly shape: ModelShape | NotKnown
  readonly hasChatTemplate: boolean
  readonly contextLength: number | null
  readonly problem: string | null
}

export interface PlansDeps {
  readonly backends: BackendRegistry
  readonly environments: Pick<Environments, 'forDevice'>
  readonly hardware: () => Promise<HardwareState>
  readonly cpuThreads: () => number
  readonly model: (request: Pick<JobRequest, 'modelId'>) => Promise<PlannedModel>
  readonly data: (request: Pick<JobRequest, 'datasetId'>) => Promise<JobSpec['data']>
  /** False for plain prompts and completions, which no template writes. */
  readonly needsTemplate: (request: Pick<JobRequest, 'datasetId'>) => boolean
  /** What tokenizer and template make of the data; null while no environment can tell. */
  readonly tokenCheck: (request: JobRequest) => Promise<TokenCheck | null>
  /** Where a job that does not run here would run, what that costs, and what forbids it. */
  readonly cloudPlans: Pick<CloudPlans, 'deviceName' | 'plan'>
  /** Names of the runs that there are, so that a proposed one is new. */
  readonly takenNames: () => ReadonlySet<string>
  readonly earlierRuns: () => readonly EarlierRun[]
  readonly defaults: (method: Method, model: PlannedModel, data: JobSpec['data'], device: LocalDevice['kind']) => TrainingSettings
}

export type SuggestRequest = Pick<JobRequest, 'modelId' | 'datasetId' | 'backend'> & { readonly method: Method | null }

const GIB = 2 ** 30

/** Says before a run what it would do and need, and what forbids it. Nothing is started or written. */
export function createPlans(deps: PlansDeps) {
  const plan = async (request: JobRequest, tokenCheck: TokenCheck | null = null): Promise<Plan> => {
    const { settings } = request
    const [model, data, hardware] = await Promise.all([deps.model(request), deps.data(request), deps.hardware()])
    const device = deviceOf(request, hardware, deps.cpuThreads(), deps.cloudPlans.deviceName)
    const trainer = trainerOf(request)
    const steps = planSteps(data.trainRows, settings)
    const environment = device.kind === 'cloud' ? null : deps.environments.forDevice(device.kind)
    const estimate = trainer === null ? serviceTrains : estimateMemoryOf(model.shape, memoryInputOf(settings, trainer, device.kind === 'cpu' ? 'cpu' : 'cuda'))
    const time = estimateTime(steps.totalSteps, signatureOf(request, device), deps.earlierRuns(), null)
    const elsewhere = request.cloud === null ? null : await deps.cloudPlans.plan(request, { model, data, estimate, steps, tokenCheck, time })
    const room = elsewhere === null ? { ...roomOf(device, hardware), deviceName: device.kind === 'cuda' ? device.gpuName : hardware.cpu.model } : { ...elsewhere.room, usedBy: [] }
    const checkpoints = checkpointsKept(steps.totalSteps, settings)
    const disk = estimate.kind === 'known' && elsewhere === null
      ? estimateDisk({ method: settings.method, trainableParameters: estimate.trainableParameters, savedWeightBytes: settings.method === 'full' && device.kind === 'cuda' ? 2 : 4, optimizer: 'adamw-32-bit', checkpoints })
      : null
    const spec: JobSpec = {
      schemaVersion: 1, jobId: planId, name: request.name, createdAtMs: 0, backend: request.backend, objective: { kind: 'sft' }, model: model.spec, data, settings, device, resume: null, cloud: request.cloud,
    }
    const verdict = fits(estimate, room.freeBytes)
    const defaults = deps.defaults(settings.method, model, data, device.kind === 'cpu' ? device.kind : 'cuda')
    const ofMachine = [...deviceIssues(request, hardware), ...(environment === null ? [issue('info', 'no-environment', `The ${device.kind} environment is not set up yet; the job waits for it.`, null)] : []), ...diskIssues(disk?.totalBytes ?? 0, hardware.disk?.freeBytes ?? null)]
    return {
      issues: onePerField([
        ...deps.backends[request.backend].validate(spec), ...modelIssues(model, deps.needsTemplate(request)), ...(trainer === null ? [] : noteIssues(request, trainer, model, data, device, tokenCheck)), ...tokenIssues(tokenCheck),
        ...memoryIssues(verdict, fits(estimate, room.capacityBytes), device), ...(elsewhere === null ? ofMachine : elsewhere.issues),
      ]),
      effectiveBatch: steps.effectiveBatch, stepsPerEpoch: steps.stepsPerEpoch, totalSteps: steps.totalSteps, warmupSteps: steps.warmupSteps, epochs: steps.epochs,
      trainRows: data.trainRows, evalRows: data.evalRows,
      trainableParameters: estimate.kind === 'known' ? estimate.trainableParameters : null,
      totalParameters: estimate.kind === 'known' ? estimate.totalParameters : null,
      memory: {
        verdict, device: device.kind,
        total: estimate.kind === 'known' ? rangeOf(estimate) : null, parts: estimate.kind === 'known' ? estimate.parts : [], ...room,
      },
      time: time.kind === 'known' ? { lowSeconds: time.lowSeconds, highSeconds: time.highSeconds, basis: time.basis, runs: time.runs } : null,
      disk: { checkpointBytes: disk?.checkpointBytes ?? 0, checkpoints, totalBytes: disk?.totalBytes ?? 0, freeBytes: hardware.disk?.freeBytes ?? null },
      cloud: elsewhere?.cloud ?? null,
      environment: { id: environment?.id ?? null, name: environment?.name ?? null, ready: environment !== null || device.kind === 'cloud' },
      changed: (Object.keys(settings) as (keyof typeof settings)[]).filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(defaults[key])),
    }
  }

  /** Settings to begin with: the method that fits with room to spare, and the largest micro-batch that does. */
  const suggest = async (wish: SuggestRequest): Promise<{ settings: TrainingSettings; name: string; reasons: readonly string[] }> => {
    const [model, data, hardware] = await Promise.all([deps.model(wish), deps.data(wish), deps.hardware()])
    const device = localDeviceOf({ kind: 'auto' }, hardware, deps.cpuThreads())
    const trainer = wish.backend === 'unsloth' ? 'unsloth' : 'huggingface'
    const { capacityBytes } = roomOf(device, hardware)
    const settingsOf = (method: Method) => deps.defaults(method, model, data, device.kind)
    const verdictOf = (settings: TrainingSettings, microBatch: number) => fits(estimateMemoryOf(model.shape, memoryInputOf({ ...settings, microBatch }, trainer, device.kind)), capacityBytes)
    const verdicts = { lora: verdictOf(settingsOf('lora'), 1), qlora: verdictOf(settingsOf('qlora'), 1) }
    const method = wish.method ?? recommendMethod(verdicts)
    const wanted = settingsOf(method)
    const batch = fitMicroBatch(wanted, (microBatch) => verdictOf(wanted, microBatch))
    const reasons = wish.method === null && method === 'qlora' ? ['The base is loaded in 4-bit, because 16-bit would not fit with room to spare.'] : []
    if (batch !== null && batch.microBatch < wanted.microBatch) reasons.push(`The micro-batch is ${batch.microBatch}, because ${wanted.microBatch} would not fit; the effective batch stays.`)
    const stem = `${model.spec.name}-${data.name.replace(/^Sample: /, '').replace(/\.(jsonl?|ndjson)$/, '')}`.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 100)
    return { settings: { ...wanted, ...(batch ?? { microBatch: 1, gradientAccumulation: wanted.microBatch * wanted.gradientAccumulation }) }, name: freeName(method === 'full' ? `${stem}-full` : `${stem}-r${wanted.rank}`, deps.takenNames()), reasons }
  }

  /** A service counts with a tokenizer of its own, and its models have no folder to read one from. */
  const tokensOf = async (request: JobRequest): Promise<TokenCheck | null> => (request.cloud?.kind === 'openai' ? null : deps.tokenCheck(request))

  return {
    plan: (request: JobRequest) => plan(request),
    suggest,
    /** The plan with the real tokens looked at: all that speaks against a start. */
    check: async (request: JobRequest): Promise<Plan> => plan(request, await tokensOf(request)),
  }
}
export type Plans = ReturnType<typeof createPlans>

/** Stands for the job id in a spec that is only looked at. */
const planId = 'job_0000000000000000' as JobSpec['jobId']

const issue = (severity: PlanIssue['severity'], code: string, message: string, field: string | null): PlanIssue => ({ severity, code, message, field })

/** What a service needs is its own business. */
const serviceTrains: NotKnown = { kind: 'not-known', reason: 'field-missing', detail: 'the service trains with its own program' }

/** The device that a request would get if everything were free: its place, else the chosen GPU, the first one, or the CPU. */
export function deviceOf(request: JobRequest, hardware: HardwareState, cpuThreads: number, placeName: (request: JobRequest) => string): Device {
  return request.cloud === null ? localDeviceOf(request.device, hardware, cpuThreads) : { kind: 'cloud', name: placeName(request) }
}

function localDeviceOf(choice: DeviceChoice, hardware: HardwareState, cpuThreads: number): LocalDevice {
  const gpus = hardware.gpus.kind === 'ok' ? hardware.gpus.gpus : []
  const gpu = choice.kind === 'cpu' ? undefined : choice.kind === 'cuda' ? gpus.find(({ uuid }) => uuid === choice.gpuUuid) : gpus[0]
  if (gpu === undefined) return { kind: 'cpu', threads: cpuThreads }
  return { kind: 'cuda', gpuUuid: gpu.uuid, gpuIndex: gpu.index, gpuName: gpu.name }
}

/** What makes the step times of two runs comparable. */
export function signatureOf(request: JobRequest, device: Device): RunSignature {
  const { method, maxLength, microBatch, gradientAccumulation, gradientCheckpointing, packing } = request.settings
  return {
    modelSha: request.modelId, backend: request.backend, method, maxLength, microBatch, gradientAccumulation, gradientCheckpointing, packing,
    deviceName: device.kind === 'cuda' ? device.gpuName : device.kind === 'cpu' ? `cpu ${device.threads}` : device.name,
  }
}

function rangeOf({ lowBytes, middleBytes, highBytes }: ByteRange): ByteRange {
  return { lowBytes, middleBytes, highBytes }
}

function roomOf(device: Device, hardware: HardwareState): Pick<Plan['memory'], 'freeBytes' | 'capacityBytes' | 'usedBy'> {
  if (device.kind !== 'cuda') return { freeBytes: hardware.memory.availableBytes, capacityBytes: hardware.memory.totalBytes, usedBy: [] }
  const gpu = hardware.gpus.kind === 'ok' ? hardware.gpus.gpus.find(({ uuid }) => uuid === device.gpuUuid) : undefined
  const usedBy = (gpu?.processes ?? [])
    .flatMap(({ name, pid, memoryUsedBytes }) => (memoryUsedBytes === null ? [] : [{ name: name ?? `process ${pid}`, bytes: memoryUsedBytes }]))
    .sort((a, b) => b.bytes - a.bytes)
  return { freeBytes: gpu?.memoryFreeBytes ?? null, capacityBytes: gpu?.memoryTotalBytes ?? null, usedBy }
}

/** The name, or the name with the first number from 2 on that no run has. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!taken.has(candidate)) return candidate
  }
}

/** Backends and notes may say the same of a field: one issue of each severity stays, and beside an error nothing. */
function onePerField(issues: readonly PlanIssue[]): readonly PlanIssue[] {
  return issues.filter((one, place) => {
    if (one.field === null) return true
    const twins = issues.filter(({ field }) => field === one.field)
    return twins.find(({ severity }) => severity === one.severity) === issues[place] && (one.severity === 'error' || twins.every(({ severity }) => severity !== 'error'))
  })
}

function modelIssues(model: PlannedModel, needsTemplate: boolean): PlanIssue[] {
  if (model.problem !== null) return [issue('error', 'model-unusable', model.problem, 'model')]
  if (needsTemplate && !model.hasChatTemplate) return [issue('error', 'no-chat-template', 'This model has no chat template, so conversations can\'t be written for it. Choose an instruct or chat variant.', 'model')]
  return []
}

function noteIssues(request: JobRequest, backend: LocalBackendId, { shape, contextLength }: PlannedModel, data: JobSpec['data'], device: Device, tokenCheck: TokenCheck | null): PlanIssue[] {
  const known = 'kind' in shape ? null : shape
  const notes = settingsNotes({
    settings: request.settings, backend, device: device.kind === 'cpu' ? 'cpu' : 'cuda', parameters: known === null ? null : totalParameters(known), shape: known,
    trainRows: data.trainRows, evalRows: data.evalRows, contextLength, tokenCheck,
  })
  return notes.map((note) => issue(note.severity, note.code, sentenceOf(note), note.field))
}

/** Zero trained tokens, a template that fails: found on the real rows before anything starts. */
function tokenIssues(check: TokenCheck | null): PlanIssue[] {
  if (check === null) return []
  if (check.problem !== null) return [issue('error', check.problem.code, check.problem.message, 'dataset')]
  return check.endOfTurnTrained ? [] : [issue('warning', 'end-of-turn-not-trained', 'The end of the answers is not trained, so the model may not stop by itself.', 'dataset')]
}

function deviceIssues(request: JobRequest, hardware: HardwareState): PlanIssue[] {
  const choice = request.device
  if (choice.kind !== 'cuda') return []
  const found = hardware.gpus.kind === 'ok' && hardware.gpus.gpus.some(({ uuid }) => uuid === choice.gpuUuid)
  return found ? [] : [issue('error', 'gpu-missing', 'The chosen GPU does not answer. Choose another device.', 'device')]
}

/** What can never fit is refused; what does not fit beside what runs now is only said, since the job may wait. */
function memoryIssues(now: Plan['memory']['verdict'], ever: Plan['memory']['verdict'], device: Device): PlanIssue[] {
  const where = device.kind === 'cpu' ? 'memory' : 'GPU memory'
  if (ever === 'does-not-fit') return [issue('error', 'does-not-fit', `It needs more ${where} than there is. Lower the max length or the micro-batch, or use 4-bit.`, 'microBatch')]
  if (now === 'does-not-fit') return [issue('warning', 'does-not-fit-now', `It needs more ${where} than is free now. Close what uses the rest before it starts.`, 'microBatch')]
  if (now === 'tight') return [issue('warning', 'tight', `It may run out of ${where}.`, 'microBatch')]
  return []
}

function diskIssues(neededBytes: number, freeBytes: number | null): PlanIssue[] {
  if (freeBytes === null || neededBytes < freeBytes) return []
  return [issue('error', 'disk', `It needs ${(neededBytes / GIB).toFixed(1)} GB of disk and ${(freeBytes / GIB).toFixed(1)} GB are free.`, 'keepCheckpoints')]
}
