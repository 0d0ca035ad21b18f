import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { electronPath, sandboxArguments } from '../support/launch-app'
import type { ChartJob, ChartKind, ChartResult } from './chart-page/page'
import { option, ratioRow, report, rowOf } from './rows'

/** Append and redraw of 8 runs, each measurement in a fresh page, in turns. */
const rounds = option('rounds', 7)
const kinds: readonly ChartKind[] = ['app', 'raw', 'uplot']
const lengths = [100_000, 1_000_000] as const
const folder = mkdtempSync(join(tmpdir(), 'tunesmith-bench-chart-'))

type Measured = ChartJob & ChartResult
const seen: Measured[] = []

async function measure(plan: readonly ChartJob[]): Promise<Measured[]> {
  const child = spawn(electronPath(), [...sandboxArguments(), join(import.meta.dirname, 'chart-page')], {
    stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, BENCH_PLAN: JSON.stringify(plan), BENCH_SCRIPT: join(folder, 'page.iife.js') },
  })
  const results: Measured[] = []
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  for await (const line of createInterface(child.stdout)) if (line.startsWith('@chart ')) results.push(JSON.parse(line.slice('@chart '.length)) as Measured)
  await closed
  if (results.length !== plan.length) throw new Error(`${results.length} of ${plan.length} measurements came back`)
  return results
}

const times = (kind: ChartKind, points: number): number[] => seen.filter((one) => one.kind === kind && one.points === points).map((one) => one.appendMs)
const gaps = (kind: ChartKind, points: number): number[] => seen.filter((one) => one.kind === kind && one.points === points).map((one) => one.gapMs)

beforeAll(async () => {
  await build({
    configFile: false, logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, lib: { entry: join(import.meta.dirname, 'chart-page', 'page.ts'), formats: ['iife'], name: 'chartBench', fileName: () => 'page.iife.js' } },
  })
  for (let round = 0; round < rounds; round++) {
    // Another order each round, so that no kind always runs after the same one.
    const turned = [...kinds.slice(round % kinds.length), ...kinds.slice(0, round % kinds.length)]
    seen.push(...(await measure(lengths.flatMap((points) => turned.map((kind) => ({ kind, points }))))))
  }
}, (rounds + 1) * 180_000)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('chart', () => {
  it('appends and redraws 8 runs', () => {
    const [short, long] = lengths
    report(
      ratioRow({ figure: 'Chart: append and redraw, 8 runs of 100,000 points', bound: 'at most 2.0', peer: 'a raw canvas with the same envelope' }, times('app', short), times('raw', short), ({ value }) => value <= 2),
      ratioRow({ figure: 'Chart: append and redraw, 8 runs of 100,000 points', bound: 'at most 0.6', peer: 'uPlot on raw columns' }, times('app', short), times('uplot', short), ({ value }) => value <= 0.6),
      ratioRow({ figure: 'Chart: append and redraw, 8 runs of 1,000,000 points', bound: 'at most 2.0', peer: 'a raw canvas with the same envelope' }, times('app', long), times('raw', long), ({ value }) => value <= 2),
      ratioRow({ figure: 'Chart: append and redraw, 8 runs of 1,000,000 points', bound: null, peer: 'uPlot on raw columns' }, times('app', long), times('uplot', long), null),
      rowOf({ figure: 'Chart: frame gap, 95th percentile, 8 runs of 100,000 points', bound: 'at most 20 ms', unit: 'ms' }, gaps('app', short), (median) => median <= 20),
      rowOf({ figure: 'Chart: frame gap, 95th percentile, 8 runs of 1,000,000 points', bound: null, unit: 'ms' }, gaps('app', long), null),
      rowOf({ figure: 'Chart: append and redraw, 8 runs of 100,000 points', bound: null, unit: 'ms' }, times('app', short), null),
      rowOf({ figure: 'Chart: append and redraw, 8 runs of 1,000,000 points', bound: null, unit: 'ms' }, times('app', long), null),
    )
    expect(seen).toHaveLength(rounds * kinds.length * lengths.length)
  })
})
