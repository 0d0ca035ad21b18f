import { describe, expect, it } from 'vitest'
import { byteRange, bytes, day, duration, durationRange, learningRate, loss, roughDuration, times } from '../../../../renderer/src/text/format'

const GIB = 2 ** 30

describe('numbers as the window writes them', () => {
  it('counts GB as 2^30 bytes, so that they agree with nvidia-smi', () => {
    expect(bytes(24 * GIB)).toBe('24.0 GB')
    expect(bytes(16.4 * GIB)).toBe('16.4 GB')
    expect(bytes(612 * GIB)).toBe('612 GB')
    expect(bytes(12 * 2 ** 20)).toBe('12 MB')
    expect(bytes(900)).toBe('900 bytes')
  })

  it('writes a range with one unit, and one number where both ends read the same', () => {
    expect(byteRange(13.1 * GIB, 16.2 * GIB)).toBe('13.1 to 16.2 GB')
    expect(byteRange(5.7 * GIB, 5.71 * GIB)).toBe('5.7 GB')
    expect(byteRange(0.4 * GIB, 1.6 * GIB)).toBe('0.4 to 1.6 GB')
    expect(byteRange(20 * 2 ** 20, 40 * 2 ** 20)).toBe('20 to 40 MB')
  })

  it('never rounds a time up into an impossible one, such as 60 s or 1 h 60', () => {
    expect(duration(59.7)).toBe('1 min')
    expect(duration(1313)).toBe('21 min 53 s')
    expect(duration(6300)).toBe('1 h 45')
    expect(duration(7199)).toBe('2 h 00')
    expect(roughDuration(3599)).toBe('1 h 00')
    expect(durationRange(52 * 60, 66 * 60)).toBe('52 to 66 min')
    expect(durationRange(105 * 60, 135 * 60)).toBe('1 h 45 to 2 h 15')
  })

  it('keeps four decimals of a loss and says NaN instead of a number', () => {
    expect(loss(1.13917)).toBe('1.1392')
    expect(loss(Number.NaN)).toBe('NaN')
    expect(loss(null)).toBe('–')
  })

  it('writes learning rates as the field does', () => {
    expect([2e-4, 1.5e-5, 1, 0].map(learningRate)).toEqual(['2e-4', '1.5e-5', '1e0', '0'])
  })

  it('names the day of a moment by the calendar and not by 24 hours', () => {
    const now = new Date(2026, 10, 20, 0, 30).getTime()
    expect(day(now - 60 * 60_000, now)).toBe('yesterday')
    expect(day(now - 10 * 60_000, now)).toBe('00:20')
    expect(day(new Date(2026, 10, 18, 9).getTime(), now)).toBe('18 Nov')
    expect(day(new Date(2025, 0, 3).getTime(), now)).toBe('3 Jan 2025')
  })

  it('says how often in words', () => {
    expect([1, 2, 3, 1.5].map(times)).toEqual(['once', 'twice', '3 times', '1.5 times'])
  })
})
