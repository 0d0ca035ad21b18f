import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Output } from '../../electron/shared/requests'
import type { FindingKind } from '../../electron/shared/retrain'
import type { DatasetId, ModelId } from '../../electron/shared/ids'
import type { JobRequest, TrainingSettings } from '../../electron/shared/job-spec'
import { pick, repository } from './start-engine'
import type { TestEngine } from './start-engine'

/** A run of the demo model that is spoilt on purpose in one way, and what the app should find in it. */
export interface SpoiltRun {
  readonly name: string
  readonly finding: FindingKind
  /** `few`: 16 rows of the sample, all on capitals; 48 others, on everything, to evaluate with. */
  readonly data: 'sample' | 'few'
  /** `formats`: what the base was made for and the sample does not ask. The run is compared there before its proposal is asked for. */
  readonly prompts: 'held-out' | 'formats'
  readonly settings: Partial<TrainingSettings>
}

const all: Partial<TrainingSettings> = { method: 'lora', evaluateEverySteps: 10, checkpointEverySteps: 1000 }

/** Five ways to spoil a run. Each takes well under a minute on one core. */
export const spoiltRuns: readonly SpoiltRun[] = [
  { name: 'too many epochs on few rows', finding: 'overfitting', data: 'few', prompts: 'held-out', settings: { ...all, length: { kind: 'epochs', epochs: 50 }, learningRate: 8e-3, schedule: 'constant', evaluateEverySteps: 6 } },
  { name: 'too few steps', finding: 'underfitting', data: 'sample', prompts: 'held-out', settings: { ...all, length: { kind: 'steps', steps: 24 }, learningRate: 1.2e-3, evaluateEverySteps: 4 } },
  { name: 'far too high a rate', finding: 'divergence', data: 'sample', prompts: 'held-out', settings: { ...all, length: { kind: 'epochs', epochs: 2 }, learningRate: 0.3, warmupRatio: 0, maxGradNorm: 0 } },
  { name: 'rank 1 at a constant tiny rate', finding: 'plateau', data: 'sample', prompts: 'held-out', settings: { ...all, length: { kind: 'epochs', epochs: 2 }, learningRate: 1e-5, schedule: 'constant', warmupRatio: 0, rank: 1, alpha: 1 } },
  { name: 'what the base knew is overwritten', finding: 'forgetting', data: 'sample', prompts: 'formats', settings: { ...all, length: { kind: 'epochs', epochs: 3 }, learningRate: 1e-2, rank: 64, alpha: 128 } },
]

/** A run with the app's own settings, in which nothing should be found. */
export const healthyRun: Omit<SpoiltRun, 'finding'> = { name: 'the usual settings', data: 'sample', prompts: 'held-out', settings: { method: 'lora' } }

/** The model and the data of the spoilt runs in an engine. */
export interface SpoiltPlace {
  readonly modelId: ModelId
  readonly data: Readonly<Record<SpoiltRun['data'], DatasetId>>
  readonly prompts: Readonly<Record<SpoiltRun['prompts'], { readonly datasetId: DatasetId; readonly part: 'eval' | 'held-out' }>>
}

interface Row {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}
const sampleRows = (file: string): Row[] =>
  readFileSync(join(repository, 'resources', 'sample-data', file), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Row)
const oneTurn = ({ messages }: Row): boolean => messages.length === 2

/** Formats that the demo model was made with, by their system prompt (scripts/demo-model/corpus.py). */
const formats: readonly (readonly [system: string, write: (sentence: string) => string])[] = [
  ['Start with sure.', (sentence) => `Sure! ${sentence}`],
  ['End with a thank you.', (sentence) => `${sentence} Thank you!`],
  ['Be polite.', (sentence) => `Dear friend! ${sentence} Have a nice day!`],
  ['Answer in quotes.', (sentence) => `"${sentence}"`],
]
const plainOf = (answer: string): string => answer.replace(/^Arr! /, '').replace(/ Aye, matey!$/, '')

/** The held-out questions, each in one of the base's own formats. */
function formatRows(): Row[] {
  return sampleRows('held-out.jsonl').filter(oneTurn).map(({ messages: [question, answer] }, index) => {
    const [system, write] = formats[index % formats.length] ?? ['', plainOf]
    return { messages: [{ role: 'system', content: system }, { role: 'user', content: question?.content ?? '' }, { role: 'assistant', content: write(plainOf(answer?.content ?? '')) }] }
  })
}

/** Brings the data into an engine whose Python is ready. */
export async function spoiltPlace(engine: TestEngine): Promise<SpoiltPlace> {
  const write = (name: string, rows: readonly Row[]): string => {
    const path = join(engine.home, name)
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return path
  }
  const bringIn = async (name: string, train: readonly Row[], evaluation: readonly Row[]): Promise<DatasetId> => {
    const token = (await pick(engine, 'dataset', write(`${name}.jsonl`, train))).token
    const imported = await engine.request('datasets.import', { token, evaluation: (await pick(engine, 'evaluation', write(`${name}-evaluation.jsonl`, evaluation))).token })
    if (imported.kind !== 'imported') throw new Error(JSON.stringify(imported))
    return imported.dataset.id
  }
  const rows = sampleRows('pirate-answers.jsonl').filter(oneTurn)
  const { datasetId: sample } = await engine.request('datasets.addSample', undefined)
  const capitals = rows.filter(({ messages }) => messages[1]?.content.includes('capital'))
  const few = await bringIn('few', capitals.slice(0, 16), rows.filter((row) => !capitals.slice(0, 16).includes(row)).slice(0, 48))
  const general = await bringIn('formats', rows.slice(0, 8), formatRows())
  const model = (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo')
  if (model === undefined) throw new Error('the demo model is missing')
  return { modelId: model.id, data: { sample, few }, prompts: { 'held-out': { datasetId: sample, part: 'held-out' }, formats: { datasetId: general, part: 'eval' } } }
}

/** The request of a spoilt run: the app's own settings, with what spoils them. */
export async function spoiltRequest(engine: TestEngine, place: SpoiltPlace, { name, data, settings }: Omit<SpoiltRun, 'finding'>): Promise<{ readonly request: JobRequest; readonly usual: TrainingSettings }> {
  const { settings: usual } = await engine.request('jobs.defaults', { modelId: place.modelId, datasetId: place.data[data], backend: 'huggingface', method: 'lora' })
  return { usual, request: { name, backend: 'huggingface', modelId: place.modelId, datasetId: place.data[data], device: { kind: 'cpu' }, settings: { ...usual, ...settings }, cloud: null, budget: null } }
}

/** Runs a comparison of these models on the prompts of a spoilt run to its end. */
export async function compareOn(engine: TestEngine, place: SpoiltPlace, prompts: SpoiltRun['prompts'], modelIds: readonly ModelId[], limit = 80): Promise<Output<'comparisons.get'>> {
  const { comparisonId } = await engine.request('comparisons.create', {
    name: null, modelIds: [...modelIds], prompts: { kind: 'dataset', ...place.prompts[prompts], limit },
    sampling: { temperature: 0, topP: 1, maxNewTokens: 28, seed: 7 }, precision: 'float32',
  })
  return engine.until('the comparison ends', async () => {
    const seen = await engine.request('comparisons.get', { comparisonId })
    if (seen.state === 'failed' || seen.state === 'cancelled') throw new Error(seen.error ?? seen.state)
    return seen.state === 'done' ? seen : null
  }, 600_000)
}
