import { AppError } from '../shared/app-error'
import type { RemoteModel, RunUsage } from '../shared/cloud'
import type { ComparisonId, ConnectionId, JobId } from '../shared/ids'
import type { PlanIssue } from '../shared/job'
import type { JobRequest } from '../shared/job-spec'
import { JobState } from '../shared/job-state'
import type { Bill, Ledger, LedgerRow, Price, Quote } from '../shared/money'
import type { AppSettings } from '../shared/settings'
import { renderLedger } from '../codegen/render-ledger'
import { judgeRunning, judgeStart } from '../domain/budget'
import type { MonthBudget, RunningVerdict } from '../domain/budget'
import { billOf, billOfAnswers, costSoFar, monthOf, monthStart, totalsOf } from '../domain/cost'
import type { Range } from '../domain/cost'
import { isTerminal } from '../domain/job-machine'
import { findPrice, resolvePrices } from '../domain/price-table'
import type { PriceQuery } from '../domain/price-table'
import type { ConnectionsStore } from '../storage/connections-store'
import type { AnsweredTokens, LedgerStore } from '../storage/ledger-store'
import type { JobRecord } from '../storage/job-columns'
import type { JobsStore } from '../storage/jobs-store'
import type { PriceKey, PricesStore } from '../storage/prices-store'

export interface MoneyDeps {
  readonly prices: PricesStore
  /** The table that came with the app. */
  readonly shipped: readonly Price[]
  readonly ledger: LedgerStore
  readonly jobs: Pick<JobsStore, 'find' | 'inStates' | 'summary'>
  readonly connections: Pick<ConnectionsStore, 'get'>
  readonly settings: () => AppSettings['cloud']
  /** Asks AWS's price list for the region of this connection. */
  readonly fetchPrices: (id: ConnectionId) => Promise<readonly Omit<Price, 'origin'>[]>
  readonly comparisonName: (id: ComparisonId) => string
  readonly now: () => number
  /** Rows or prices changed. */
  readonly onChanged: () => void
}

const openStates = JobState.options.filter((state) => !isTerminal(state))

