import { describe, expect, test } from 'vitest'
import { splitByKey, splitKey, type SplitOptions } from '../../../electron/domain/dataset-split'
import { seededRandom } from '../../../electron/domain/random'
import type { NormalRow } from '../../../electron/shared/dataset'

const row = (text: string): NormalRow => ({ messages: [{ role: 'user', content: text }, { role: 'assistant', content: `about ${text}` }] })
const options: SplitOptions = { seed: 7, share: 0.05, atLeast: 20 }

/** Rows on the evaluation side, in file order. */
function evaluationOf(rows: readonly NormalRow[], chosen: SplitOptions): NormalRow[] {
  const keys = Float64Array.from(rows, (one) => splitKey(one, chosen.seed))
  const split = splitByKey(keys, chosen)
  const side = rows.filter((_, i) => split.isEvaluation(keys[i] ?? NaN))
  expect(side).toHaveLength(split.evalRows)
  expect(split.trainRows + split.evalRows).toBe(rows.length)
  return side
}

describe('split by conversation', () => {
  test('the same file and seed give the same split, in any order of rows; another seed another', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => row(`question ${i}`))
    const chosen = new Set(evaluationOf(rows, options))
    expect(chosen.size).toBe(50)
    expect(new Set(evaluationOf([...rows].reverse(), options))).toEqual(chosen)
    expect(new Set(evaluationOf(rows, { ...options, seed: 8 }))).not.toEqual(chosen)
  })

  test('exact duplicates lie on one side, whatever the file', () => {
    const random = seededRandom(1)
    for (let round = 0; round < 200; round++) {
      const distinct = 1 + Math.floor(random() * 300)
      const rows = Array.from({ length: Math.floor(random() * 1000) }, () => row(`q ${Math.floor(random() ** 2 * distinct)}`))
      const chosen = { seed: round, share: random() * 0.3, atLeast: Math.floor(random() * 40) }
      const evaluation = new Set(evaluationOf(rows, chosen).map((one) => JSON.stringify(one)))
      const keys = Float64Array.from(rows, (one) => splitKey(one, chosen.seed))
      const split = splitByKey(keys, chosen)
      const torn = rows.filter((one, i) => split.isEvaluation(keys[i] ?? NaN) !== evaluation.has(JSON.stringify(one)))
      expect(torn).toEqual([])
      const wanted = Math.min(Math.max(Math.round(chosen.share * rows.length), chosen.atLeast), Math.floor(rows.length / 5))
      expect(split.evalRows).toBeLessThanOrEqual(wanted)
    }
  })

  test('reaches the wanted number exactly where nothing is repeated', () => {
    const random = seededRandom(2)
    for (let round = 0; round < 100; round++) {
      const length = Math.floor(random() * 2000)
      const rows = Array.from({ length }, (_, i) => row(`${round} ${i}`))
      expect(evaluationOf(rows, options)).toHaveLength(Math.min(Math.max(Math.round(0.05 * length), 20), Math.floor(length / 5)))
    }
  })

  test('one conversation repeated all through the file stays in training and does not starve evaluation', () => {
    const rows = [...Array.from({ length: 900 }, () => row('the same')), ...Array.from({ length: 100 }, (_, i) => row(`${i}`))]
    for (let seed = 0; seed < 20; seed++) {
      const evaluation = evaluationOf(rows, { ...options, seed })
      expect(evaluation).toHaveLength(50)
      expect(evaluation).not.toContainEqual(row('the same'))
    }
  })

  test('files too small to split have no evaluation rows', () => {
    expect(evaluationOf([], options)).toEqual([])
    expect(evaluationOf([row('a'), row('b'), row('c'), row('d')], options)).toEqual([])
    expect(evaluationOf(Array.from({ length: 50 }, () => row('a')), options)).toEqual([])
  })
})

describe('key of a conversation', () => {
  test('does not depend on the order of keys in the file, only on roles and contents', () => {
    const a: NormalRow = { messages: [{ role: 'user', content: 'hi' }] }
    const b: NormalRow = { messages: [{ content: 'hi', role: 'user' }] }
    expect(splitKey(a, 1)).toBe(splitKey(b, 1))
    expect(splitKey(a, 1)).not.toBe(splitKey({ messages: [{ role: 'assistant', content: 'hi' }] }, 1))
    expect(splitKey({ prompt: 'ab', completion: 'c' }, 1)).not.toBe(splitKey({ prompt: 'a', completion: 'bc' }, 1))
  })

  test('keys are 53-bit integers, spread evenly and without collisions in 200,000 rows that differ in one digit', () => {
    const keys = new Set<number>()
    const bins = new Array<number>(20).fill(0)
    for (let i = 0; i < 200_000; i++) {
      const key = splitKey({ prompt: `row ${i}`, completion: 'yes' }, 3)
      keys.add(Number.isSafeInteger(key) && key >= 0 ? key : NaN)
      const bin = Math.floor((key / 2 ** 53) * 20)
      bins[bin] = (bins[bin] ?? 0) + 1
    }
    expect(keys.size).toBe(200_000)
    expect(keys.has(NaN)).toBe(false)
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })
})
