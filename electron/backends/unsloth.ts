import type { PlanIssue } from '../shared/job'
import type { JobSpec } from '../shared/job-spec'
import { localBackend } from './local-backend'

/** Unsloth's FastLanguageModel with TRL's SFTTrainer. Trains on CUDA and, since autumn 2026, on the CPU. */
export const unsloth = localBackend(
  'unsloth',
  {
    methods: ['qlora', 'lora', 'full'], devices: ['cuda', 'cpu'], metrics: 'live', cancel: ['graceful', 'force'], resume: true, exports: ['adapter', 'merged'],
    // unsloth 2026.10.9 turns packing off on the CPU with one printed line; steps and curve would silently differ from the plan.
    packing: ['cuda'],
  },
  validateUnsloth,
)

function validateUnsloth({ settings }: JobSpec): readonly PlanIssue[] {
  return settings.method !== 'full' && settings.dropout > 0
    ? [{ severity: 'info', code: 'slow-dropout', message: 'Unsloth trains faster without dropout: its fused kernels have none.', field: 'dropout' }]
    : []
}
