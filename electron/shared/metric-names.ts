/** Metrics that have a column of their own; everything else a trainer logs stays in `events.jsonl`. */
export const metricNames = [
  'loss', 'evalLoss', 'learningRate', 'gradNorm', 'tokensPerSecond', 'samplesPerSecond', 'numTokens', 'meanTokenAccuracy',
] as const
