import { localBackend } from './local-backend'

/** Transformers with TRL, PEFT and bitsandbytes, without anything patched. */
export const huggingface = localBackend(
  'huggingface',
  {
    methods: ['qlora', 'lora', 'full'], devices: ['cuda', 'cpu'], metrics: 'live', cancel: ['graceful', 'force'], resume: true, exports: ['adapter', 'merged'],
    // TRL keeps packed rows apart with FlashAttention only, which has no CPU version.
    packing: ['cuda'],
  },
  () => [],
)
