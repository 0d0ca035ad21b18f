import { describe, expect, it } from 'vitest'
import { findPrice, modelNames, resolvePrices } from '../../../electron/domain/price-table'
import { shippedPrices } from '../../../electron/remote/prices/shipped'
import { Price } from '../../../electron/shared/money'

const row = (usd: number, part: Partial<Price> = {}): Price => ({ place: 'sagemaker', item: 'ml.g5.xlarge', region: 'us-east-1', unit: 'instance-hour', usd, source: 's', asOf: '2026-11-01', origin: 'shipped', ...part })

describe('one list of prices', () => {
  it('prefers edited to fetched to shipped, whatever their order (catches a fetch that overwrites what the user wrote)', () => {
    const three = [row(3, { origin: 'edited' }), row(1), row(2, { origin: 'fetched' })]
    expect(resolvePrices(three)).toEqual([three[0]])
    expect(resolvePrices(three.slice(1))).toEqual([three[2]])
    expect(resolvePrices([row(1), row(2, { region: null }), row(3, { unit: 'million-input-tokens' })])).toHaveLength(3)
  })
  it('takes the row of the region before the one for everywhere, and never another region\'s (catches Frankfurt at the price of Virginia)', () => {
    const prices = [row(1), row(9, { region: null, item: 'ml.g6.xlarge' })]
    const usd = (item: string, region: string) => findPrice(prices, { place: 'sagemaker', item, region, unit: 'instance-hour' })?.usd ?? null
    expect([usd('ml.g5.xlarge', 'us-east-1'), usd('ml.g5.xlarge', 'eu-central-1'), usd('ml.g6.xlarge', 'eu-central-1')]).toEqual([1, null, 9])
  })
})

describe('names of models', () => {
  it.each([
    ['gpt-4.1-mini-2025-04-14', ['gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini']],
    ['ft:gpt-4.1-mini-2025-04-14:org:notes:AbC', ['ft:gpt-4.1-mini-2025-04-14:org:notes:AbC', 'ft:gpt-4.1-mini-2025-04-14', 'ft:gpt-4.1-mini']],
    ['ft:gpt-4o-mini-2024-07-18:org::AbC:ckpt-step-88', ['ft:gpt-4o-mini-2024-07-18:org::AbC:ckpt-step-88', 'ft:gpt-4o-mini-2024-07-18', 'ft:gpt-4o-mini']],
    ['gpt-4.1-mini-2025-04-14.ft-0e1f-notes', ['gpt-4.1-mini-2025-04-14.ft-0e1f-notes', 'ft:gpt-4.1-mini-2025-04-14', 'ft:gpt-4.1-mini']],
  ])('%s (catches a tuned model billed at the price of its base)', (name, names) => {
    expect(modelNames(name)).toEqual(names)
  })
})

describe('the table that ships', () => {
  const usd = (place: Price['place'], item: string, unit: Price['unit'], region: string | null = null) => findPrice(shippedPrices, { place, item, unit, region })?.usd ?? null

  it('is made of rows that the window would accept, one per key, each with source and date (catches a row typed in half)', () => {
    for (const price of shippedPrices) expect(() => Price.parse(price), price.item).not.toThrow()
    expect(resolvePrices(shippedPrices)).toHaveLength(shippedPrices.length)
    for (const { source, origin } of shippedPrices) expect([source.length > 20, origin]).toEqual([true, 'shipped'])
  })
  it('holds the published prices where a job looks for them (catches a row under a name that no service uses)', () => {
    expect(usd('sagemaker', 'ml.g5.2xlarge', 'instance-hour', 'us-west-2')).toBe(1.515)
    expect(usd('sagemaker', 'ml.g6e.48xlarge', 'instance-hour', 'us-east-1')).toBe(37.66)
    expect(usd('openai', 'gpt-4.1-mini-2025-04-14', 'million-training-tokens')).toBe(5)
    expect(usd('openai', 'gpt-4.1-2025-04-14', 'million-training-tokens')).toBe(25)
    expect(usd('openai', 'ft:gpt-4o-mini-2024-07-18:org::id', 'million-output-tokens')).toBe(1.2)
  })
  it('says nothing where sources contradict each other or are silent (catches a guessed price)', () => {
    expect(usd('sagemaker', 'ml.p5.48xlarge', 'instance-hour', 'us-east-1')).toBeNull()
    expect(usd('sagemaker', 'ml.g5.2xlarge', 'instance-hour', 'eu-central-1')).toBeNull()
    expect(usd('openai', 'gpt-4.1-mini', 'million-input-tokens'), 'answers of a base that is not tuned').toBeNull()
  })
})
