import type { PlanIssue } from '../shared/job'
import type { JobSpec } from '../shared/job-spec'
import { localBackend } from './local-backend'

/** Transformers with TRL, PEFT and bitsandbytes, without anything patched. */
export const huggingface = localBackend(
  'huggingface',
  {
    methods: ['qlora', 'lora', 'full'], devices: ['cuda', 'cpu'], metrics: 'live', cancel: ['graceful', 'force'], resume: true, exports: ['adapter', 'merged'],
    packing: ['cuda', 'cpu'],
  },
  validateHuggingface,
)

function validateHuggingface({ settings, device }: JobSpec): readonly PlanIssue[] {
  // TRL 1.13 keeps packed rows apart with FlashAttention only, which has no CPU version. On CUDA train.py sees whether it is there.
  return settings.packing && device.kind === 'cpu'
    ? [{ severity: 'warning', code: 'packing-mixes-rows', message: 'On the CPU, rows that are packed together can see each other.', field: 'packing' }]
    : []
}
