import type { PlanIssue } from '../shared/job'
import type { BackendId, JobSpec } from '../shared/job-spec'
import type { Capabilities } from './training-backend'

/** Why a spec can't run on a backend, as far as it follows from the capabilities alone. */
export function capabilityIssues(id: BackendId, capabilities: Capabilities, spec: JobSpec): readonly PlanIssue[] {
  const issues: PlanIssue[] = []
  const refuse = (code: string, message: string, field: string | null) => issues.push({ severity: 'error', code, message, field })
  const { settings, device } = spec
  if (spec.backend !== id) refuse('wrong-backend', `This job was made for the backend "${spec.backend}".`, 'backend')
  if (!capabilities.methods.includes(settings.method)) refuse('method-unsupported', `This backend can't do the method "${settings.method}".`, 'method')
  if (!capabilities.devices.includes(device.kind)) refuse('device-unsupported', `This backend can't train on the device "${device.kind}".`, 'device')
  else if (settings.packing && !capabilities.packing.includes(device.kind))
    refuse('packing-unsupported', 'This backend turns packing off on this device, so steps and curve would not be what was planned.', 'packing')
  if (spec.resume !== null && !capabilities.resume) refuse('resume-unsupported', 'This backend can\'t continue a run from a checkpoint.', null)
  if (settings.evaluateEverySteps > 0 && spec.data.evalPath === null)
    issues.push({ severity: 'info', code: 'no-evaluation', message: 'There are no evaluation rows, so nothing is evaluated during training.', field: 'evaluateEverySteps' })
  return issues
}
