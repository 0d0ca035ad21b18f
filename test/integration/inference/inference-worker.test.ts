import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { InferenceWorker } from '../../../electron/inference/inference-worker'
import type { PromptMessage } from '../../../electron/inference/inference-worker'
import { createInference } from '../../../electron/services/inference'
import type { Inference } from '../../../electron/services/inference'
import type { Precision } from '../../../electron/shared/comparison'
import { until } from '../../support/run-folders'
import { repository } from '../../support/start-engine'
import { testPython } from '../../support/test-python'
import { runPython, testPythonFolder } from '../../support/training-run'

type Name = 'base' | 'full' | 'bare' | 'a' | 'b'
interface Expected {
  readonly prompt: readonly PromptMessage[]
  readonly reference: string
  readonly maxNewTokens: number
  /** What the libraries alone say, see test/python/make_answers.py. */
  readonly answers: Readonly<Record<Name, { readonly text: string; readonly tokens: number; readonly stopped: string; readonly nll: number; readonly referenceTokens: number }>>
}

let folder: string
let expected: Expected
let inference: Inference
let workers: InferenceWorker[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith inference '))
  await runPython([join(testPythonFolder, 'make_answers.py'), join(repository, 'test', 'fixtures', 'models', 'tiny-llama'), folder])
  expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  workers = []
  inference = createInference({
    start(python, device) {
      const worker = new InferenceWorker({ python, script: join(repository, 'python-templates', 'inference_worker.py'), device, onLog: () => undefined })
      workers.push(worker)
      return worker
    },
    // Only this much of an environment matters here.
    environments: { forDevice: () => ({ pythonPath: testPython() }) as never },
    place: () => ({ device: { kind: 'cpu', threads: 1 }, name: 'CPU', note: null }),
    onIdle: () => undefined,
  })
}, 120_000)
afterAll(async () => {
  await inference.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string): string => join(folder, name)
const greedy = () => ({ temperature: 0, topP: 1, maxNewTokens: expected.maxNewTokens, seed: 1 })
const random = (seed: number, maxNewTokens = 24) => ({ temperature: 3, topP: 0.95, maxNewTokens, seed })
const isAdapter = (name: string): boolean => ['a', 'b', 'wrong'].includes(name)
const baseOf = (name: string): string => at(isAdapter(name) ? 'base' : name)
const adapterOf = (name: string): string | null => (isAdapter(name) ? at(name) : null)

const generate = (name: string, sampling = greedy(), precision: Precision = 'float32', onToken: ((text: string) => void) | null = null, signal?: AbortSignal) =>
  inference.with(baseOf(name), precision, (worker) => worker.generate(adapterOf(name), expected.prompt, sampling, onToken, signal))
const score = (name: string, precision: Precision = 'float32') => inference.with(baseOf(name), precision, (worker) => worker.score(adapterOf(name), expected.prompt, expected.reference))

/** Both the greedy answer and the likelihood, against the libraries' own. */
async function expectAnswersOf(name: Name): Promise<void> {
  const { text, tokens, stopped, nll, referenceTokens } = expected.answers[name]
  expect(await generate(name)).toMatchObject({ text, tokens, stopped })
  const scored = await score(name)
  expect(scored.tokens).toBe(referenceTokens)
  expect(scored.nll).toBeCloseTo(nll, 5)
}

describe('the inference worker', () => {
  it('answers and scores as the libraries do, base, adapters and a whole tuned model, in any order: an adapter that stays on would change its base', async () => {
    expect(new Set(Object.values(expected.answers).map(({ nll }) => nll)).size).toBe(5)
    for (const name of ['base', 'a', 'b', 'base', 'a', 'full', 'base', 'b'] as const) await expectAnswersOf(name)
    expect(workers).toHaveLength(1)
  })

  it('asks a base without a chat template with the bare text', () => expectAnswersOf('bare'))

  it('streams the answer piece by piece, and the pieces are the answer', async () => {
    const pieces: string[] = []
    const { text, firstTokenMs, totalMs } = await generate('base', greedy(), 'float32', (piece) => pieces.push(piece))
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.join('')).toBe(text)
    expect(firstTokenMs).toBeGreaterThan(0)
    expect(totalMs).toBeGreaterThanOrEqual(firstTokenMs)
  })

  it('shows no half of a character that spans tokens', () =>
    runPython(['-c', `
import inference_worker
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(${JSON.stringify(at('base'))})
text = "na\u00efve \u65e5\u672c\u8a9e \U0001f99c and  two spaces"
decoder = inference_worker.StreamDecoder(tokenizer)
tokens = tokenizer(text)["input_ids"]
pieces = [decoder.add(token) for token in tokens]
assert "".join(pieces) == text and "" in pieces and not any("\ufffd" in piece for piece in pieces), pieces
`], { env: { PYTHONPATH: join(repository, 'python-templates'), PYTHONDONTWRITEBYTECODE: '1' } }))

  it('samples the same text from the same seed, and another from another', async () => {
    const first = await generate('base', random(11))
    expect((await generate('base', random(11))).text).toBe(first.text)
    expect((await generate('base', random(12))).text).not.toBe(first.text)
  })

  it('loads a base in 4 bits on the CPU: near the whole one, and not the same', async () => {
    const { nll } = await score('a', 'nf4')
    expect(nll).not.toBe(expected.answers.a.nll)
    expect(Math.abs((nll ?? 99) - expected.answers.a.nll)).toBeLessThan(0.5)
    expect((await generate('a', greedy(), 'nf4')).tokens).toBeGreaterThan(0)
  })

  it('stops between two tokens, and the next answer is whole', async () => {
    const abort = new AbortController()
    const stopped = await generate('base', random(3, 2000), 'float32', () => abort.abort(), abort.signal)
    expect(stopped.stopped).toBe('stopped')
    expect(stopped.tokens).toBeLessThan(100)
    await expectAnswersOf('base')
  })

  it('outlives a request that fails, and half an adapter does not stay in the base', async () => {
    await expectAnswersOf('base')
    await expect(generate('wrong')).rejects.toMatchObject({ code: 'INFERENCE_FAILED', message: expect.stringContaining('size mismatch') as string })
    await expectAnswersOf('base')
    await expect(inference.with(at('nowhere'), 'float32', (worker) => worker.generate(null, expected.prompt, greedy(), null))).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    await expectAnswersOf('base')
    expect(workers).toHaveLength(1)
  })

  it('merges an adapter into a model that answers the same', async () => {
    await inference.run((worker) => worker.merge(at('base'), at('a'), at('merged')))
    const merged = await inference.with(at('merged'), 'float32', async (worker) => [await worker.generate(null, expected.prompt, greedy(), null), await worker.score(null, expected.prompt, expected.reference)] as const)
    expect(merged[0].text).toBe(expected.answers.a.text)
    expect(merged[1].nll).toBeCloseTo(expected.answers.a.nll, 5)
  })
})

describe('a worker that dies', () => {
  afterEach(() => expect(workers.length).toBeGreaterThan(1))

  it('fails the request that it had, and the next one gets a new worker', async () => {
    const tokens: string[] = []
    const doomed = generate('base', random(3, 2000), 'float32', (text) => tokens.push(text))
    const failure = expect(doomed).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    await until('it answers', () => tokens.length > 0)
    process.kill(workers.at(-1)?.pid ?? 0, 'SIGKILL')
    await failure
    await expectAnswersOf('a')
    expect(workers).toHaveLength(2)
  })
})
