import { describe, expect, it } from 'vitest'
import { createMoney } from '../../../electron/services/money'
import type { MoneyDeps } from '../../../electron/services/money'
import { AppError } from '../../../electron/shared/app-error'
import type { JobBudget, OpenaiOptions, RunUsage, SagemakerOptions } from '../../../electron/shared/cloud'
import type { Price, Quote } from '../../../electron/shared/money'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { awsConfig, openaiConfig } from '../../support/cloud-connections'
import { comparisonId, connectionId, jobId, newJob, openTemporary, request } from '../storage/storage-fixtures'

const row = (item: string, unit: Price['unit'], usd: number, part: Partial<Price> = {}): Price => ({ place: 'openai', item, region: null, unit, usd, source: 'the table', asOf: '2026-11-20', origin: 'shipped', ...part })
const shipped: readonly Price[] = [
  row('ml.g5.2xlarge', 'instance-hour', 3.6, { place: 'sagemaker', region: 'us-east-1' }), row('gpt-4.1-mini', 'million-training-tokens', 5),
  row('ft:gpt-4.1-mini', 'million-input-tokens', 1), row('ft:gpt-4.1-mini', 'million-output-tokens', 4),
]
const now = Date.parse('2026-11-20T12:00:00Z')
const aws: SagemakerOptions = {
  kind: 'sagemaker', connectionId: connectionId(1), trainer: 'huggingface', instanceType: 'ml.g5.2xlarge', instanceCount: 1, volumeGb: 100, spot: true, maxRunSeconds: 3600, maxWaitSeconds: 7200, imageUri: null, hubTokenSecret: null,
}
const openai: OpenaiOptions = { kind: 'openai', connectionId: connectionId(2), epochs: 3, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null }
const quote = (highUsd: number | null): Quote => ({ lowUsd: highUsd === null ? null : highUsd / 2, highUsd, unknown: highUsd === null ? 'No price is known.' : null, lines: [], assumptions: [], priceSource: '', priceAsOf: '' })
const instances = (billableSeconds: number, trainingSeconds: number): RunUsage => ({ kind: 'instances', instanceType: 'ml.g5.2xlarge', region: 'us-east-1', instanceCount: 1, billableSeconds, trainingSeconds, spot: true })

function setUp(cloud: Partial<ReturnType<MoneyDeps['settings']>> = {}, change: Partial<MoneyDeps> = {}) {
  const { stores } = openTemporary()
  stores.connections.add({ id: connectionId(1), config: awsConfig, createdAtMs: 1 })
  stores.connections.add({ id: connectionId(2), config: openaiConfig, createdAtMs: 2 })
  let changes = 0
  let fetches = 0
  const money = createMoney({
    prices: stores.prices, shipped, ledger: stores.ledger, jobs: stores.jobs, connections: stores.connections,
    settings: () => ({ concurrentJobs: 4, monthlyBudgetUsd: null, stopOverBudget: false, fetchPrices: false, ...cloud }),
    fetchPrices: async () => {
      fetches += 1
      return [{ place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'us-east-1', unit: 'instance-hour', usd: 7.2, source: 'AWS Price List API', asOf: '2026-11-19' }]
    },
    comparisonName: () => 'base and tuned', now: () => now, onChanged: () => void changes++, ...change,
  })
  const start = (number: number, options: SagemakerOptions | OpenaiOptions, high: number | null, part: { readonly budget?: JobBudget | null; readonly state?: 'queued' | 'running' } = {}): void => {
    const ofCloud: JobRequest = { ...request(`run ${number}`), backend: options.kind, cloud: options, budget: part.budget ?? null }
    stores.jobs.create(newJob(number, { request: ofCloud, modelName: options.kind === 'openai' ? 'gpt-4.1-mini' : 'toy', createdAtMs: now - number }))
    money.record(jobId(number), quote(high))
    if (part.state === 'queued') return
    stores.jobs.transition(jobId(number), { kind: 'prepare' }, now)
    stores.jobs.transition(jobId(number), { kind: 'started' }, now, { remoteId: `remote ${number}`, connectionId: options.connectionId })
  }
  const end = (number: number, usage: RunUsage | null, outcome: 'completed' | 'failed' = 'completed'): void => {
    stores.jobs.patch(jobId(number), { usage })
    stores.jobs.transition(jobId(number), { kind: 'finished', outcome }, now)
    money.onUsage(jobId(number))
  }
  return { money, stores, start, end, changes: () => changes, fetches: () => fetches }
}

