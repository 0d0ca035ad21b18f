import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../shared/app-error'
import type { JobId } from '../shared/ids'
import { JobSpec } from '../shared/job-spec'
import type { JobRequest } from '../shared/job-spec'
import type { MainPort } from '../shared/main-port'
import { metricNames } from '../shared/metric-names'
import { csvText } from '../codegen/csv-text'
import { renderRun } from '../codegen/render-run'
import { plainConsole } from '../parsing/console-text'
import { loadTemplates } from '../process/templates'
import { readTail, runPath } from '../process/run-folder'
import type { RunFile } from '../process/run-folder'
import type { Services } from './compose'

/** What a viewer gets of one file; the rest stays in the run folder. */
const SHOWN_BYTES = 2 * 1024 * 1024
const CSV_PAGE = 20_000

const files = { script: 'script', spec: 'spec', events: 'events', console: 'console' } as const satisfies Record<string, RunFile>

/** Files of runs: looking at them, saving curves, taking up a run folder from elsewhere. */
export function createJobFiles(services: Services, main: MainPort) {
  const { stores } = services

  const csvOf = async (path: string, jobIds: readonly JobId[]): Promise<void> => {
    const file = await open(path, 'w')
    try {
      await file.writeFile(`run,step,epoch,time,${metricNames.join(',')}\n`)
      for (const jobId of jobIds) {
        const { name } = stores.jobs.summary(jobId)
        const row = stores.jobs.rowOf(jobId)
        for (let after = -1; ;) {
          const page = stores.metrics.tail(row, after, CSV_PAGE)
          await file.writeFile(csvLines(csvText(name), page))
          after = page.lastSeq
          if (!page.more) break
        }
      }
    } finally {
      await file.close()
    }
  }

  return {
    /** The script and spec that a request would run with, on the device it would get if everything were free. */
    async preview(request: JobRequest): Promise<{ readonly script: string; readonly spec: string }> {
      const [model, data, hardware] = await Promise.all([services.models.planned(request), services.datasets.planned(request.datasetId), services.hardware.state()])
      const rendered = renderRun({
        schemaVersion: 1, jobId: services.ids.job(), name: request.name, createdAtMs: 0, backend: request.backend, objective: { kind: 'sft' }, model: model.spec, data,
        settings: request.settings, device: services.deviceOf(request, hardware), resume: null, cloud: request.cloud,
      }, await loadTemplates(services.templatesFolder))
      return { script: rendered['train.py'] ?? '', spec: rendered['job.json'] ?? '' }
    },

    async read(jobId: JobId, file: keyof typeof files): Promise<{ readonly text: string; readonly truncated: boolean }> {
      const { runFolder } = stores.jobs.record(jobId)
      if (runFolder === null) return { text: '', truncated: false }
      const text = await readTail(runPath(runFolder, files[file]), SHOWN_BYTES)
      return { text: file === 'console' ? plainConsole(text) : text, truncated: Buffer.byteLength(text) > SHOWN_BYTES - 64 * 1024 && (file === 'events' || file === 'console') }
    },

    async saveCsv(jobIds: readonly JobId[]): Promise<{ readonly path: string } | null> {
      const first = jobIds[0]
      const name = jobIds.length === 1 && first !== undefined ? stores.jobs.summary(first).name : `${jobIds.length} runs`
      const path = await main.saveDialog({ title: 'Save curves', defaultName: `${fileName(name)}.csv`, extension: 'csv' })
      if (path === null) return null
      await csvOf(path, jobIds)
      return { path }
    },

    async savePng(name: string, png: Uint8Array): Promise<{ readonly path: string } | null> {
      const path = await main.saveDialog({ title: 'Save the chart', defaultName: `${fileName(name)}.png`, extension: 'png' })
      if (path === null) return null
      await writeFile(path, png)
      return { path }
    },

    /** Adds a run folder that another installation made, or that was removed from the list, with its whole curve. */
    async importFolder(folder: string): Promise<{ readonly jobId: JobId } | { readonly problem: string }> {
      let text: string
      try {
        text = await readFile(join(folder, 'job.json'), 'utf8')
      } catch (error) {
        return { problem: `This is not a run folder: ${messageOf(error)}` }
      }
      const spec = JobSpec.safeParse(safeJson(text))
      if (!spec.success) return { problem: `job.json is not one that Tunesmith wrote: ${spec.error.issues[0]?.message ?? ''}` }
      return { jobId: await services.runs.adopt(spec.data, folder, services.ids.job()) }
    },
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function csvLines(name: string, page: { readonly step: Float64Array; readonly epoch: Float64Array; readonly tMs: Float64Array; readonly values: Readonly<Record<string, Float64Array | undefined>> }): string {
  let text = ''
  for (let i = 0; i < page.step.length; i += 1) {
    const values = metricNames.map((metric) => page.values[metric]?.[i] ?? Number.NaN).map((value) => (Number.isNaN(value) ? '' : String(value)))
    text += `${name},${page.step[i] ?? ''},${page.epoch[i] ?? ''},${new Date(page.tMs[i] ?? 0).toISOString()},${values.join(',')}\n`
  }
  return text
}

/** A name that every system takes for a file. */
export function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N} ._-]/gu, '_').replace(/[. ]+$/, '').slice(0, 80) || 'run'
}

