import type { BackendId } from '../shared/job-spec'
import { huggingface } from './huggingface'
import type { TrainingBackend } from './training-backend'
import { unsloth } from './unsloth'

export type BackendRegistry = { readonly [B in BackendId]: TrainingBackend<B> }

/** Every backend of this version; a new id does not compile until it stands here. */
export const backends: BackendRegistry = { unsloth, huggingface }
