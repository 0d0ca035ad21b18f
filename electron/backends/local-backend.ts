import { AppError } from '../shared/app-error'
import type { PlanIssue } from '../shared/job'
import type { LocalBackendId } from '../shared/cloud'
import type { JobSpec } from '../shared/job-spec'
import { renderRun } from '../codegen/render-run'
import { cancelLocalRun, observeLocalRun, startLocalRun } from '../process/local-run'
import { writeRunFolder } from '../process/run-folder'
import type { Capabilities, TrainingBackend } from './training-backend'

/** A backend that runs a generated script on this machine: what the local backends have in common. */
export function localBackend<B extends LocalBackendId>(
  id: B,
  capabilities: Capabilities,
  validateMore: (spec: JobSpec) => readonly PlanIssue[],
): TrainingBackend<B> {
  const validate = (spec: JobSpec) => [...validateAgainst(id, capabilities, spec), ...validateMore(spec)]
  return {
    id,
    capabilities,
    validate,
    async prepare(spec, context) {
      const refusal = validate(spec).find((issue) => issue.severity === 'error')
      if (refusal !== undefined) throw new AppError('JOB_REFUSED', refusal.message, { data: { reason: refusal.code } })
      await writeRunFolder(context.runFolder, renderRun(spec, context.templates))
      return { kind: 'process', runFolder: context.runFolder, device: spec.device }
    },
    start(run, context) {
      if (run.device.kind === 'cloud') throw new AppError('JOB_REFUSED', 'this run was prepared for another machine')
      return startLocalRun({ ...context, runFolder: run.runFolder, device: run.device })
    },
    observe: (handle, cursor, signal) => observeLocalRun(handle.runFolder, cursor, signal),
    cancel: (run, mode) => cancelLocalRun(run.runFolder, mode),
  }
}

/** What follows from the capabilities alone. */
function validateAgainst(id: LocalBackendId, capabilities: Capabilities, spec: JobSpec): readonly PlanIssue[] {
  const issues: PlanIssue[] = []
  const refuse = (code: string, message: string, field: string | null) => issues.push({ severity: 'error', code, message, field })
  const { settings, device } = spec
  if (spec.backend !== id) refuse('wrong-backend', `This job was made for the backend "${spec.backend}".`, 'backend')
  if (!capabilities.methods.includes(settings.method)) refuse('method-unsupported', `This backend can't do the method "${settings.method}".`, 'method')
  if (!capabilities.devices.includes(device.kind)) refuse('device-unsupported', `This backend can't train on the device "${device.kind}".`, 'device')
  if (settings.packing && !capabilities.packing.includes(device.kind))
    refuse('packing-unsupported', 'This backend turns packing off on this device, so steps and curve would not be what was planned.', 'packing')
  if (spec.resume !== null && !capabilities.resume) refuse('resume-unsupported', 'This backend can\'t continue a run from a checkpoint.', null)
  if (settings.evaluateEverySteps > 0 && spec.data.evalPath === null)
    issues.push({ severity: 'info', code: 'no-evaluation', message: 'There are no evaluation rows, so nothing is evaluated during training.', field: 'evaluateEverySteps' })
  return issues
}
