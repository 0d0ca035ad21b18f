import { useMemo } from 'react'
import { ChartCard } from '../../charts/chart-card'
import type { ChartSpec } from '../../charts/chart-spec'
import type { ChartView } from '../../charts/chart-view'
import type { ChartedMetric } from '../../series/series-store'
import type { ShownRun } from '../../series/use-run-series'
import { learningRate, number, rate } from '../../text/format'
import { axisEndOf, rawLine, smoothLine } from './run-curves'

interface SmallMetric {
  readonly metric: ChartedMetric
  readonly title: string
  readonly kind: ChartSpec['kind']
  readonly smooth: boolean
  readonly outlying: boolean
  format(value: number): string
}

const metrics: readonly SmallMetric[] = [
  { metric: 'learningRate', title: 'Learning rate', kind: 'learning-rate', smooth: false, outlying: false, format: learningRate },
  { metric: 'gradNorm', title: 'Gradient norm', kind: 'plain', smooth: true, outlying: true, format: (value) => number(value, 3) },
  { metric: 'tokensPerSecond', title: 'Tokens per second', kind: 'plain', smooth: false, outlying: true, format: rate },
]

/** Learning rate, gradient norm and speed, under the crosshair of the loss chart. */
export function SmallCharts({ runs, view, subscribe }: { readonly runs: readonly ShownRun[]; readonly view: ChartView; subscribe(listener: () => void): () => void }) {
  return (
    <div className="run-smalls">
      {metrics.map((metric) => (
        <SmallChart key={metric.metric} metric={metric} runs={runs} view={view} subscribe={subscribe} />
      ))}
    </div>
  )
}

function SmallChart({ metric, runs, view, subscribe }: { readonly metric: SmallMetric; readonly runs: readonly ShownRun[]; readonly view: ChartView; subscribe(listener: () => void): () => void }) {
  const spec = useMemo<ChartSpec>(
    () => ({
      title: metric.title,
      kind: metric.kind,
      small: true,
      logs: false,
      lines: runs.flatMap(({ job, series }) => {
        const common = { label: runs.length > 1 ? job.name : metric.title.toLowerCase(), colour: job.colour, dashed: job.dashed, outlying: metric.outlying }
        const line = { ...common, key: `${job.id} line`, look: 'line' as const }
        if (!metric.smooth) return [rawLine(series, metric.metric, line)]
        return [
          rawLine(series, metric.metric, { ...common, dashed: false, key: `${job.id} raw`, look: 'raw', silent: true }),
          smoothLine(series, metric.metric, view, { ...line, echo: true }),
        ]
      }),
      rules: () => [],
      end: (axis) => axisEndOf(runs, axis),
      remark: () => null,
      format: metric.format,
    }),
    [metric, runs, view],
  )
  return <ChartCard spec={spec} view={view} subscribe={subscribe} />
}
