import { linearTicks, logTicks } from '../../../electron/domain/series/nice-ticks'
import type { XAxis } from '../series/curve'
import { count, learningRate, number } from '../text/format'

export interface Tick {
  readonly value: number
  readonly label: string
}

const secondSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800]

/** `45 s`, `12 min`, `1 h 30`, `2 d`. */
export function timeLabel(seconds: number): string {
  if (seconds < 60) return `${number(seconds, 1)} s`
  if (seconds < 3600) return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
  if (seconds < 172_800 || seconds % 86_400 !== 0) return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}`
  return `${seconds / 86_400} d`
}

/** Large steps are written in thousands and millions where nothing is lost. */
const stepLabel = (step: number): string => (step >= 1e6 && step % 1e5 === 0 ? `${number(step / 1e6, 1)}M` : step >= 10_000 && step % 100 === 0 ? `${number(step / 1000, 1)}k` : count(step))

/**
 * Ticks of an x axis; `end` (the last planned step) always has one, and neighbours that would touch it leave.
 * `wanted` is about how many fit.
 */
export function xTicks(axis: XAxis, low: number, high: number, wanted: number, end: number | null): Tick[] {
  const label = axis === 'time' ? timeLabel : axis === 'step' ? stepLabel : (epoch: number) => number(epoch, 2)
  const values = axis === 'time' ? secondTicks(low, high, wanted) : wholeTicks(axis, low, high, wanted)
  const apart = (high - low) / (wanted * 1.25)
  const shown = end === null || end < low || end > high ? values : [...values.filter((value) => end - value >= apart), end]
  return shown.map((value) => ({ value, label: label(value) }))
}

function wholeTicks(axis: XAxis, low: number, high: number, wanted: number): readonly number[] {
  const { values } = linearTicks(low, high, wanted)
  return axis === 'step' ? values.filter((value) => Number.isInteger(value)) : values
}

function secondTicks(low: number, high: number, wanted: number): number[] {
  const step = secondSteps.find((candidate) => (high - low) / candidate <= wanted) ?? Math.ceil((high - low) / wanted / 86_400) * 86_400
  if (high - low < 3) return [...linearTicks(low, high, wanted).values]
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => (first + index) * step)
}

/** How the values of a chart are written on its axis. */
export type ValueKind = 'loss' | 'learning-rate' | 'plain'

/** More than this on a small chart, and every second tick leaves. */
const mostSmallTicks = 4

/** Ticks of a y axis. With `log`, low and high are powers of ten and so are the places of the ticks. */
export function yTicks(kind: ValueKind, low: number, high: number, log: boolean, wanted: number): Tick[] {
  const ticks = allYTicks(kind, low, high, log, wanted)
  return wanted <= 3 && ticks.length > mostSmallTicks ? ticks.filter((_, index) => index % 2 === 0) : ticks
}

function allYTicks(kind: ValueKind, low: number, high: number, log: boolean, wanted: number): Tick[] {
  if (log) return logTicks(10 ** low, 10 ** high).values.map((value) => ({ value: Math.log10(value), label: logLabel(value) }))
  const { values, decimals } = linearTicks(low, high, wanted)
  return values.map((value) => ({ value, label: kind === 'learning-rate' ? learningRate(value) : value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }) }))
}

const logLabel = (value: number): string => (value >= 0.001 && value < 100_000 ? number(value, 4) : learningRate(value))
