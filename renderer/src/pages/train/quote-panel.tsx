import { useEffect } from 'react'
import type { JobBudget } from '../../../../electron/shared/cloud'
import type { Plan } from '../../../../electron/shared/plan'
import { Switch } from '../../components/choices'
import { Panel } from '../../components/layout'
import { NumberField } from '../../components/number-field'
import { hrefOf } from '../../router'
import { useDraft } from '../../stores/draft'
import { useLedger } from '../../stores/ledger'
import { dateWords, quoteWords, usd } from '../../text/money'
import { isAbout } from './where'

/** What a job elsewhere will cost, what that rests on, and what it may cost at most. */
export function QuotePanel({ plan, cloud }: { readonly plan: Plan; readonly cloud: NonNullable<Plan['cloud']> }) {
  const { quote } = cloud
  const known = quote.lowUsd !== null || quote.highUsd !== null
  return (
    <Panel title="What it costs" end={<span className="cut" title={quote.priceSource}>{quote.priceSource === '' ? 'no price known' : `${quote.priceSource}, ${dateWords(quote.priceAsOf)}`}</span>}>
      <div className="quote">
        <p className={`quote-range${known ? '' : ' second'}`}>{known ? quoteWords(quote) : 'Not known'}</p>
        {quote.unknown !== null && <p className="small ink-warn">{quote.unknown} <a href={hrefOf({ page: 'settings', section: 'costs' })}>Type the price</a></p>}
        <ul className="quote-lines">
          {quote.lines.map((line) => <li key={line}>{line}</li>)}
        </ul>
        {quote.assumptions.length > 0 && (
          <details className="reasons">
            <summary>What this rests on</summary>
            <ul>
              {quote.assumptions.map((line) => <li key={line}>{line}</li>)}
            </ul>
          </details>
        )}
        <Budgets highUsd={quote.highUsd} />
        {plan.issues.filter((issue) => isAbout(issue, 'budget')).map((issue) => (
          <p key={issue.code} className={`help ${issue.severity === 'error' ? 'help-bad' : 'help-warn'}`} role={issue.severity === 'error' ? 'alert' : undefined}>{issue.message}</p>
        ))}
      </div>
    </Panel>
  )
}

/** The next round amount above the quote. */
export function firstLimit(highUsd: number | null): number {
  if (highUsd === null || highUsd <= 0) return 10
  const step = highUsd < 10 ? 1 : highUsd < 100 ? 10 : 100
  return Math.ceil(highUsd / step) * step
}

function Budgets({ highUsd }: { readonly highUsd: number | null }) {
  const budget = useDraft((state) => state.budget)
  const setBudget = useDraft((state) => state.setBudget)
  const set = (part: Partial<JobBudget>): void => { setBudget({ limitUsd: firstLimit(highUsd), stop: true, ...budget, ...part }) }
  return (
    <div className="quote-budget">
      <span className="row">
        <Switch label="Budget for this job" on={budget !== null} onChange={(on) => { if (on) set({}); else setBudget(null) }}>Budget for this job</Switch>
        {budget !== null && <span className="quote-limit"><NumberField label="Budget for this job in dollars" unit="USD" value={budget.limitUsd} minimum={0.01} maximum={1_000_000} decimals={2} step={0.01} onChange={(limitUsd) => { set({ limitUsd }) }} /></span>}
        {budget !== null && <Switch label="Stop it when over" on={budget.stop} onChange={(stop) => { set({ stop }) }}>Stop it when over</Switch>}
        <MonthLeft />
      </span>
      {budget !== null && <p className="help">{budget.stop ? 'A start above it is refused; a job that reaches it while it runs is stopped and keeps what it saved.' : 'A start above it is refused; a job that reaches it while it runs goes on, and you are told.'}</p>}
    </div>
  )
}

function MonthLeft() {
  const month = useLedger((state) => state.ledger?.budget ?? null)
  const load = useLedger((state) => state.load)
  useEffect(() => { void load() }, [load])
  if (month === null || month.monthlyUsd === null) return null
  return <a className="small quote-month" href={hrefOf({ page: 'settings', section: 'costs' })}>{usd(month.usedUsd + month.runningUsd)} of {usd(month.monthlyUsd)} used this month</a>
}
