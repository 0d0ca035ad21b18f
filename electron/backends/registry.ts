import type { BackendId } from '../shared/job-spec'
import { huggingface } from './huggingface'
import type { TrainingBackend } from './training-backend'
import { unsloth } from './unsloth'

export type BackendRegistry = { readonly [B in BackendId]: TrainingBackend<B> }

/** Every backend of this version; a new id does not compile until it stands here. Those elsewhere need a way to their places. */
export function createBackends(elsewhere: Pick<BackendRegistry, 'sagemaker' | 'openai'>): BackendRegistry {
  return { unsloth, huggingface, ...elsewhere }
}
