import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../electron/storage/database'
import { createStores } from '../../../electron/storage/stores'
import { bucketSizes } from '../../../electron/storage/rollup-bucket'
import { jobId, newJob } from '../../unit/storage/storage-fixtures'

const folder = mkdtempSync(join(tmpdir(), 'tunesmith-crash-'))
const child = join(folder, 'out', 'ingest-child.mjs')

beforeAll(async () => {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'junction')
  await build({
    configFile: false,
    logLevel: 'error',
    build: { ssr: resolve('test/integration/storage/ingest-child.ts'), outDir: join(folder, 'out'), emptyOutDir: true, rollupOptions: { output: { entryFileNames: 'ingest-child.mjs' } } },
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('kill -9 in the middle of ingestion', () => {
  // Catches points, roll-ups, checkpoints or progress that are committed apart from the cursor.
  it('leaves a state in which the cursor, the points, the roll-ups and the progress agree, ten times in a row', async () => {
    const path = join(folder, 'tunesmith.db')
    const setUp = openDatabase(path)
    createStores(setUp.connection).jobs.create(newJob(1))
    setUp.close()

    let before = 0
    for (let round = 0; round < 10; round += 1) {
      const victim = spawn(process.execPath, [child, path, jobId(1)], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(victim.stdout, 'data')
      // A moment that differs from round to round and falls anywhere in a transaction.
      await new Promise((done) => setTimeout(done, 20 + ((round * 61) % 100)))
      victim.kill('SIGKILL')
      await once(victim, 'exit')
      before = agree(path, before)
    }
  })
})

/** Everything in the file follows from the cursor alone. Returns how many lines are stored. */
function agree(path: string, before: number): number {
  const database = openDatabase(path)
  const { jobs, metrics, checkpoints } = createStores(database.connection)
  const lines = Number(jobs.record(jobId(1)).eventCursor)
  const row = jobs.rowOf(jobId(1))
  expect(lines).toBeGreaterThan(before)
  const saved = Math.floor(lines / 50)
  const points = lines - saved
  const count = (sql: string): unknown => database.connection.prepare(sql).pluck().get()
  expect(count('SELECT COUNT(*) FROM metric_points')).toBe(points)
  expect(count('SELECT COUNT(*) FROM job_events')).toBe(saved)
  expect(checkpoints.list(jobId(1))).toHaveLength(saved)
  expect(count('SELECT SUM(grad_norm <> seq OR step <> seq) FROM metric_points')).toBe(0)
  for (const size of bucketSizes) {
    expect(count(`SELECT SUM(rows) FROM metric_rollups WHERE metric = 0 AND bucket_rows = ${size}`)).toBe(points)
    expect(count(`SELECT COUNT(*) FROM metric_rollups WHERE metric = 0 AND bucket_rows = ${size} AND rows <> ${size}`), 'only the last bucket is open').toBeLessThanOrEqual(1)
  }
  expect(metrics.overview(row, 'gradNorm', 16).max.at(-1)).toBe((lines - 1) % 50 === 49 ? lines - 2 : lines - 1)
  expect(jobs.summary(jobId(1))).toMatchObject({ lastSeq: lines - 1 })
  database.close()
  return lines
}
