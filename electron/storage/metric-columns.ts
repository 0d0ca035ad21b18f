import type { MetricName } from '../shared/training-event'
import { metricNames } from '../shared/metric-names'

/** The column of `metric_points` that holds each metric; the order is that of `metricNames`. */
export const metricColumns = {
  loss: 'loss', evalLoss: 'eval_loss', learningRate: 'learning_rate', gradNorm: 'grad_norm', tokensPerSecond: 'tokens_per_second',
  samplesPerSecond: 'samples_per_second', numTokens: 'num_tokens', meanTokenAccuracy: 'mean_token_accuracy',
} as const satisfies Record<MetricName, string>

export const metricColumnList = metricNames.map((name) => metricColumns[name]).join(', ')

/** Bit i stands for metricNames[i]. */
export function nonfiniteBits(names: readonly MetricName[]): number {
  let bits = 0
  for (const name of names) bits |= 1 << metricNames.indexOf(name)
  return bits
}
