import { describe, expect, it } from 'vitest'
import type { Bill, Price, Quote } from '../../../electron/shared/money'
import type { AnsweredTokens, AnswersRow, NewTrainingRow } from '../../../electron/storage/ledger-store'
import { awsConfig, goodCheck, openaiConfig } from '../../support/cloud-connections'
import { comparisonId, connectionId, jobId, openTemporary } from './storage-fixtures'

const quote: Quote = { lowUsd: 1, highUsd: 2, unknown: null, lines: ['1 x 1'], assumptions: [], priceSource: 'test', priceAsOf: '2026-11-01' }
const training = (job: number, part: Partial<NewTrainingRow> = {}): NewTrainingRow => ({
  jobId: jobId(job), name: `run ${job}`, place: 'sagemaker', connectionId: connectionId(1), connectionName: 'Work', model: 'ml.g5.2xlarge', atMs: job, quote, ...part,
})
const answers = (part: Partial<AnswersRow> = {}): AnswersRow => ({
  comparisonId: comparisonId(1), name: 'a comparison', place: 'openai', connectionId: connectionId(1), connectionName: 'Foundry', model: 'ft:one', atMs: 100, sinceMs: 0, ...part,
})
const tokens: AnsweredTokens = { inputTokens: 10, outputTokens: 5, answers: 1 }
const billTokens = ({ inputTokens, outputTokens, answers: count }: AnsweredTokens): Bill => ({ usd: inputTokens + outputTokens, savedUsd: null, basis: `${count} answers`, final: true })

describe('connections', () => {
  it('come back whole, oldest first, and are gone for every reader once removed (catches a job that goes to a removed place)', () => {
    const { stores } = openTemporary()
    stores.connections.add({ id: connectionId(2), config: openaiConfig, createdAtMs: 2 })
    stores.connections.add({ id: connectionId(1), config: awsConfig, createdAtMs: 1 })
    expect(stores.connections.list()).toEqual([
      { id: connectionId(1), config: awsConfig, createdAtMs: 1, check: null }, { id: connectionId(2), config: openaiConfig, createdAtMs: 2, check: null },
    ])
    stores.connections.remove(connectionId(1), 5)
    expect(stores.connections.get(connectionId(1))).toBeNull()
    expect(stores.connections.list().map(({ id }) => id)).toEqual([connectionId(2)])
    for (const change of [() => stores.connections.remove(connectionId(1), 6), () => stores.connections.change(connectionId(1), awsConfig)]) expect(change).toThrow(/no connection/)
  })

  it('a check is of one configuration: a change forgets it, and one that comes late is not stored (catches a green check of another account)', () => {
    const { stores } = openTemporary()
    stores.connections.add({ id: connectionId(1), config: awsConfig, createdAtMs: 1 })
    stores.connections.saveCheck(connectionId(1), awsConfig, goodCheck)
    expect(stores.connections.get(connectionId(1))?.check).toEqual(goodCheck)
    const other = { ...awsConfig, bucket: 'another-bucket' }
    stores.connections.change(connectionId(1), other)
    expect(stores.connections.get(connectionId(1))).toMatchObject({ config: other, check: null })
    stores.connections.saveCheck(connectionId(1), awsConfig, goodCheck)
    expect(stores.connections.get(connectionId(1))?.check).toBeNull()
    stores.connections.saveCheck(connectionId(1), other, goodCheck)
    expect(stores.connections.get(connectionId(1))?.check).toEqual(goodCheck)
  })
})

describe('prices', () => {
  const price: Price = { place: 'sagemaker', item: 'ml.g5.xlarge', region: 'us-east-1', unit: 'instance-hour', usd: 1.4, source: 'me', asOf: '2026-11-01', origin: 'edited' }

  it('keeps one row per key and origin, and takes back only what the user wrote (catches a reset that loses fetched prices)', () => {
    const { stores } = openTemporary()
    stores.prices.put(price)
    stores.prices.put({ ...price, usd: 1.5 })
    stores.prices.put({ ...price, region: null, usd: 9 })
    expect(stores.prices.putFetched([{ ...price, usd: 1.3 }])).toBe(1)
    expect(stores.prices.list()).toEqual([{ ...price, region: null, usd: 9 }, { ...price, usd: 1.5 }, { ...price, usd: 1.3, origin: 'fetched' }])
    expect(stores.prices.removeEdited({ ...price, region: null })).toBe(true)
    expect(stores.prices.removeEdited(price)).toBe(true)
    expect(stores.prices.removeEdited(price)).toBe(false)
    expect(stores.prices.list()).toEqual([{ ...price, usd: 1.3, origin: 'fetched' }])
  })

  it('counts what a fetch changed, and refuses to store what came with the app (catches an old table that wins for ever)', () => {
    const { stores } = openTemporary()
    expect(stores.prices.putFetched([price, { ...price, item: 'ml.g5.2xlarge' }])).toBe(2)
    expect(stores.prices.putFetched([price, { ...price, item: 'ml.g5.2xlarge', usd: 2, asOf: '2026-11-20' }])).toBe(1)
    expect(() => stores.prices.put({ ...price, origin: 'shipped' })).toThrow(/CHECK/)
  })
})

describe('the ledger', () => {
  it('has one row per job however often it is recorded, with the first quote (catches a job that is counted twice after a crash)', () => {
    const { stores } = openTemporary()
    stores.ledger.addTraining(training(1))
    stores.ledger.addTraining(training(1, { name: 'again', quote: null }))
    stores.ledger.addTraining(training(2))
    const bill: Bill = { usd: 0.5, savedUsd: 0.1, basis: 'so', final: true }
    stores.ledger.setBill(jobId(1), bill)
    stores.ledger.setBill(jobId(9), bill)
    expect(stores.ledger.list()).toMatchObject([{ jobId: jobId(2), bill: null }, { jobId: jobId(1), name: 'run 1', quote, bill, kind: 'training', comparisonId: null }])
    expect(stores.ledger.ofJob(jobId(1))?.bill).toEqual(bill)
    expect(stores.ledger.ofJob(jobId(9))).toBeNull()
  })

  it('adds the answers of one model in one comparison up, apart from other models, places and comparisons (catches a bill of the last answer only)', () => {
    const { stores } = openTemporary()
    for (let i = 0; i < 3; i += 1) stores.ledger.addAnswers(answers(), tokens, billTokens)
    stores.ledger.addAnswers(answers({ model: 'ft:two' }), tokens, billTokens)
    stores.ledger.addAnswers(answers({ connectionId: connectionId(2) }), tokens, billTokens)
    stores.ledger.addAnswers(answers({ comparisonId: comparisonId(2) }), tokens, billTokens)
    expect(stores.ledger.list().map(({ bill }) => bill)).toEqual([15, 15, 15, 45].map((usd) => ({ usd, savedUsd: null, basis: `${usd / 15} answers`, final: true })))
  })

  it('keeps one row of chat per model and month (catches a row for every line of a chat)', () => {
    const { stores } = openTemporary()
    for (const atMs of [100, 200]) stores.ledger.addAnswers(answers({ comparisonId: null, atMs, sinceMs: 50 }), tokens, billTokens)
    stores.ledger.addAnswers(answers({ comparisonId: null, atMs: 1000, sinceMs: 900 }), tokens, billTokens)
    expect(stores.ledger.list().map(({ atMs, bill }) => [atMs, bill?.usd])).toEqual([[1000, 15], [100, 30]])
  })
})
