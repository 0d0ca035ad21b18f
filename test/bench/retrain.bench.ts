import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootstrapDifference } from '../../electron/domain/statistics'
import type { ComparisonSummary, PairResult } from '../../electron/shared/comparison'
import type { JobId, ModelId } from '../../electron/shared/ids'
import type { JobDetail } from '../../electron/shared/job'
import type { JobRequest, TrainingSettings } from '../../electron/shared/job-spec'
import { compareOn, healthyRun, spoiltPlace, spoiltRequest, spoiltRuns } from '../support/spoilt-runs'
import type { SpoiltPlace, SpoiltRun } from '../support/spoilt-runs'
import { repository, startEngine, useTestPython } from '../support/start-engine'
import type { TestEngine } from '../support/start-engine'
import { testPython } from '../support/test-python'
import { report, rowOf } from './rows'

/**
 * Runs that are spoilt on purpose, then the run that the app proposes after each, both really trained on the CPU through the engine and
 * compared on prompts that neither was trained on. With BENCH_FIXTURES=1 the events of the first runs go to test/fixtures/retrain.
 */
const keepFixtures = process.env['BENCH_FIXTURES'] === '1'
const fixtures = join(repository, 'test', 'fixtures', 'retrain')
const minutes = 60_000

let engine: TestEngine
let place: SpoiltPlace
const beaten = new Map<string, boolean>()

beforeAll(async () => {
  engine = await startEngine()
  await useTestPython(engine)
  place = await spoiltPlace(engine)
}, 5 * minutes)
afterAll(() => engine.close())

async function train(created: { readonly jobId: JobId } | { readonly refused: readonly unknown[] }): Promise<JobDetail> {
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return engine.jobEnds(created.jobId, 10 * minutes)
}
function outputOf({ outputModelId, end, job }: JobDetail): ModelId {
  if (outputModelId === null) throw new Error(`${job.name} ${job.state}, without a model: ${end?.lastLines.join('\n') ?? ''}`)
  return outputModelId
}

/** What the unit tests of the rules read: the events as the run wrote them, with this machine's paths taken out. */
async function keep(spoilt: Omit<SpoiltRun, 'finding'> & { readonly finding?: SpoiltRun['finding'] }, detail: JobDetail, usual: TrainingSettings, compared: ComparisonSummary | null): Promise<void> {
  if (!keepFixtures || detail.runFolder === null) return
  const name = spoilt.finding ?? 'healthy'
  const events = readFileSync(join(detail.runFolder, 'events.jsonl'), 'utf8')
    .replaceAll(detail.runFolder, '/home/user/run').replaceAll(dirname(dirname(testPython())), '/home/user/env').replaceAll(repository, '/home/user/tunesmith')
  mkdirSync(join(fixtures, name), { recursive: true })
  writeFileSync(join(fixtures, name, 'events.jsonl'), events)
  const { settings } = detail.request
  const run = { how: spoilt.name, state: detail.job.state, cause: detail.job.cause?.kind ?? null, trainRows: detail.trainRows, evalRows: detail.evalRows, settings, usual, scores: compared?.scores ?? [], pairs: compared?.pairs ?? [] }
  writeFileSync(join(fixtures, name, 'run.json'), `${JSON.stringify(run, null, 2)}\n`)
}

/**
 * The sign test of the comparison says so; or it does not say the contrary, and the references are surely likelier: the 95% interval of the
 * difference of their mean negative log likelihoods, prompt by prompt, lies below 0.
 */
async function beats(comparison: ComparisonSummary, pair: PairResult): Promise<boolean> {
  const { answers } = await engine.request('comparisons.answers', { comparisonId: comparison.id })
  const nll = (id: ModelId): number[] => answers.filter(({ modelId }) => modelId === id).toSorted((a, b) => a.index - b.index).map(({ referenceNll }) => referenceNll ?? NaN)
  return pair.verdict === 'better' || (pair.verdict !== 'worse' && bootstrapDifference(nll(pair.candidateModelId), nll(pair.baseModelId)).high < 0)
}

