import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../shared/app-error'
import type { PlanIssue } from '../shared/job'
import type { JobSpec } from '../shared/job-spec'
import { renderSagemaker } from '../codegen/render-sagemaker'
import { exists, requestStop, writeRunFolder } from '../process/run-folder'
import { instanceFacts } from '../remote/aws/instances'
import { processesOf } from '../remote/aws/training-jobs'
import { systemClock } from '../remote/clock'
import type { Clock } from '../remote/clock'
import type { Connections } from '../remote/connection'
import { CloudError } from '../remote/gateway'
import { createPace } from '../remote/pace'
import type { Pace } from '../remote/pace'
import { capabilityIssues } from './capability-issues'
import { standardPatience } from './openai-patience'
import type { PatienceLimits } from './openai-patience'
import { readArtifact } from './sagemaker-artifact'
import { readDispatch } from './sagemaker-dispatch'
import { followJob, stopJob } from './sagemaker-observe'
import { startSagemaker } from './sagemaker-start'
import type { StartDeps } from './sagemaker-start'
import type { Capabilities, TrainingBackend } from './training-backend'

const capabilities: Capabilities = {
  methods: ['qlora', 'lora', 'full'], devices: ['cloud'], metrics: 'live', cancel: ['graceful', 'force'], resume: true, exports: ['adapter', 'merged'], packing: ['cloud'],
}

export interface SagemakerBackendDeps {
  readonly connections: Pick<Connections, 'aws'>
  /** python-templates/environments: the pinned libraries. */
  readonly listsFolder: string
  /** Wheels of our pins for accounts without a way to PyPI; null: there are none. */
  readonly wheelsFolder?: () => Promise<string | null>
  readonly clock?: Clock
  readonly patience?: PatienceLimits
  /** How often a job is looked at. */
  readonly pace?: () => Pace
  /** While lines come, the status is asked for this often, in ms. */
  readonly describeEveryMs?: number
}

/** Training jobs of SageMaker: the script of a local run on a rented machine, created once, and followed by status and log. */
export function createSagemakerBackend(deps: SagemakerBackendDeps): TrainingBackend<'sagemaker'> {
  const { connections, clock = systemClock, describeEveryMs = 10_000 } = deps
  const startDeps: StartDeps = { connections, clock, patience: deps.patience ?? standardPatience, wheelsFolder: deps.wheelsFolder ?? (() => Promise.resolve(null)) }
  const followed = new Map<string, Pace>()
  return {
    id: 'sagemaker',
    capabilities,
    validate,
    async prepare(spec, { runFolder, templates }) {
      const refusal = validate(spec).find((issue) => issue.severity === 'error')
      if (refusal !== undefined) throw new AppError('JOB_REFUSED', refusal.message, { data: { reason: refusal.code } })
      if (!(await exists(join(runFolder, 'dispatch.json')))) await writeRunFolder(runFolder, renderSagemaker(spec, templates, await readPins(deps.listsFolder)))
      return { kind: 'remote', runFolder, device: spec.device }
    },
    start: ({ runFolder }, context) => startSagemaker(startDeps, runFolder, context),
    async *observe(handle, cursor, signal) {
      if (handle.kind !== 'remote') throw new AppError('RUN_FOLDER', 'this run is not at SageMaker')
      const pace = deps.pace?.() ?? createPace({ wait: (ms, waiting) => clock.wait(ms, waiting), random: Math.random })
      followed.set(handle.runFolder, pace)
      try {
        yield* followJob({ connections, now: () => clock.now(), describeEveryMs }, handle, cursor, pace, signal)
      } finally {
        if (followed.get(handle.runFolder) === pace) followed.delete(handle.runFolder)
      }
    },
    async cancel(run, mode) {
      const { runFolder } = run
      if ((await readArtifact(runFolder)) !== null) return
      // Kept in the folder, so that observing asks again where this call does not get through.
      await requestStop(runFolder, mode)
      const dispatch = await readDispatch(runFolder)
      const handle = dispatch !== null ? { ...dispatch, runFolder } : 'remoteId' in run ? { ...run, jobName: run.remoteId, state: 'there' } : null
      if (handle === null || handle.jobName === null || handle.state === 'sending' || handle.state === 'stopped') return
      try {
        await stopJob(await connections.aws(handle.connectionId), handle, handle.jobName, mode)
      } catch (error) {
        if (!(error instanceof CloudError)) throw error
      }
      followed.get(runFolder)?.wake()
    },
  }
}

async function readPins(listsFolder: string): Promise<string> {
  try {
    return await readFile(join(listsFolder, 'cuda.txt'), 'utf8')
  } catch (cause) {
    throw new AppError('RUN_FOLDER', `The list of libraries can't be read from ${listsFolder}`, { cause })
  }
}

function validate(spec: JobSpec): readonly PlanIssue[] {
  const issues = [...capabilityIssues('sagemaker', capabilities, spec)]
  const add = (severity: PlanIssue['severity'], code: string, message: string, field: string | null) => issues.push({ severity, code, message, field })
  const { cloud, settings } = spec
  if (cloud?.kind !== 'sagemaker') {
    if (!issues.some(({ code }) => code === 'wrong-backend')) add('error', 'wrong-backend', 'This job does not say how it runs on SageMaker.', 'backend')
    return issues
  }
  if (cloud.spot && (cloud.maxWaitSeconds ?? 0) < cloud.maxRunSeconds) add('error', 'wait-too-short', 'With spot machines, the time to wait includes the run, so it can\'t be shorter.', 'maxWaitSeconds')
  if (instanceFacts(cloud.instanceType) === null) add('warning', 'instance-unknown', `What ${cloud.instanceType} has is not known here, so the estimate can't tell whether the run fits.`, 'instanceType')
  const processes = processesOf(cloud) ?? cloud.instanceCount
  const rows = settings.microBatch * settings.gradientAccumulation
  if (rows % processes !== 0) add('warning', 'batch-not-divisible', `The ${rows} rows of a step can't be divided among ${processes} GPUs; a step will learn from another number of rows.`, 'gradientAccumulation')
  if (cloud.spot && settings.checkpointEverySteps === 0) add('warning', 'spot-without-checkpoints', 'Without checkpoints on the way, an interruption by AWS begins the run anew.', 'checkpointEverySteps')
  return issues
}
