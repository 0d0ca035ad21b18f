import { AppError } from '../shared/app-error'
import type { PlanIssue } from '../shared/job'
import type { LocalBackendId } from '../shared/cloud'
import type { JobSpec } from '../shared/job-spec'
import { renderRun } from '../codegen/render-run'
import { cancelLocalRun, observeLocalRun, startLocalRun } from '../process/local-run'
import { writeRunFolder } from '../process/run-folder'
import { capabilityIssues } from './capability-issues'
import type { Capabilities, TrainingBackend } from './training-backend'

/** A backend that runs a generated script on this machine: what the local backends have in common. */
export function localBackend<B extends LocalBackendId>(
  id: B,
  capabilities: Capabilities,
  validateMore: (spec: JobSpec) => readonly PlanIssue[],
): TrainingBackend<B> {
  const validate = (spec: JobSpec) => [...capabilityIssues(id, capabilities, spec), ...validateMore(spec)]
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
