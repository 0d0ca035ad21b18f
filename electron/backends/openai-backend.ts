import { AppError } from '../shared/app-error'
import type { PlanIssue } from '../shared/job'
import type { JobSpec } from '../shared/job-spec'
import { tunableBase } from '../domain/openai-bases'
import { leastExamples } from '../domain/openai-row'
import { readRunSpec, requestStop } from '../process/run-folder'
import { systemClock } from '../remote/clock'
import type { Clock } from '../remote/clock'
import type { Connections } from '../remote/connection'
import { CloudError } from '../remote/gateway'
import { cancelJob } from '../remote/openai/jobs'
import { createPace } from '../remote/pace'
import type { Pace } from '../remote/pace'
import type { Capabilities, PreparedRun, RunHandle, TrainingBackend } from './training-backend'
import { readDispatch } from './openai-dispatch'
import { writeProtocolFolder } from './openai-files'
import { observeJob } from './openai-observe'
import { standardPatience } from './patience'
import type { PatienceLimits } from './patience'
import { dispatchJob } from './openai-start'
import type { DispatchDeps } from './openai-start'

/** Method and settings of the local trainers have no meaning here, so none is refused; the service cancels in one way only. */
const capabilities: Capabilities = { methods: ['lora', 'qlora', 'full'], devices: ['cloud'], metrics: 'polled', cancel: ['force'], resume: false, exports: [], packing: [] }

const settleMs = 3_000

export interface OpenaiBackendDeps {
  readonly connections: Pick<Connections, 'openai'>
  readonly clock?: Clock
  readonly patience?: PatienceLimits
  /** How long a service may take to list what it has just made, in ms. */
  readonly settleMs?: number
  /** Larger files go up in parts; bytes. */
  readonly singleBytes?: number
}

/** Jobs at a service that speaks the OpenAI fine-tuning protocol: followed by asking, made once, and never lost. */
export function createOpenaiBackend(given: OpenaiBackendDeps): TrainingBackend<'openai'> {
  const { connections, clock = systemClock } = given
  const deps: DispatchDeps = {
    connections, clock, patience: given.patience ?? standardPatience, settleMs: given.settleMs ?? settleMs, ...(given.singleBytes === undefined ? {} : { singleBytes: given.singleBytes }),
  }
  const followed = new Map<string, Pace>()
  const validate = (spec: JobSpec) => validateSpec(spec, clock.now())
  return {
    id: 'openai',
    capabilities,
    validate,
    async prepare(spec, { runFolder }) {
      const refusal = validate(spec).find((issue) => issue.severity === 'error')
      if (refusal !== undefined) throw new AppError('JOB_REFUSED', refusal.message, { data: { reason: refusal.code } })
      await writeProtocolFolder(runFolder, spec)
      return { kind: 'remote', runFolder, device: spec.device }
    },
    async start({ runFolder }, { onPhase, signal }) {
      const spec = await readRunSpec(runFolder)
      const { cloud } = spec
      if (cloud?.kind !== 'openai') throw new AppError('JOB_REFUSED', 'this job was not made for a service', { data: { reason: 'wrong-backend' } })
      const { startedAtMs, remoteId } = await dispatchJob(deps, spec, runFolder, onPhase ?? (() => undefined), signal)
      return { kind: 'remote', runFolder, startedAtMs, connectionId: cloud.connectionId, remoteId }
    },
    async *observe(handle, cursor, signal) {
      if (handle.kind !== 'remote') throw new AppError('RUN_FOLDER', 'this run is not at a service')
      const pace = createPace({ wait: (ms, waiting) => clock.wait(ms, waiting), random: Math.random })
      followed.set(handle.runFolder, pace)
      try {
        yield* observeJob(deps, handle, cursor, pace, signal)
      } finally {
        if (followed.get(handle.runFolder) === pace) followed.delete(handle.runFolder)
      }
    },
    async cancel(run, mode) {
      if ((await readDispatch(run.runFolder))?.ended) return
      // Kept in the folder, so that observing asks again where this call does not come through.
      await requestStop(run.runFolder, mode)
      await cancelAtService(run, connections)
      followed.get(run.runFolder)?.wake()
    },
  }
}

async function cancelAtService(run: PreparedRun | RunHandle, connections: Pick<Connections, 'openai'>): Promise<void> {
  const handle = run.kind === 'remote' && 'connectionId' in run ? run : null
  if (handle === null || handle.remoteId === null) return
  try {
    await cancelJob(await connections.openai(handle.connectionId), handle.remoteId)
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
  }
}

function validateSpec(spec: JobSpec, nowMs: number): readonly PlanIssue[] {
  const issues: PlanIssue[] = []
  const refuse = (code: string, message: string, field: string | null) => issues.push({ severity: 'error', code, message, field })
  const { model, data, device, cloud, resume } = spec
  if (spec.backend !== 'openai' || cloud?.kind !== 'openai') refuse('wrong-backend', `This job was made for the backend "${spec.backend}".`, 'backend')
  if (device.kind !== 'cloud') refuse('device-unsupported', 'A service trains on its own machines.', 'device')
  if (resume !== null) refuse('resume-unsupported', 'The service can\'t continue a run from a checkpoint.', null)
  if (model.remote === null) refuse('base-not-remote', 'The service trains its own models only; choose one of its bases.', 'model')
  if (data.trainRows < leastExamples) refuse('too-few-examples', `The service needs at least ${leastExamples} examples; there are ${data.trainRows}.`, 'data')
  if (model.remote !== null) {
    const { state, note, shutdownDate } = tunableBase(model.remote.name, model.remote.shutdownDate, nowMs)
    if (state === 'gone') refuse('base-gone', note ?? '', 'model')
    if (state === 'ends-soon') issues.push({ severity: 'warning', code: 'base-ends-soon', message: note ?? `Ends on ${shutdownDate ?? ''}.`, field: 'model' })
  }
  if (data.evalPath === null || data.evalRows === 0) issues.push({ severity: 'info', code: 'no-evaluation', message: 'There are no evaluation rows, so nothing is evaluated during training.', field: null })
  return issues
}
