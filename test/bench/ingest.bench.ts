import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseEventLines } from '../../electron/parsing/event-line'
import { tailLines } from '../../electron/process/event-tail'
import { openDatabase, type Database } from '../../electron/storage/database'
import { createStores, type Stores } from '../../electron/storage/stores'
import { jobId, newJob } from '../unit/storage/storage-fixtures'
import { report, rowOf } from './rows'

/**
 * Bytes of `events.jsonl` through the tail, the parser and the transaction, the very functions of the engine, then reading a
 * long run back. `BENCH_LINES` sets the length of the run (default 1,000,000), `BENCH_ROUNDS` how often it is ingested.
 */
const lines = Number(process.env['BENCH_LINES'] ?? 1_000_000)
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const bounds = { linesPerSecond: 100_000, openMs: 60 }

const folder = mkdtempSync(join(tmpdir(), 'tunesmith-bench-'))
const events = join(folder, 'events.jsonl')
let filled: { readonly database: Database; readonly stores: Stores } | undefined

const quantile = (values: readonly number[], q: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? NaN

/** One line as tunesmith_events.py writes it, with all eight metrics. */
function line(seq: number): string {
  const loss = 1 + 2.5 * Math.exp(-seq / 20_000) + Math.sin(seq * 12.9898) * 0.1
  return `{"seq":${seq},"t":${(1_760_000_000 + seq / 50).toFixed(3)},"event":"log","step":${seq + 1},"epoch":${(seq / 30_000).toFixed(6)},"loss":${loss},` +
    `"eval_loss":${loss + 0.1},"learning_rate":${2e-4 * (1 - seq / lines)},"grad_norm":${0.3 + loss / 10},"tokens_per_second":${1200 + loss},"samples_per_second":${12 + loss},` +
    `"num_tokens":${seq * 512},"mean_token_accuracy":${1 / (1 + loss)},"gpu_memory_bytes":8123456789}\n`
}

beforeAll(async () => {
  const file = createWriteStream(events)
  for (let seq = 0; seq < lines; ) {
    let text = ''
    for (const end = Math.min(lines, seq + 5000); seq < end; seq += 1) text += line(seq)
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
}, 120_000)
afterAll(() => {
  filled?.database.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('ingestion', () => {
  it(`takes in events.jsonl at ${bounds.linesPerSecond.toLocaleString('en')} lines/s or more`, async () => {
    const rates: number[] = []
    const cpuRates: number[] = []
    const transactions: number[] = []
    const blocks: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      filled?.database.close()
      const database = openDatabase(join(folder, `round-${round}.db`))
      const stores = createStores(database.connection)
      filled = { database, stores }
      stores.jobs.create(newJob(1))
      const row = stores.jobs.rowOf(jobId(1))
      let cursor: string | null = null
      let stored = 0
      const began = performance.now()
      const cpuBefore = process.cpuUsage()
      for await (const piece of tailLines(events, { fromOffset: 0, hasEnded: () => Promise.resolve(true) })) {
        if (piece.kind !== 'lines') continue
        const parsing = performance.now()
        const parsed = parseEventLines(piece.text)
        const writing = performance.now()
        const nextCursor = String(piece.nextOffset)
        const answer = stores.ingestor.ingest(row, { events: parsed.events, nextCursor }, cursor)
        transactions.push(performance.now() - writing)
        blocks.push(performance.now() - parsing)
        cursor = nextCursor
        if (answer.kind === 'stored') stored += answer.points
      }
      rates.push((lines / (performance.now() - began)) * 1000)
      const cpu = process.cpuUsage(cpuBefore)
      cpuRates.push((lines / (cpu.user + cpu.system)) * 1e6)
      expect(stored).toBe(lines)
    }
    report(
      rowOf({ figure: 'events.jsonl into SQLite, 8 metrics a line', bound: 'at least 100,000 lines/s', unit: 'lines/s' }, rates, (median) => median >= bounds.linesPerSecond),
      rowOf({ figure: 'The same by processor time, which other programs disturb less', bound: null, unit: 'lines/s' }, cpuRates, null),
    )
    console.log(`transaction: p50 ${quantile(transactions, 0.5).toFixed(1)} ms, p99 ${quantile(transactions, 0.99).toFixed(1)} ms; parse and write of one piece: p99 ${quantile(blocks, 0.99).toFixed(1)} ms`)
    expect(Math.max(quantile(rates, 0.5), quantile(cpuRates, 0.5))).toBeGreaterThanOrEqual(bounds.linesPerSecond)
  }, 600_000)

  it('writes live lines, one to a transaction, without a long pause', () => {
    const database = openDatabase(join(folder, 'live.db'))
    const live = createStores(database.connection)
    live.jobs.create(newJob(1))
    const row = live.jobs.rowOf(jobId(1))
    const times: number[] = []
    for (let seq = 0; seq < 5000; seq += 1) {
      const { events: one } = parseEventLines(line(seq))
      const began = performance.now()
      live.ingestor.ingest(row, { events: one, nextCursor: String(seq + 1) }, seq === 0 ? null : String(seq))
      times.push(performance.now() - began)
    }
    database.close()
    console.log(`one line to a transaction: p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`)
    expect(quantile(times, 0.99)).toBeLessThan(50)
  }, 60_000)
})

describe('reading', () => {
  it(`opens a run of ${lines.toLocaleString('en')} points within ${bounds.openMs} ms`, () => {
    if (filled === undefined) throw new Error('the run was not ingested')
    const { jobs, metrics } = filled.stores
    const row = jobs.rowOf(jobId(1))
    const opens: number[] = []
    for (let round = 0; round < 30; round += 1) {
      const began = performance.now()
      jobs.detail(jobId(1))
      for (const metric of ['loss', 'evalLoss', 'learningRate', 'gradNorm', 'tokensPerSecond'] as const) metrics.overview(row, metric, 2200)
      metrics.tail(row, lines - 500, 500)
      opens.push(performance.now() - began)
    }
    report(rowOf({ figure: `Opening a run of ${lines.toLocaleString('en')} points: detail, five overviews of 2,200 buckets, the last 500 points`, bound: 'at most 60 ms of engine time', unit: 'ms' }, opens, (median) => median <= bounds.openMs))
    const windows: number[] = []
    for (let round = 0; round < 30; round += 1) {
      const began = performance.now()
      metrics.window(row, { fromStep: lines / 2, toStep: lines / 2 + 5000 }, 5000)
      metrics.overview(row, 'loss', 2200, { fromStep: lines / 10, toStep: (lines * 6) / 10 })
      windows.push(performance.now() - began)
    }
    report(rowOf({ figure: 'Zoom into it: 5,000 exact points with 8 metrics, and an overview of half the run', bound: null, unit: 'ms' }, windows, null))
    expect(quantile(opens, 0.5)).toBeLessThanOrEqual(bounds.openMs)
  }, 60_000)
})