describe('prices', () => {
  const mine = { place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'us-east-1', unit: 'instance-hour', usd: 1, source: 'my contract', asOf: '2026-11-01' } as const
  const usdOf = ({ money }: ReturnType<typeof setUp>): number | undefined => money.prices.list().find(({ item }) => item === 'ml.g5.2xlarge')?.usd

  it('are one list: written ones first, then fetched, then shipped, and a reset goes one back (catches two rows for one machine)', async () => {
    const all = setUp({ fetchPrices: true })
    expect([usdOf(all), all.money.prices.list().length]).toEqual([3.6, 4])
    expect(await all.money.prices.fetch(connectionId(1))).toBe(1)
    expect(await all.money.prices.fetch(connectionId(1))).toBe(0)
    expect(usdOf(all)).toBe(7.2)
    all.money.prices.set(mine)
    expect(all.money.prices.list().filter(({ item }) => item === 'ml.g5.2xlarge')).toEqual([{ ...mine, origin: 'edited' }])
    all.money.prices.reset(mine)
    expect([usdOf(all), all.money.prices.list().length]).toEqual([7.2, 4])
  })

  it('are not fetched before the user allowed it (catches a request that nobody asked for)', async () => {
    const { money, fetches } = setUp()
    await expect(money.prices.fetch(connectionId(1))).rejects.toBeInstanceOf(AppError)
    expect(fetches()).toBe(0)
  })
})

