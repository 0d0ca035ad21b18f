import { useEffect, useMemo, useRef } from 'react'
import type { RefObject } from 'react'
import { ChartCard } from '../../charts/chart-card'
import { keyStyle } from '../../charts/chart-key'
import type { ChartFrame } from '../../charts/chart-frame'
import type { ChartSpec } from '../../charts/chart-spec'
import type { ChartView } from '../../charts/chart-view'
import type { ShownRun } from '../../series/use-run-series'
import { loss } from '../../text/format'
import { ChartControls } from '../../charts/chart-controls'
import { axisEndOf, bucketRemark, epochRules, evalColour, lossLines, placeDetails, shownSteps } from './run-curves'

interface LossChartProps {
  readonly runs: readonly ShownRun[]
  readonly view: ChartView
  readonly small?: boolean
  readonly frameRef?: RefObject<ChartFrame | null>
  subscribe(listener: () => void): () => void
}

/** Training and evaluation loss of one run, or of several over each other. */
export function LossChart({ runs, view, small = false, frameRef, subscribe }: LossChartProps) {
  const newest = useRef(runs)
  useEffect(() => {
    newest.current = runs
  }, [runs])
  useZoomDetail(runs, view)
  const spec = useMemo<ChartSpec>(
    () => ({
      title: 'Loss',
      kind: 'loss',
      small,
      logs: true,
      lines: lossLines(runs, view),
      rules: (axis) => {
        const [first] = runs
        return first === undefined || runs.length > 1 ? [] : epochRules(first.job, first.series, axis)
      },
      end: (axis) => axisEndOf(runs, axis),
      remark: () => bucketRemark(runs),
      format: loss,
    }),
    [runs, view, small],
  )
  return (
    <ChartCard
      spec={spec}
      view={view}
      subscribe={subscribe}
      {...(frameRef === undefined ? {} : { frameRef })}
      legend={small ? null : <LossLegend runs={runs} />}
      controls={small ? null : <ChartControls view={view} />}
      details={(x) => {
        const [first] = newest.current
        return first === undefined || newest.current.length > 1 ? '' : placeDetails(first.series, view.state().axis, x)
      }}
    />
  )
}

/** A zoom into a long run loads what the overview lacks. */
export function useZoomDetail(runs: readonly ShownRun[], view: ChartView): void {
  useEffect(() => {
    const load = (): void => {
      const { axis, zoom } = view.state()
      for (const { series } of runs) series.showSteps(shownSteps(series, axis, zoom))
    }
    load()
    return view.onState(load)
  }, [runs, view])
}

function LossLegend({ runs }: { readonly runs: readonly ShownRun[] }) {
  const [first] = runs
  if (first === undefined) return null
  if (runs.length > 1)
    return (
      <span className="chart-legend">
        {runs.map(({ job }) => (
          <span key={job.id} className="cut">
            <i className="chart-key" style={keyStyle(job.colour)} />
            {job.name}
          </span>
        ))}
      </span>
    )
  const train = keyStyle(first.job.colour)
  const evaluation = keyStyle(evalColour(first.job, true))
  return (
    <span className="chart-legend">
      <span><i className="chart-key" style={train} />train, smoothed</span>
      <span><i className="chart-key chart-key-raw" style={train} />raw</span>
      <span><i className="chart-key chart-key-points" style={evaluation} />eval</span>
      <span><i className="chart-key chart-key-best" style={evaluation} />best checkpoint</span>
    </span>
  )
}
