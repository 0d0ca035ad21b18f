import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { importFile } from '../../electron/datasets/import-file'
import { report, rowOf } from './rows'

/**
 * Importing a dataset: read, checked, converted, split and written twice. What an import holds is one chunk, one record and 8 bytes
 * a row (twice more while they are sorted), so a file of 1 GB with a million rows takes 24 MB more than a small one. Shown here by
 * two sizes: memory over the baseline must not grow with the file but for that.
 */
const megabytes = { small: 40, large: 320 }
const bounds = { growthMb: 64 }
const folder = mkdtempSync(join(tmpdir(), 'tunesmith-bench-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function makeFile(path: string, sizeMb: number, asArray: boolean): Promise<void> {
  const file = createWriteStream(path)
  if (asArray) file.write('[\n')
  let bytes = 0
  for (let row = 0; bytes < sizeMb * 1e6; row += 1) {
    const words = `word${row} `.repeat(60)
    const text = `${asArray && row > 0 ? ',\n' : ''}${JSON.stringify({ messages: [{ role: 'user', content: `Question ${row}: ${words}` }, { role: 'assistant', content: words }] })}${asArray ? '' : '\n'}`
    bytes += text.length
    if (!file.write(text)) await once(file, 'drain')
  }
  if (asArray) file.write('\n]\n')
  file.end()
  await once(file, 'close')
}

/** Seconds, and the peak of resident memory over what the process had before, in MB. */
async function measure(path: string): Promise<{ readonly seconds: number; readonly peakMb: number }> {
  globalThis.gc?.()
  const baseline = process.memoryUsage.rss()
  let peak = baseline
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const started = performance.now()
  const result = await importFile({ source: path, evaluation: null, folder: join(folder, 'out'), split: { seed: 42, share: 0.1, atLeast: 1 }, signal: new AbortController().signal, onProgress: look })
  look()
  const seconds = (performance.now() - started) / 1000
  rmSync(join(folder, 'out'), { recursive: true })
  expect(result).toMatchObject({ kind: 'imported', report: { issues: [] } })
  return { seconds, peakMb: (peak - baseline) / 1e6 }
}

it('imports in flat memory', async () => {
  for (const asArray of [false, true]) {
    const path = join(folder, 'source')
    await makeFile(path, megabytes.small, asArray)
    await measure(path)
    const small = await measure(path)
    await makeFile(path, megabytes.large, asArray)
    const large = await measure(path)
    const kind = asArray ? 'JSON array' : 'JSONL'
    const growth = large.peakMb - small.peakMb
    report(
      rowOf({ figure: `import of ${kind}, ${megabytes.large} MB`, bound: null, unit: 'MB/s' }, [megabytes.large / large.seconds], null),
      rowOf({ figure: `memory that an import of ${kind} takes over the baseline, ${megabytes.large} MB`, bound: null, unit: 'MB' }, [large.peakMb], null),
      rowOf({ figure: `more of it than for ${megabytes.small} MB of ${kind}`, bound: `at most ${bounds.growthMb} MB`, unit: 'MB' }, [growth], (value) => value <= bounds.growthMb),
    )
    expect(growth).toBeLessThanOrEqual(bounds.growthMb)
  }
})
