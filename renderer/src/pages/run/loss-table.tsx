import { Dialog } from '../../components/dialog'
import { lowerBound } from '../../../../electron/domain/series/growable-column'
import type { RunSeries } from '../../series/series-store'
import { count, loss } from '../../text/format'
import { timeLabel } from '../../charts/axis-labels'

interface Row {
  readonly step: number
  readonly epoch: number
  readonly seconds: number
  readonly train: number | null
  readonly evaluation: number | null
}

const mostRows = 60

/** The loss chart as numbers: every evaluation, or even steps where there are few. */
export function lossRows(series: RunSeries, weight: number): readonly Row[] {
  const line = series.curves('loss')?.line ?? null
  const evaluation = series.curves('evalLoss')?.raw ?? null
  const steps = new Set<number>()
  const take = (column: Float64Array, most: number): void => {
    const every = Math.max(1, Math.ceil(column.length / most))
    for (let index = column.length - 1; index >= 0; index -= every) steps.add(column[index] ?? 0)
  }
  if (evaluation !== null) take(evaluation.x('step'), mostRows)
  if (line !== null && steps.size < 10) take(line.x('step'), mostRows - steps.size)
  const smoothed = line?.smoothed(weight).values()
  return [...steps].toSorted((a, b) => a - b).map((step) => {
    const at = line === null ? 0 : Math.min(line.length - 1, lowerBound(line.x('step'), step))
    const evalAt = evaluation === null ? -1 : lowerBound(evaluation.x('step'), step)
    const evaluated = evaluation !== null && evaluation.x('step')[evalAt] === step
    const source = line ?? evaluation
    return {
      step,
      epoch: source?.x('epoch')[line === null ? evalAt : at] ?? NaN,
      seconds: source?.x('time')[line === null ? evalAt : at] ?? NaN,
      train: smoothed?.[at] ?? null,
      evaluation: evaluated ? (evaluation.values.values()[evalAt] ?? null) : null,
    }
  })
}

/** "Show as table", for people who cannot read the curve. */
export function LossTable({ series, weight, onClose }: { readonly series: RunSeries; readonly weight: number; onClose(): void }) {
  const rows = lossRows(series, weight)
  return (
    <Dialog title="Loss as a table" wide onClose={onClose}>
      {rows.length === 0 ? (
        <p>No values yet.</p>
      ) : (
        <div className="loss-table" tabIndex={0} role="region" aria-label="Loss as a table">
          <table className="data-table">
            <thead>
              <tr>
                {['Step', 'Epoch', 'Time', 'Train loss, smoothed', 'Eval loss'].map((head) => <th key={head} scope="col" className="numeric">{head}</th>)}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.step}>
                  <td className="numeric">{count(row.step)}</td>
                  <td className="numeric">{row.epoch.toFixed(2)}</td>
                  <td className="numeric">{timeLabel(Math.round(row.seconds))}</td>
                  <td className="numeric">{loss(row.train)}</td>
                  <td className="numeric">{row.evaluation === null ? '' : loss(row.evaluation)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Dialog>
  )
}