describe('the ledger', () => {
  it('holds the quote when a job is made and the bill when it ends, with what spot saved (catches a bill of the training time)', () => {
    const { money, stores, start, end } = setUp()
    start(1, aws, 10)
    start(2, openai, 2)
    expect(money.ledger().rows).toMatchObject([
      { jobId: jobId(1), place: 'sagemaker', connectionName: 'Work', model: 'toy', quote: quote(10), bill: null, atMs: now - 1 }, { jobId: jobId(2), place: 'openai', connectionName: 'Foundry', model: 'gpt-4.1-mini' },
    ])
    end(1, instances(500, 2000))
    end(2, { kind: 'tokens', model: 'gpt-4.1-mini-2025-04-14', trainedTokens: 100_000 })
    const { rows, byMonth, byPlace, byModel, budget } = money.ledger()
    expect(rows.map(({ bill }) => [bill?.usd, bill?.savedUsd, bill?.final])).toEqual([[0.5, 1.5, true], [0.5, null, true]])
    expect([byMonth, byPlace.map(({ key }) => key), byModel.length]).toEqual([[{ key: '2026-11', usd: 1, savedUsd: 1.5, rows: 2, unknownRows: 0 }], ['Foundry', 'Work'], 2])
    expect(budget).toEqual({ monthlyUsd: null, usedUsd: 1, runningUsd: 0 })
    expect(stores.jobs.detail(jobId(1))).toMatchObject({ quote: { highUsd: 10 }, bill: { usd: 0.5 } })
  })

  it('leaves local jobs out, and records a job once (catches a row for every start of the app)', () => {
    const { money, stores, start } = setUp()
    stores.jobs.create(newJob(5))
    money.record(jobId(5), null)
    money.settle(jobId(5))
    start(1, aws, 10)
    money.record(jobId(1), quote(99))
    expect(money.ledger().rows.map(({ quote: kept }) => kept?.highUsd)).toEqual([10])
  })

  it('bills a job that had ended before it was recorded (catches an adopted job without a bill)', () => {
    const { money, stores } = setUp()
    stores.jobs.create(newJob(1, { request: { ...request(), backend: 'sagemaker', cloud: aws }, state: 'succeeded' }))
    stores.jobs.patch(jobId(1), { usage: instances(1000, 1000), remoteId: 'remote' })
    money.record(jobId(1), null)
    expect(money.ledger().rows).toMatchObject([{ quote: null, bill: { usd: 1, final: true } }])
  })

  it('says $0 of a job that never ran there and nothing of one whose place is silent (catches a failure that looks free)', () => {
    const { money, stores, start, end } = setUp()
    start(1, aws, 10, { state: 'queued' })
    stores.jobs.transition(jobId(1), { kind: 'stop-requested' }, now)
    money.onUsage(jobId(1))
    start(2, openai, 2)
    end(2, null, 'failed')
    expect(money.ledger().rows.map(({ bill }) => [bill?.usd, bill?.final])).toEqual([[0, true], [null, true]])
    expect(money.ledger().byMonth).toMatchObject([{ usd: 0, rows: 2, unknownRows: 1 }])
  })

  it('fills in what had no price once there is one, and leaves known bills alone (catches a bill that changes with the price list)', () => {
    const { money, start, end } = setUp()
    start(1, { ...aws, instanceType: 'ml.p5.48xlarge' }, null)
    end(1, { ...instances(3600, 3600), instanceType: 'ml.p5.48xlarge' } as RunUsage)
    start(2, aws, 1)
    end(2, instances(3600, 3600))
    money.addAnswers(null, { connectionId: connectionId(2), name: 'gpt-new' }, { input: 1_000_000, output: 0 })
    expect(money.ledger().rows.map(({ bill }) => bill?.usd)).toEqual([null, null, 3.6])
    money.prices.set({ place: 'sagemaker', item: 'ml.p5.48xlarge', region: 'us-east-1', unit: 'instance-hour', usd: 60, source: 'me', asOf: '2026-11-20' })
    money.prices.set({ place: 'sagemaker', item: 'ml.g5.2xlarge', region: 'us-east-1', unit: 'instance-hour', usd: 1, source: 'me', asOf: '2026-11-20' })
    for (const unit of ['million-input-tokens', 'million-output-tokens'] as const) money.prices.set({ place: 'openai', item: 'gpt-new', region: 'azure', unit, usd: 2, source: 'me', asOf: '2026-11-20' })
    expect(money.ledger().rows.map(({ bill }) => bill?.usd)).toEqual([2, 60, 3.6])
  })

  it('counts answers of a remote model by comparison, and chats by month (catches answers that cost nothing)', () => {
    const { money } = setUp()
    const tuned = { connectionId: connectionId(2), name: 'ft:gpt-4.1-mini-2025-04-14:org::id' }
    for (let i = 0; i < 2; i += 1) money.addAnswers(comparisonId(1), tuned, { input: 500_000, output: 125_000 })
    money.addAnswers(null, tuned, { input: 1_000_000, output: 0 })
    expect(money.ledger().rows.map(({ kind, name, comparisonId: of, bill }) => [kind, name, of, bill?.usd, bill?.basis.split(':')[0]])).toEqual([
      ['answers', 'Chat', null, 1, '1 answer'], ['answers', 'base and tuned', comparisonId(1), 2, '2 answers'],
    ])
  })

  it('is saved as CSV that no spreadsheet takes for formulas (catches =HYPERLINK in a job\'s name)', () => {
    const { money, stores, start, end } = setUp()
    start(1, aws, 10)
    stores.jobs.create(newJob(2, { request: { ...request('=HYPERLINK("http://x","y")'), backend: 'openai', cloud: openai }, modelName: 'a,"b"', createdAtMs: now }))
    money.record(jobId(2), quote(null))
    end(1, instances(500, 2000))
    const lines = money.csv().trimEnd().split('\n')
    expect(lines).toEqual([
      'date,kind,name,place,service,model,quote_low_usd,quote_high_usd,billed_usd,saved_by_spot_usd,final,basis,job,comparison',
      `2026-11-20T11:59:59.999Z,training,"run 1","Work",sagemaker,"toy",5,10,0.5,1.5,yes,"500 billable seconds x 1 ml.g5.2xlarge x $3.60 an hour",${jobId(1)},`,
      `2026-11-20T12:00:00.000Z,training,"'=HYPERLINK(""http://x"",""y"")","Foundry",openai,"a,""b""",,,,,,"",${jobId(2)},`,
    ])
  })
})

