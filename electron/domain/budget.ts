import type { JobBudget } from '../shared/cloud'
import type { Quote } from '../shared/money'
import { usdText } from './cost'

/** The month's budget and what is held against it, in US dollars. */
export interface MonthBudget {
  readonly monthlyUsd: number | null
  /** Billed this month, over all places. */
  readonly usedUsd: number
  /** Of jobs that run or wait: for a start the most that they may come to, for a running job what they have cost by now. */
  readonly runningUsd: number
}

export type StartVerdict = { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly code: 'over-job-budget' | 'over-month-budget' | 'budget-price-unknown'; readonly reason: string }

/**
 * Whether a job may start. Its quote's upper end counts, and so does that of every job that runs or waits: a budget that is kept only when
 * all goes well is none. Without a price a budget can't be kept, so that is refused as well.
 */
export function judgeStart(quote: Quote, job: JobBudget | null, month: MonthBudget): StartVerdict {
  const { highUsd } = quote
  if (job === null && month.monthlyUsd === null) return { kind: 'ok' }
  if (highUsd === null) {
    return { kind: 'refused', code: 'budget-price-unknown', reason: `${quote.unknown ?? 'No price is known.'} Until then the budget can't be kept; take the budget away to start without one.` }
  }
  if (job !== null && highUsd > job.limitUsd) {
    return { kind: 'refused', code: 'over-job-budget', reason: `It may cost up to ${usdText(highUsd)}, and the budget of this job is ${usdText(job.limitUsd)}. The upper end of the quote counts.` }
  }
  if (month.monthlyUsd !== null && month.usedUsd + month.runningUsd + highUsd > month.monthlyUsd) {
    return {
      kind: 'refused', code: 'over-month-budget',
      reason: `It may cost up to ${usdText(highUsd)}. This month ${usdText(month.usedUsd)} are billed and up to ${usdText(month.runningUsd)} more are bound by jobs that run or wait; the budget is ${usdText(month.monthlyUsd)}. The upper ends of the quotes count.`,
    }
  }
  return { kind: 'ok' }
}

export type RunningVerdict = { readonly kind: 'ok' } | { readonly kind: 'warn' | 'stop'; readonly reason: string }

/** Whether a running job has reached its own budget or the month's; `stop` where the user chose that. `costUsd` null: nothing tells what it has cost. */
export function judgeRunning(costUsd: number | null, job: JobBudget | null, month: MonthBudget, stopOverMonth: boolean): RunningVerdict {
  const own: RunningVerdict = job !== null && costUsd !== null && costUsd >= job.limitUsd
    ? { kind: job.stop ? 'stop' : 'warn', reason: `It has cost ${usdText(costUsd)}, and its budget is ${usdText(job.limitUsd)}.` }
    : { kind: 'ok' }
  if (own.kind === 'stop') return own
  const spent = month.usedUsd + month.runningUsd
  if (month.monthlyUsd !== null && spent >= month.monthlyUsd) {
    return { kind: stopOverMonth ? 'stop' : 'warn', reason: `This month's jobs have cost ${usdText(spent)}, and the budget of the month is ${usdText(month.monthlyUsd)}.` }
  }
  return own
}
