import { describe, expect, it } from 'vitest'
import { instanceVerdict, proposeInstances } from '../../../electron/domain/instance-choice'
import { trainingInstances } from '../../../electron/remote/aws/instances'

const gib = 2 ** 30
const prices: Readonly<Record<string, number>> = { 'ml.g5.xlarge': 1.408, 'ml.g6.xlarge': 1.127, 'ml.g4dn.xlarge': 0.736, 'ml.g6e.xlarge': 2.61, 'ml.g7e.2xlarge': 4.2 }
const price = (type: string) => prices[type] ?? null
const propose = (high: number | null) => proposeInstances(trainingInstances.table, high, price)

describe('proposeInstances', () => {
  it('takes the cheapest GPU that fits, and two others (catches a proposal that runs out of memory)', () => {
    expect(propose(18 * gib).map(({ instanceType, verdict }) => [instanceType, verdict])).toEqual([['ml.g6.xlarge', 'fits'], ['ml.g5.xlarge', 'fits'], ['ml.g6e.xlarge', 'fits']])
    expect(propose(10 * gib)[0]?.instanceType).toBe('ml.g4dn.xlarge')
  })

  it('says so where nothing fits, and takes the largest (catches an empty list)', () => {
    const [best, ...others] = propose(500 * gib)
    expect(best).toMatchObject({ verdict: 'does-not-fit', gpuName: 'NVIDIA H200' })
    expect(others).toHaveLength(2)
  })

  it('claims nothing without an estimate or a price (catches a made-up verdict)', () => {
    expect(propose(null).every(({ verdict }) => verdict === 'not-known')).toBe(true)
    expect(proposeInstances(trainingInstances.table, 18 * gib, () => null)[0]).toMatchObject({ usdPerHour: null, verdict: 'fits', gpuCount: 1 })
    expect(instanceVerdict(21.5 * gib, 22 * gib)).toBe('tight')
  })
})
