import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runPython, testSpec, writeRun } from '../support/training-run'
import { benchSettings, demoModel, writeSingleTurns } from './training-data'
import { option, report, rowOf } from './rows'

/** The first steps warm everything up. */
const skipped = 5
const folder = mkdtempSync(join(tmpdir(), 'tunesmith-bench-callback-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the progress callback costs next to nothing and waits for no GPU', async () => {
  const trainPath = join(folder, 'train.jsonl')
  const trainRows = writeSingleTurns(trainPath)
  const run = join(folder, 'run')
  const steps = option('rounds', 10) * 30
  await writeRun(run, testSpec({ model: { path: demoModel }, data: { trainPath, trainRows }, settings: { ...benchSettings, length: { kind: 'steps', steps } } }))
  const output = await runPython([join(import.meta.dirname, 'callback_cost.py'), run])
  const seen = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as { step_ms: number[]; loop_ms: number[]; waits: string[] }
  expect(seen.step_ms).toHaveLength(steps - 1)
  const costs = seen.step_ms.slice(skipped)
  report(
    rowOf({ figure: 'Event callback, in a step of the real loop', bound: 'at most 0.25 ms', unit: 'ms' }, costs, (median) => median <= 0.25, { p95: true }),
    rowOf({ figure: 'Event callback: calls of its own that could wait for a GPU', bound: 'none', unit: 'calls' }, [seen.waits.length], (median) => median === 0),
    rowOf({ figure: 'A step of that loop', bound: null, unit: 'ms' }, seen.loop_ms.slice(skipped), null),
  )
})