/** Use cases of money: prices, the ledger, and budgets. Nothing is asked of anybody but by `prices.fetch`. */
export function createMoney(deps: MoneyDeps) {
  const { ledger } = deps
  const listPrices = (): readonly Price[] => resolvePrices([...deps.shipped, ...deps.prices.list()])
  const price = (query: PriceQuery): Price | null => findPrice(listPrices(), query)

  /** Services other than OpenAI may have prices of their own, which stand under their preset as the region. */
  const priceRegion = (id: ConnectionId): string | null => {
    const config = deps.connections.get(id)?.config
    if (config === undefined) return null
    if (config.kind === 'aws') return config.region
    return config.preset === 'openai' ? null : config.preset
  }
  const priceOf = (usage: RunUsage, connectionId: ConnectionId): Price | null => {
    const all = listPrices()
    return usage.kind === 'instances'
      ? findPrice(all, { place: 'sagemaker', item: usage.instanceType, region: usage.region, unit: 'instance-hour' })
      : findPrice(all, { place: 'openai', item: usage.model, region: priceRegion(connectionId), unit: 'million-training-tokens' })
  }
  const billAnswers = (connectionId: ConnectionId, model: string) => (total: AnsweredTokens): Bill => {
    const all = listPrices()
    const of = (unit: Price['unit']) => findPrice(all, { place: 'openai', item: model, region: priceRegion(connectionId), unit })
    return billOfAnswers(total, of('million-input-tokens'), of('million-output-tokens'))
  }

  const billOfJob = (job: JobRecord, connectionId: ConnectionId): Bill | null => {
    const final = isTerminal(job.state)
    if (job.usage !== null) return billOf(job.usage, priceOf(job.usage, connectionId), { final })
    if (!final) return null
    return job.remoteId === null
      ? { usd: 0, savedUsd: null, basis: 'It never ran there.', final }
      : { usd: null, savedUsd: null, basis: 'The service does not say what it bills.', final }
  }
  const settle = (jobId: JobId): void => {
    const row = ledger.ofJob(jobId)
    const job = deps.jobs.find(jobId)
    if (row === null || job === null) return
    const bill = billOfJob(job, row.connectionId)
    if (bill === null || JSON.stringify(bill) === JSON.stringify(row.bill)) return
    ledger.setBill(jobId, bill)
    deps.onChanged()
  }
  /** A price that was missing when a bill was made may be known now; amounts that are known stay as they were billed. */
  const settleUnknown = (): void => {
    for (const { kind, jobId, bill, connectionId, connectionName, comparisonId, name, place, model, atMs } of ledger.list()) {
      if (bill === null || bill.usd !== null) continue
      if (kind === 'training' && jobId !== null) settle(jobId)
      else ledger.addAnswers({ connectionId, connectionName, comparisonId, name, place, model, atMs, sinceMs: atMs }, { inputTokens: 0, outputTokens: 0, answers: 0 }, billAnswers(connectionId, model))
    }
    deps.onChanged()
  }

  /** Rows of jobs that run or wait; a removed one does neither. */
  const unfinishedOf = (rows: readonly LedgerRow[]): readonly LedgerRow[] => {
    const open = new Set(deps.jobs.inStates(openStates).map(({ id }) => id))
    return rows.filter(({ jobId, bill }) => jobId !== null && bill?.final !== true && open.has(jobId))
  }
  const soFar = (row: LedgerRow): number | null => {
    if (row.jobId === null) return costSoFar(row, null)
    const { step, totalSteps } = deps.jobs.summary(row.jobId)
    return costSoFar(row, totalSteps === null || totalSteps === 0 ? null : step / totalSteps)
  }
  /** `bound`: what unfinished jobs may come to, by their quotes; else what they have cost by now. */
  const monthBudget = (rows: readonly LedgerRow[], bound: boolean): MonthBudget => {
    const month = monthOf(deps.now())
    const unfinished = unfinishedOf(rows)
    return {
      monthlyUsd: deps.settings().monthlyBudgetUsd,
      usedUsd: sum(rows.filter((row) => monthOf(row.atMs) === month && !unfinished.includes(row)).map(({ bill }) => bill?.usd ?? 0)),
      runningUsd: sum(unfinished.map((row) => Math.max(soFar(row) ?? 0, bound ? (row.quote?.highUsd ?? 0) : 0))),
    }
  }

  return {
    price,

    prices: {
      list: listPrices,
      set(changedPrice: Omit<Price, 'origin'>): void {
        deps.prices.put({ ...changedPrice, origin: 'edited' })
        settleUnknown()
      },
      reset(key: PriceKey): void {
        if (deps.prices.removeEdited(key)) deps.onChanged()
      },
      /** How many prices are new. Throws VALIDATION_FAILED where the user has not allowed it, before anything is asked. */
      async fetch(id: ConnectionId): Promise<number> {
        if (!deps.settings().fetchPrices) throw new AppError('VALIDATION_FAILED', 'Prices are fetched only when that is allowed under Settings.')
        const changed = deps.prices.putFetched(await deps.fetchPrices(id))
        settleUnknown()
        return changed
      },
    },

    ledger(): Ledger {
      const rows = ledger.list()
      const { monthlyUsd, usedUsd, runningUsd } = monthBudget(rows, false)
      return { rows, ...totalsOf(rows), budget: { monthlyUsd, usedUsd, runningUsd } }
    },
    csv: (): string => renderLedger(ledger.list()),

    /** A cloud job was created; local ones are ignored. Safe to call again. */
    record(jobId: JobId, quote: Quote | null): void {
      const job = deps.jobs.find(jobId)
      const cloud = job?.request.cloud ?? null
      if (job === null || cloud === null) return
      ledger.addTraining({
        jobId, name: job.name, place: cloud.kind, connectionId: cloud.connectionId, connectionName: deps.connections.get(cloud.connectionId)?.config.name ?? cloud.connectionId,
        model: deps.jobs.summary(jobId).modelName, atMs: job.createdAtMs, quote,
      })
      deps.onChanged()
      // An adopted job may have ended before it had a row.
      settle(jobId)
    },

    settle,

    /** Tokens of one answer or more of a remote model; `comparisonId` null for a chat. */
    addAnswers(comparisonId: ComparisonId | null, { connectionId, name }: Pick<RemoteModel, 'connectionId' | 'name'>, tokens: { readonly input: number; readonly output: number }): void {
      const atMs = deps.now()
      ledger.addAnswers(
        {
          comparisonId, connectionId, model: name, place: 'openai', atMs, sinceMs: monthStart(atMs), name: comparisonId === null ? 'Chat' : deps.comparisonName(comparisonId),
          connectionName: deps.connections.get(connectionId)?.config.name ?? connectionId,
        },
        { inputTokens: tokens.input, outputTokens: tokens.output, answers: 1 }, billAnswers(connectionId, name),
      )
      deps.onChanged()
    },

    /** What spot saved in runs that are over, as shares 0..1; null: none is. */
    spotSavings(): Range | null {
      const shares = ledger.list().flatMap(({ bill }) => (bill?.final === true && bill.usd !== null && bill.savedUsd !== null && bill.usd + bill.savedUsd > 0 ? [bill.savedUsd / (bill.usd + bill.savedUsd)] : []))
      return shares.length === 0 ? null : { low: Math.min(...shares), high: Math.max(...shares) }
    },

    /** Why a budget forbids this start; null: nothing does. */
    refusal(request: Pick<JobRequest, 'budget'>, quote: Quote): PlanIssue | null {
      const verdict = judgeStart(quote, request.budget, monthBudget(ledger.list(), true))
      return verdict.kind === 'ok' ? null : { severity: 'error', code: verdict.code, message: verdict.reason, field: 'budget' }
    },

    /** A place counted more, or a job ended: bills it, and says whether a budget is used up. `stop` only where the user chose that. */
    onUsage(jobId: JobId): RunningVerdict {
      settle(jobId)
      const job = deps.jobs.find(jobId)
      const row = ledger.ofJob(jobId)
      const { monthlyBudgetUsd, stopOverBudget } = deps.settings()
      if (job === null || row === null || isTerminal(job.state) || job.state === 'cancelling') return { kind: 'ok' }
      if (job.request.budget === null && monthlyBudgetUsd === null) return { kind: 'ok' }
      return judgeRunning(soFar(row), job.request.budget, monthBudget(ledger.list(), false), stopOverBudget)
    },
  }
}
export type Money = ReturnType<typeof createMoney>

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)
