import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, isErrno } from '../shared/app-error'
import type { ComparisonId, ModelId } from '../shared/ids'
import type { MainPort } from '../shared/main-port'
import { renderReport } from '../codegen/render-report'
import type { Services } from './compose'
import { fileName } from './job-files'
import type { Push } from './windows'

/** Files that leave the app: merged models, reports and the ledger. */
export function createLibraryFiles(services: Services, main: MainPort, push: Push) {
  const { models, inference, comparisons, stores } = services

  return {
    async sizeOf(path: string): Promise<number | null> {
      const entry = await stat(path)
      return entry.isFile() ? entry.size : null
    },

    /** Folds an adapter into its base, as one folder of safetensors where the user says. */
    async saveMerged(modelId: ModelId): Promise<{ readonly path: string } | null> {
      const model = models.get(modelId)
      if (model.kind !== 'adapter') throw new AppError('MODEL_UNUSABLE', `${model.name} is a whole model already`)
      const parent = await main.openDialog({ title: 'Choose where to save the merged model', kind: 'folder', extensions: [] })
      if (parent === null) return null
      const path = await newFolder(parent, `${fileName(model.name)}-merged`)
      push('models.mergeProgress', { modelId, message: 'Merging', doneRatio: null })
      try {
        await inference.run((worker) => worker.merge(models.rootOf(model).path, model.path, path))
      } catch (error) {
        await rm(path, { recursive: true, force: true })
        throw error
      } finally {
        push('models.mergeProgress', { modelId, message: 'Done', doneRatio: 1 })
      }
      return { path }
    },

    /** The whole ledger as a table for a spreadsheet. */
    async saveLedger(): Promise<{ readonly path: string } | null> {
      const path = await main.saveDialog({ title: 'Save the ledger', defaultName: 'tunesmith-costs.csv', extension: 'csv' })
      if (path === null) return null
      await writeFile(path, services.money.csv())
      return { path }
    },

    /** One HTML file, readable offline: verdicts, scores and every answer side by side. */
    async saveReport(comparisonId: ComparisonId): Promise<{ readonly path: string } | null> {
      const comparison = comparisons.get(comparisonId)
      const path = await main.saveDialog({ title: 'Save the report', defaultName: `${fileName(comparison.name)}.html`, extension: 'html' })
      if (path === null) return null
      const curves = comparison.modelIds.flatMap((id) => {
        const model = stores.models.get(id)
        if (model === null || model.jobId === null || stores.jobs.find(model.jobId) === null) return []
        const { step, evalLoss } = stores.metrics.evalPoints(stores.jobs.rowOf(model.jobId))
        return [{ name: model.name, step: [...step], evalLoss: [...evalLoss] }]
      })
      const names = Object.fromEntries(comparison.modelIds.map((id) => [id, stores.models.get(id)?.name ?? id]))
      await writeFile(path, renderReport({ comparison, names, curves, ...comparisons.answers(comparisonId) }))
      return { path }
    },
  }
}

/** Makes a folder of this name, with a number behind it where one is there already: what the user saved before stays. */
async function newFolder(parent: string, name: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`)
    try {
      await mkdir(path)
      return path
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
  }
}
