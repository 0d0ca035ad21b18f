import { bootstrapMedianRatio, quantile } from '../../electron/domain/statistics'
import type { Interval } from '../../electron/domain/statistics'

/** One row of the table in docs/benchmarks.md; scripts/bench.mjs reads it from a line of the output. */
export interface BenchRow {
  readonly figure: string
  /** In words; null for a figure that only explains another one. */
  readonly bound: string | null
  readonly median: number
  readonly min: number
  readonly max: number
  /** The 95th percentile, where the bound is on it. */
  readonly p95?: number
  /** 95% bootstrap interval of `median`. */
  readonly interval?: readonly [low: number, high: number]
  readonly samples: number
  readonly unit: string
  readonly peer: string | null
  readonly met: boolean | null
}

type Facts = Pick<BenchRow, 'figure' | 'bound' | 'unit'> & { readonly peer?: string }

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort()

/** A row of values that stand for themselves. `holds` gets their median and 95th percentile; null: no bound. */
export function rowOf(facts: Facts, values: readonly number[], holds: ((median: number, p95: number) => boolean) | null, options: { readonly p95?: boolean } = {}): BenchRow {
  if (values.length === 0) throw new Error(`nothing was measured for: ${facts.figure}`)
  const ordered = sorted(values)
  const [median, p95] = [quantile(ordered, 0.5), quantile(ordered, 0.95)]
  return {
    ...facts, peer: facts.peer ?? null, median, min: ordered[0] ?? NaN, max: ordered.at(-1) ?? NaN, samples: ordered.length,
    ...(options.p95 === true ? { p95 } : {}), met: holds === null ? null : holds(median, p95),
  }
}

/** A row of pairs: the ratio of the medians with its interval, and the least and greatest ratio of one pair. */
export function ratioRow(facts: Omit<Facts, 'unit'>, candidate: readonly number[], base: readonly number[], holds: ((ratio: Interval) => boolean) | null): BenchRow {
  const ratio = bootstrapMedianRatio(candidate, base)
  const each = sorted(candidate.map((value, index) => value / (base[index] ?? NaN)))
  return {
    ...facts, unit: 'ratio', peer: facts.peer ?? null, median: ratio.value, min: each[0] ?? NaN, max: each.at(-1) ?? NaN, samples: each.length,
    interval: [ratio.low, ratio.high], met: holds === null ? null : holds(ratio),
  }
}

/** Prints rows for scripts/bench.mjs. */
export function report(...rows: readonly BenchRow[]): void {
  for (const row of rows) process.stdout.write(`\n${JSON.stringify(row)}\n`)
}

/** A number that scripts/bench.mjs was given, `--pairs 2` for one. */
export const option = (name: 'pairs' | 'seconds' | 'rounds', standard: number): number => Number(process.env[`BENCH_${name.toUpperCase()}`] ?? standard)
