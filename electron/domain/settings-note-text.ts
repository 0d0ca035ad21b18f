import type { SettingsNote } from '../shared/settings-note'

/** A note as a sentence that says what is the case and what to do. */
export function sentenceOf({ code, values }: SettingsNote): string {
  const v = (name: string): string => String(values[name] ?? '')
  switch (code) {
    case 'LEARNING_RATE_LOW_FOR_ADAPTER':
      return `A learning rate of ${v('learningRate')} suits full training; adapters usually want ${v('from')} or more.`
    case 'LEARNING_RATE_HIGH':
    case 'LEARNING_RATE_HIGH_FOR_FULL':
      return `A learning rate of ${v('learningRate')} is high for this; runs above ${v('upTo')} often diverge.`
    case 'ALPHA_OVER_RANK':
      return `Alpha ${v('alpha')} is more than four times rank ${v('rank')}, which scales every update up.`
    case 'RANK_HIGH':
      return `Rank ${v('rank')} is high; 16 to 64 is enough for most data.`
    case 'TARGETS_UNKNOWN':
      return `The model has no layers named ${v('targets')}; the others are trained.`
    case 'TARGETS_NONE':
      return `The model has no layers named ${v('targets')}, so nothing would be trained.`
    case 'FEW_ROWS':
      return `${v('rows')} rows are few; the model may learn them by heart.`
    case 'MANY_EPOCHS':
      return `${v('epochs')} epochs over ${v('rows')} rows may learn them by heart; watch the evaluation loss.`
    case 'LESS_THAN_ONE_EPOCH':
      return `These steps see ${Math.round(Number(values['epochs'] ?? 0) * 100)}% of the rows.`
    case 'BATCH_LARGE':
      return 'An effective batch this large learns little from little data; 8 to 32 is usual for adapters.'
    case 'BATCH_OVER_ROWS':
      return 'The effective batch is larger than the data, so every step sees all of it.'
    case 'NO_CHECKPOINTS':
      return 'No checkpoint is written before the end; a crash loses everything.'
    case 'NEVER_EVALUATED':
      return 'Nothing is evaluated during the run, so the best checkpoint is not known.'
    case 'NO_EVALUATION_ROWS':
      return 'There are no evaluation rows, so nothing can be evaluated.'
    case 'LENGTH_OVER_CONTEXT':
      return `The model reads at most ${v('contextLength')} tokens.`
    case 'ROWS_CUT':
      return `${v('cutRows')} of ${v('rows')} rows lose their end; ${v('longest')} tokens would cut none.`
    case 'PACKING_OFF_ON_CPU':
      return 'Unsloth turns packing off on the CPU.'
    case 'PACKING_MIXES_ROWS':
      return 'Without FlashAttention packed rows see each other.'
    case 'MODEL_LARGE_FOR_CPU':
      return 'A model of this size takes very long on the CPU.'
  }
}