const seconds = ({ job }: JobDetail): string => (((job.finishedAtMs ?? NaN) - (job.startedAtMs ?? NaN)) / 1000).toFixed(0)

describe('a run that is spoilt on purpose, and the one proposed after it', () => {
  it.each(spoiltRuns)('$finding: $name', async (spoilt) => {
    const { request, usual } = await spoiltRequest(engine, place, spoilt)
    const first = await train(await engine.request('jobs.create', request))
    // Forgetting shows in a comparison alone; the other proposals come from the curves.
    const seen = spoilt.finding === 'forgetting' ? await compareOn(engine, place, spoilt.prompts, [place.modelId, outputOf(first)]) : null
    await keep(spoilt, first, usual, seen)
    const proposal = await engine.request('jobs.proposal', { jobId: first.job.id })
    console.log(`${spoilt.name}: ${first.job.state} in ${seconds(first)} s\n  ${proposal.findings.map(({ kind, evidence }) => `${kind}: ${evidence}`).join('\n  ')}\n  ${proposal.note ?? proposal.changes.map(({ field, from, to }) => `${field} ${JSON.stringify(from)} -> ${JSON.stringify(to)}`).join(', ')}`)
    expect(proposal.findings[0]?.kind).toBe(spoilt.finding)
    const second = await train(await engine.request('jobs.createFrom', { request: proposal.request as JobRequest, basedOn: first.job.id }))
    expect(second.job).toMatchObject({ state: 'succeeded', basedOn: first.job.id })
    const ids = [outputOf(first), outputOf(second)]
    const compared = await compareOn(engine, place, spoilt.prompts, ids)
    const pair = compared.pairs.find(({ baseModelId, candidateModelId }) => baseModelId === ids[0] && candidateModelId === ids[1])
    if (pair === undefined) throw new Error('the two runs were not compared')
    const won = await beats(compared, pair)
    beaten.set(spoilt.name, won)
    const score = (id: ModelId | undefined): ComparisonSummary['scores'][number] | undefined => compared.scores.find(({ modelId }) => modelId === id)
    const words = ids.map((id) => `${score(id)?.right ?? 0} of ${compared.promptCount} right, perplexity ${(score(id)?.perplexity ?? NaN).toFixed(3)}`)
    console.log(`  spoilt ${words[0] ?? ''}; proposed (${seconds(second)} s) ${words[1] ?? ''}: ${pair.verdict}, ${won ? 'beats it' : 'does not beat it'}`)
    report(
      rowOf({ figure: `Retrain after ${spoilt.finding} (${spoilt.name}): exact match, proposed less spoilt`, bound: null, unit: 'points', peer: 'the spoilt run' }, [pair.differencePoints], null),
      rowOf({ figure: `Retrain after ${spoilt.finding}: perplexity of the references, proposed / spoilt`, bound: null, unit: 'ratio', peer: 'the spoilt run' }, [(score(ids[1])?.perplexity ?? NaN) / (score(ids[0])?.perplexity ?? NaN)], null),
    )
  }, 30 * minutes)

  it('leaves a run with the usual settings alone', async () => {
    const { request, usual } = await spoiltRequest(engine, place, healthyRun)
    const run = await train(await engine.request('jobs.create', request))
    await keep(healthyRun, run, usual, null)
    const proposal = await engine.request('jobs.proposal', { jobId: run.job.id })
    console.log(`${healthyRun.name}: ${proposal.findings.map(({ evidence }) => evidence).join(' ')} ${proposal.note ?? ''}`)
    expect(proposal).toMatchObject({ findings: [], request: null })
  }, 30 * minutes)

  it('counts those that were beaten', () => {
    const count = [...beaten.values()].filter(Boolean).length
    report(rowOf({ figure: 'Proposed runs that beat the spoilt one on held-out prompts', bound: '>= 4 of 5', unit: 'of 5', peer: 'the spoilt run' }, [count], (median) => median >= 4))
    expect(beaten.size).toBe(spoiltRuns.length)
    expect(count).toBeGreaterThanOrEqual(4)
  })
})
