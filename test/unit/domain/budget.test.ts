import { describe, expect, it } from 'vitest'
import { judgeRunning, judgeStart } from '../../../electron/domain/budget'
import type { MonthBudget } from '../../../electron/domain/budget'
import type { Quote } from '../../../electron/shared/money'

const quote = (lowUsd: number | null, highUsd: number | null): Quote => ({ lowUsd, highUsd, unknown: highUsd === null ? 'No price for m is known.' : null, lines: [], assumptions: [], priceSource: '', priceAsOf: '' })
const month = (part: Partial<MonthBudget> = {}): MonthBudget => ({ monthlyUsd: null, usedUsd: 0, runningUsd: 0, ...part })

describe('a start', () => {
  it('is judged by the upper end of its quote, and may use a budget up to its last cent (catches a lower end that lets a dear job in)', () => {
    expect(judgeStart(quote(1, 5), { limitUsd: 5, stop: false }, month())).toEqual({ kind: 'ok' })
    expect(judgeStart(quote(1, 5.01), { limitUsd: 5, stop: false }, month())).toMatchObject({ kind: 'refused', code: 'over-job-budget', reason: expect.stringMatching(/\$5\.01.*\$5\.00.*upper end/) as string })
  })
  it('holds what is billed, and what running and waiting jobs may come to, against the month (catches ten jobs that each fit alone)', () => {
    const used = month({ monthlyUsd: 20, usedUsd: 8, runningUsd: 7 })
    expect(judgeStart(quote(1, 5), null, used)).toEqual({ kind: 'ok' })
    expect(judgeStart(quote(1, 5.5), null, used)).toMatchObject({ kind: 'refused', code: 'over-month-budget', reason: expect.stringMatching(/\$5\.50.*\$8\.00.*\$7\.00.*\$20\.00/) as string })
  })
  it('without a known price is refused under a budget and free without one (catches a budget that an unknown price walks past)', () => {
    expect(judgeStart(quote(null, null), null, month())).toEqual({ kind: 'ok' })
    expect(judgeStart(quote(null, null), null, month({ monthlyUsd: 1 }))).toMatchObject({ kind: 'refused', code: 'budget-price-unknown', reason: expect.stringContaining('No price for m is known.') as string })
    expect(judgeStart(quote(null, null), { limitUsd: 1, stop: true }, month())).toMatchObject({ kind: 'refused', code: 'budget-price-unknown' })
  })
})

describe('a running job', () => {
  it('warns at its budget, or is stopped where the user chose so (catches a stop that nobody asked for)', () => {
    expect(judgeRunning(4.99, { limitUsd: 5, stop: true }, month(), true)).toEqual({ kind: 'ok' })
    expect(judgeRunning(5, { limitUsd: 5, stop: false }, month(), true)).toMatchObject({ kind: 'warn' })
    expect(judgeRunning(5, { limitUsd: 5, stop: true }, month(), false)).toMatchObject({ kind: 'stop' })
    expect(judgeRunning(null, { limitUsd: 5, stop: true }, month(), true)).toEqual({ kind: 'ok' })
  })
  it('reaches the budget of the month together with the others (catches a month that is watched job by job)', () => {
    const full = month({ monthlyUsd: 10, usedUsd: 6, runningUsd: 4 })
    expect(judgeRunning(1, null, full, false)).toMatchObject({ kind: 'warn' })
    expect(judgeRunning(1, null, full, true)).toMatchObject({ kind: 'stop', reason: expect.stringContaining('$10.00') as string })
    expect(judgeRunning(1, null, { ...full, usedUsd: 5 }, true)).toEqual({ kind: 'ok' })
  })
  it('is stopped by the stricter of the two (catches a warning of its own that hides the stop of the month)', () => {
    const full = month({ monthlyUsd: 10, usedUsd: 10 })
    expect(judgeRunning(5, { limitUsd: 5, stop: false }, full, true)).toMatchObject({ kind: 'stop' })
    expect(judgeRunning(5, { limitUsd: 5, stop: true }, full, false)).toMatchObject({ kind: 'stop' })
  })
})
