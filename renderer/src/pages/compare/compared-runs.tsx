import { useMemo, useState } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import { ChartCard } from '../../charts/chart-card'
import { keyStyle } from '../../charts/chart-key'
import type { ChartSpec } from '../../charts/chart-spec'
import { createChartView } from '../../charts/chart-view'
import type { ChartView } from '../../charts/chart-view'
import { Swatch } from '../../components/layout'
import { useRunSeries } from '../../series/use-run-series'
import type { ShownRun } from '../../series/use-run-series'
import { count, loss } from '../../text/format'
import { ChartControls } from '../../charts/chart-controls'
import { useZoomDetail } from '../run/loss-chart'
import { axisEndOf, bucketRemark, evalLine, smoothLine } from '../run/run-curves'
import { settingRows } from '../run/facts-tab'
import { settingDifferences } from './compared-models'

/** Training is context here, so it is smoothed until only its course is left. */
const contextSmoothing = 0.97

/** The loss curves of the runs behind the compared models, and the settings in which they differ. */
export function ComparedRuns({ jobs }: { readonly jobs: readonly JobSummary[] }) {
  const [view] = useState(() => createChartView({ smoothing: contextSmoothing }))
  const { runs, subscribe } = useRunSeries(jobs)
  useZoomDetail(runs, view)
  const spec = useMemo(() => curvesSpec(runs, view), [runs, view])
  return (
    <div className="compared-runs">
      <ChartCard
        spec={spec}
        view={view}
        subscribe={subscribe}
        legend={
          <span className="chart-legend">
            {jobs.map((job) => <span key={job.id} className="cut" title={job.name}><i className="chart-key" style={keyStyle(job.colour)} />{job.name}</span>)}
            <span className="quiet">faint: training, smoothed {contextSmoothing}</span>
          </span>
        }
        controls={<ChartControls view={view} smoothing={false} />}
      />
      <Differences jobs={jobs} />
    </div>
  )
}

function curvesSpec(runs: readonly ShownRun[], view: ChartView): ChartSpec {
  return {
    title: 'Evaluation loss',
    kind: 'loss',
    small: false,
    logs: true,
    lines: runs.flatMap(({ job, series }) => {
      const common = { colour: job.colour, dashed: job.dashed }
      return [
        smoothLine(series, 'loss', view, { ...common, key: `${job.id} train`, label: `${job.name}, train`, look: 'faint', outlying: true }),
        evalLine(series, () => job.bestStep, { ...common, key: `${job.id} eval`, label: `${job.name}, eval`, outlying: false }),
      ]
    }),
    rules: () => [],
    end: (axis) => axisEndOf(runs, axis),
    remark: () => bucketRemark(runs),
    format: loss,
  }
}

const shownForOne = ['Method', 'Learning rate', 'Schedule', 'Batch', 'Rank, alpha', 'Length']

function Differences({ jobs }: { readonly jobs: readonly JobSummary[] }) {
  const { rows, same } = settingDifferences(jobs)
  const [only] = jobs
  const one = jobs.length === 1 && only !== undefined
  const shown = one ? settingRows(only).filter(([name]) => shownForOne.includes(name)).map(([name, value]) => ({ name, values: [value] })) : rows
  const best = { name: 'Best eval loss', values: jobs.map((job) => loss(job.bestEvalLoss)) }
  return (
    <section className="differences" aria-label="Settings">
      <div className="row row-between">
        <h2 className="small">{one ? 'Settings of the run' : 'Settings that differ'}</h2>
        {!one && <span className="micro quiet">{count(same)} are the same</span>}
      </div>
      <div className="differences-scroll" tabIndex={0} role="region" aria-label="Settings table">
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              {jobs.map((job) => <th key={job.id} scope="col" className="numeric"><Swatch colour={job.colour} /> <span title={job.name}>{job.name}</span></th>)}
            </tr>
          </thead>
          <tbody>
            {[...shown, best].map((row) => (
              <tr key={row.name}>
                <td>{row.name}</td>
                {row.values.map((value, index) => <td key={jobs[index]?.id ?? index} className="numeric" title={value}>{value}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
