import type { CloudOptions, LocalBackendId, OpenaiOptions, SagemakerOptions } from '../../../electron/shared/cloud'
import type { ConnectionSummary } from '../../../electron/shared/connection'
import type { BackendId } from '../../../electron/shared/job-spec'
import type { Plan } from '../../../electron/shared/plan'

/** Stands until the plan has proposed one; the user's own choice is never replaced. */
const firstInstance = 'ml.g5.2xlarge'
const day = 86_400

/** How a job would run at a place before anything is chosen. */
export function cloudDefaults({ id, config }: Pick<ConnectionSummary, 'id' | 'config'>, trainer: LocalBackendId): CloudOptions {
  if (config.kind === 'openai') {
    return { kind: 'openai', connectionId: id, epochs: 'auto', batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: config.preset === 'azure' ? 'globalStandard' : null }
  }
  return {
    kind: 'sagemaker', connectionId: id, trainer, instanceType: firstInstance, instanceCount: 1, volumeGb: 100, spot: false, maxRunSeconds: day, maxWaitSeconds: null, imageUri: null, hubTokenSecret: null,
  }
}

export const backendOf = (cloud: CloudOptions | null, local: LocalBackendId): BackendId => (cloud === null ? local : cloud.kind)

/** A change of the options of the same kind. Waiting belongs to spot only, and is never shorter than running. */
export function changeCloud(cloud: CloudOptions, part: Partial<SagemakerOptions> | Partial<OpenaiOptions>): CloudOptions {
  if (cloud.kind === 'openai') return { ...cloud, ...(part as Partial<OpenaiOptions>), kind: 'openai' }
  const next: SagemakerOptions = { ...cloud, ...(part as Partial<SagemakerOptions>), kind: 'sagemaker' }
  if (!next.spot) return { ...next, maxWaitSeconds: null }
  return { ...next, maxWaitSeconds: Math.max(next.maxWaitSeconds ?? 2 * next.maxRunSeconds, next.maxRunSeconds) }
}

/** The machine that a plan proposes first, when it is not the one of these options; null when there is nothing to take. */
export function proposedInstance(cloud: CloudOptions | null, plan: Plan): string | null {
  const first = plan.cloud?.proposals[0]?.instanceType
  return cloud?.kind !== 'sagemaker' || first === undefined || first === cloud.instanceType ? null : first
}