describe('savings of spot', () => {
  it('are those of runs that are over (catches a running job that saved all of its time)', () => {
    const { money, stores, start, end } = setUp()
    expect(money.spotSavings()).toBeNull()
    start(1, aws, 10)
    end(1, instances(500, 2000))
    start(2, aws, 10)
    end(2, instances(1000, 2000))
    start(3, aws, 10)
    stores.jobs.patch(jobId(3), { usage: instances(0, 100) })
    money.onUsage(jobId(3))
    expect(money.spotSavings()).toEqual({ low: 0.5, high: 0.75 })
  })
})

describe('budgets', () => {
  it('of a month count what is billed and what running and waiting jobs may come to (catches three jobs that each fit alone)', () => {
    const { money, stores, start, end } = setUp({ monthlyBudgetUsd: 10 })
    start(1, openai, 3)
    end(1, { kind: 'tokens', model: 'gpt-4.1-mini', trainedTokens: 400_000 })
    start(2, aws, 4)
    start(3, aws, 2, { state: 'queued' })
    start(4, aws, 5, { state: 'queued' })
    stores.jobs.remove(jobId(4), now)
    expect(money.refusal({ budget: null }, quote(2))).toBeNull()
    expect(money.refusal({ budget: null }, quote(2.01))).toMatchObject({ severity: 'error', code: 'over-month-budget', field: 'budget', message: expect.stringMatching(/\$2\.00 are billed and up to \$6\.00/) as string })
  })

  it('of a month forget the months before (catches a budget that is used up for ever)', () => {
    const { money, start, end } = setUp({ monthlyBudgetUsd: 10 }, { now: () => Date.parse('2026-12-01T00:00:00Z') })
    start(1, openai, 3)
    end(1, { kind: 'tokens', model: 'gpt-4.1-mini', trainedTokens: 4_000_000 })
    expect(money.ledger().budget).toEqual({ monthlyUsd: 10, usedUsd: 0, runningUsd: 0 })
    expect(money.refusal({ budget: null }, quote(10))).toBeNull()
  })

  it('of a running machine are watched by what its place counted (catches a job that runs past its limit unseen)', () => {
    const { money, stores, start } = setUp()
    start(1, aws, 10, { budget: { limitUsd: 1, stop: true } })
    start(2, aws, 10, { budget: { limitUsd: 1, stop: false } })
    const at = (number: number, seconds: number) => {
      stores.jobs.patch(jobId(number), { usage: instances(0, seconds) })
      return money.onUsage(jobId(number)).kind
    }
    expect([at(1, 999), at(1, 1000), at(2, 999), at(2, 1000)]).toEqual(['ok', 'stop', 'ok', 'warn'])
    stores.jobs.transition(jobId(1), { kind: 'stop-requested' }, now)
    expect(at(1, 1100), 'a job that is being stopped').toBe('ok')
    expect(money.ledger().budget.runningUsd).toBeCloseTo(2.1, 10)
  })

  it('of a service that counts only at its end are watched by the steps that are done (catches a token job that nothing can stop)', () => {
    const { money, stores, start } = setUp({ monthlyBudgetUsd: 3, stopOverBudget: true })
    start(1, openai, 4)
    const toStep = (step: number, seq: number, before: string | null): string => {
      stores.ingestor.ingest(stores.jobs.rowOf(jobId(1)), { events: [{ kind: 'progress', seq, tMs: now, step, totalSteps: 100, epoch: step / 100, etaSeconds: null }], nextCursor: String(seq) }, before)
      return money.onUsage(jobId(1)).kind
    }
    expect([toStep(50, 0, null), toStep(75, 1, '0')]).toEqual(['ok', 'stop'])
  })
})
