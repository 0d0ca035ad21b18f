import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DatasetId, JobId, ModelId } from '../../../electron/shared/ids'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { pick, startEngine, useTestPython } from '../../support/start-engine'
import type { TestEngine } from '../../support/start-engine'
import { runPython } from '../../support/training-run'

let engine: TestEngine
let modelId: ModelId
let datasetId: DatasetId
beforeAll(async () => {
  engine = await startEngine()
  await useTestPython(engine)
  ;({ datasetId } = await engine.request('datasets.addSample', undefined))
  modelId = (await engine.until('the demo model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo') ?? null)).id
}, 180_000)
afterAll(() => engine.close())

async function requestFor(backend: JobRequest['backend'], change: Partial<JobRequest['settings']>): Promise<JobRequest> {
  const { settings, name } = await engine.request('jobs.defaults', { modelId, datasetId, backend, method: null })
  return { name, backend, modelId, datasetId, device: { kind: 'cpu' }, settings: { ...settings, ...change }, cloud: null, budget: null }
}
async function start(request: JobRequest): Promise<JobId> {
  const created = await engine.request('jobs.create', request)
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}

describe('the main job without a window', () => {
  it('plans, trains, stores the whole curve and registers the adapter', async () => {
    const request = await requestFor('huggingface', { method: 'lora', length: { kind: 'steps', steps: 6 }, evaluateEverySteps: 3, checkpointEverySteps: 3 })
    const plan = await engine.request('jobs.plan', request)
    expect(plan.issues.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(plan.totalSteps).toBe(6)
    const jobId = await start(request)
    const { job, checkpoints, outputModelId, versions } = await engine.jobEnds(jobId)
    expect(job).toMatchObject({ state: 'succeeded', step: 6, totalSteps: 6 })
    expect(versions['trl']).toBe('1.13.0')
    expect(checkpoints.map(({ step, present }) => [step, present])).toEqual([[3, true], [6, true]])
    const points = await engine.request('metrics.tail', { jobId, afterSeq: -1, limit: 1000 })
    const losses = [...(points.values.loss ?? [])].filter((loss) => !Number.isNaN(loss))
    expect(losses).toHaveLength(6)
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0)
    const model = (await engine.request('models.list', undefined)).find(({ id }) => id === outputModelId)
    expect(model).toMatchObject({ kind: 'adapter', jobId, baseModelId: modelId })
  }, 180_000)

  it('compares the adapter with its base, stores every answer, and generates none of them twice', async () => {
    const adapter = (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'adapter')
    if (adapter === undefined) throw new Error('no adapter was registered')
    const compare = async () => {
      const { comparisonId } = await engine.request('comparisons.create', {
        name: null, modelIds: [adapter.id, modelId], prompts: { kind: 'dataset', datasetId, part: 'held-out', limit: 6 },
        sampling: { temperature: 0, topP: 1, maxNewTokens: 24, seed: 7 }, precision: 'float32',
      })
      return engine.until('the comparison ends', async () => {
        const seen = await engine.request('comparisons.get', { comparisonId })
        if (seen.state === 'failed') throw new Error(seen.error ?? 'failed')
        return seen.state === 'done' ? seen : null
      }, 120_000)
    }
    const first = await compare()
    expect(first).toMatchObject({ doneAnswers: 12, totalAnswers: 12, reusedAnswers: 0, leakedPrompts: 0 })
    expect(first.modelIds[0]).toBe(modelId)
    expect(first.scores.map(({ perplexity }) => perplexity !== null && perplexity > 1)).toEqual([true, true])
    const second = await compare()
    expect(second.reusedAnswers).toBe(12)
    expect(second.scores.map(({ rate, perplexity }) => [rate, perplexity])).toEqual(first.scores.map(({ rate, perplexity }) => [rate, perplexity]))
  }, 180_000)

  it('hands the result out: a report, a snippet that runs as it is, and a merged model that can be added, beside an earlier one', async () => {
    const models = await engine.request('models.list', undefined)
    const adapter = models.find(({ kind }) => kind === 'adapter')
    const comparison = (await engine.request('comparisons.list', undefined))[0]
    if (adapter === undefined || comparison === undefined) throw new Error('nothing to hand out')
    const reportPath = join(engine.home, 'report.html')
    engine.main.dialogs.push(reportPath)
    await engine.request('comparisons.saveReport', { comparisonId: comparison.id })
    expect(readFileSync(reportPath, 'utf8')).toContain('<svg')
    const saveMerged = () => (engine.main.dialogs.push(engine.home), engine.request('models.saveMerged', { modelId: adapter.id }))
    const [first, second] = [await saveMerged(), await saveMerged()]
    expect(second?.path).toBe(`${first?.path ?? ''}-2`)
    const added = await engine.request('models.addFolder', { token: (await pick(engine, 'model-folder', second?.path ?? '')).token })
    if ('problem' in added) throw new Error(added.problem)
    const { text } = await engine.request('models.snippet', { modelId: adapter.id })
    const snippet = join(engine.home, 'snippet.py')
    writeFileSync(snippet, text)
    expect((await runPython([snippet])).trim()).not.toBe('')
  }, 120_000)

  it('follows a run over a restart without losing or doubling a point', async () => {
    const jobId = await start(await requestFor('huggingface', { method: 'lora', length: { kind: 'steps', steps: 60 } }))
    await engine.until('the first steps are there', async () => ((await engine.request('jobs.get', { jobId })).job.step >= 3 ? true : null), 90_000)
    await engine.restart()
    const { job } = await engine.jobEnds(jobId)
    expect(job).toMatchObject({ state: 'succeeded', step: 60 })
    const points = await engine.request('metrics.tail', { jobId, afterSeq: -1, limit: 10_000 })
    const steps = [...points.step].filter((_, i) => !Number.isNaN(points.values.loss?.[i] ?? Number.NaN))
    expect(steps).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
  }, 240_000)
})
