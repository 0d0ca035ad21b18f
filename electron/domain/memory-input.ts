import type { LocalBackendId } from '../shared/cloud'
import type { TrainingSettings } from '../shared/job-spec'
import { outputHead } from './model-shape'
import type { MemoryEstimateInput } from './vram-estimate'

type Settings = Pick<TrainingSettings, 'method' | 'rank' | 'targetModules' | 'maxLength' | 'microBatch' | 'gradientCheckpointing'>

/**
 * What the generated scripts do with memory, in the estimate's words; to be kept in step with `device_settings` and `load_model` of
 * python-templates/train_huggingface.py and train_unsloth.py. FlashAttention, used where it is installed, needs no more than sdpa.
 */
export function memoryInputOf(settings: Settings, backend: LocalBackendId, device: 'cuda' | 'cpu'): Omit<MemoryEstimateInput, 'shape'> {
  const { method, rank, targetModules, maxLength, microBatch, gradientCheckpointing } = settings
  const onGpu = device === 'cuda'
  // The Transformers script trains a whole model in float32 with its own AdamW; Unsloth keeps it in 16 bit with 8-bit moments.
  const wholeInFloat32 = method === 'full' && backend === 'huggingface'
  return {
    method, rank, targetModules, maxLength, microBatch, gradientCheckpointing, device,
    attention: 'sdpa',
    // The Transformers script leaves chunked loss where the output head has an adapter.
    loss: backend === 'huggingface' && targetModules.includes(outputHead) ? 'plain' : onGpu && backend === 'unsloth' ? 'fused' : 'chunked',
    optimizer: onGpu && !wholeInFloat32 ? 'adamw-8-bit' : 'adamw-32-bit',
    trainer: backend,
    weightPrecision: onGpu && !wholeInFloat32 ? '16-bit' : 'float32',
    quantisation: 'nf4-double',
  }
}
