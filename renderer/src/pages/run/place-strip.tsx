import { Cloud, TriangleAlert } from 'lucide-react'
import type { JobBudget } from '../../../../electron/shared/cloud'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import { LinkButton } from '../../components/button'
import { Notice } from '../../components/notice'
import { Progress } from '../../components/progress'
import { hrefOf } from '../../router'
import { CommandLine } from '../../shell/command-line'
import { percent } from '../../text/format'
import { billWords, quoteWords, usd } from '../../text/money'
import { isActive, phaseWords } from '../../text/job-words'
import { placeOf } from '../../text/places'

/** Where a run is done, what goes on there, and what it has cost; nothing for a local run. */
export function PlaceStrip({ job, detail }: { readonly job: JobSummary; readonly detail: JobDetail | null }) {
  const place = placeOf(job)
  if (place === null) return null
  const { phase } = job
  const quote = detail?.quote ?? null
  const bill = detail?.bill ?? null
  const limitUsd = detail?.request.budget?.limitUsd ?? null
  return (
    <>
      <div className="place-strip" aria-label="Place" role="group">
        <Cloud aria-hidden="true" />
        <b className="medium cut" title={place}>{place}</b>
        <span className="second cut grow" role="status">{phase === null ? (isActive(job) ? 'Following it' : '') : phase.attention ? 'waiting for you' : phaseWords(phase)}</span>
        {phase !== null && phase.ratio !== null && <span className="place-ratio"><Progress label={phase.text} ratio={phase.ratio} /></span>}
        <span className="place-cost">
          <span className="quiet">{bill?.final === true ? 'Cost' : 'Cost so far'}</span> <b className="medium" title={bill?.basis}>{bill === null ? 'none yet' : billWords({ ...bill, final: true })}</b>
          {quote !== null && <span className="quiet">, quoted {quoteWords(quote)}</span>}
          {limitUsd !== null && <span className="quiet">, budget {usd(limitUsd)}</span>}
        </span>
      </div>
      {isActive(job) && detail !== null && <BudgetNotice budget={detail.request.budget} usedUsd={bill?.usd ?? null} />}
      {phase?.attention === true && (
        <div className="run-notice">
          <Notice tone="warn" icon={TriangleAlert} title={`${phase.text.replace(/\.$/, '')}.`} actions={<LinkButton href={hrefOf({ page: 'settings', section: 'places' })}>Open places</LinkButton>}>
            {job.state === 'preparing' ? 'Nothing was started there yet; the app waits until it can ask again.' : 'The job there goes on; the app waits until it can ask again.'}
            {phase.command !== null && <span className="place-command">Type this in a terminal; it is tried again by itself: <CommandLine command={phase.command} /></span>}
          </Notice>
        </div>
      )}
    </>
  )
}

/** From this share on a budget is worth a word. */
const nearRatio = 0.8

/** That the budget of the job is nearly or wholly used up, and what follows; what is not known is not said. */
function BudgetNotice({ budget, usedUsd }: { readonly budget: JobBudget | null; readonly usedUsd: number | null }) {
  if (budget === null || usedUsd === null || usedUsd < nearRatio * budget.limitUsd) return null
  const usedUp = usedUsd >= budget.limitUsd
  const title = usedUp ? `Its budget of ${usd(budget.limitUsd)} is used up.` : `${percent(usedUsd / budget.limitUsd, 0)} of its budget of ${usd(budget.limitUsd)} is used.`
  const follows = usedUp ? (budget.stop ? 'It is being stopped and keeps what it saved.' : 'It goes on, since its budget only warns.') : budget.stop ? 'At the budget it is stopped and keeps what it saved.' : 'At the budget it goes on, since that only warns.'
  return (
    <div className="run-notice">
      <Notice tone="warn" title={title}>{follows}</Notice>
    </div>
  )
}
