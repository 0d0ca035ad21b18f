import { describe, expect, it } from 'vitest'
import type { ComparisonSummary } from '../../../../electron/shared/comparison'
import { ComparisonId } from '../../../../electron/shared/ids'
import { againstBase } from '../../../../renderer/src/pages/models/against-base'
import { fakeComparison } from '../../../support/fake-comparison'
import { fakeModels, modelId } from '../../../support/fake-data'

const model = (value: number) => {
  const found = fakeModels.find(({ id }) => id === modelId(value))
  if (found === undefined) throw new Error(`no model ${value}`)
  return found
}
const again = (finishedAtMs: number, differencePoints: number, part: Partial<ComparisonSummary> = {}): ComparisonSummary => ({
  ...fakeComparison, id: ComparisonId.parse('cmp_0000000000000002'), finishedAtMs, pairs: fakeComparison.pairs.map((pair) => ({ ...pair, differencePoints })), ...part,
})

describe('a model against its base', () => {
  it('is what the newest finished comparison said (catches the first one that was ever made)', () => {
    const later = again((fakeComparison.finishedAtMs ?? 0) + 1, 5)
    for (const order of [[later, fakeComparison], [fakeComparison, later]]) expect(againstBase(model(11), order)).toMatchObject({ comparisonId: later.id, pair: { differencePoints: 5 } })
  })

  it('leaves out what is not finished, what compared two tuned models, and what scored nothing (catches a verdict from half of the answers)', () => {
    const running = again(Infinity, 99, { state: 'running' })
    const unscored = again(Infinity, 99, { pairs: fakeComparison.pairs.map((pair) => ({ ...pair, baseWins: 0, candidateWins: 0, ties: 0 })) })
    expect(againstBase(model(11), [running, unscored, fakeComparison])?.comparisonId).toBe(fakeComparison.id)
    // Model 12 stands in a pair as well, but with model 11.
    expect(againstBase(model(12), [fakeComparison])).toBeNull()
    expect(againstBase(model(11), [])).toBeNull()
  })
})
