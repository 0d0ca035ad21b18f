import type { PromptMessage } from '../../../electron/inference/inference-worker'
import type { Answerer, Inference, InferencePlace } from '../../../electron/services/inference'

/** What the fake answers for an adapter (null: the base) and a prompt. */
export type FakeAnswers = (adapter: string | null, prompt: string) => string

/** An inference service without a model: answers from a function, counts, and can be held before each answer. */
export interface FakeInference extends Inference {
  readonly asked: string[]
  place: InferencePlace
  /** While set, an answer waits for it. */
  gate: Promise<void> | null
}

export function createFakeInference(answers: FakeAnswers): FakeInference {
  const asked: string[] = []
  const lastOf = (messages: readonly PromptMessage[]): string => messages.at(-1)?.content ?? ''
  const worker: Answerer = {
    alive: true,
    load: () => Promise.resolve({ dtype: 'float32', loadMs: 1 }),
    async generate(adapter, messages, _sampling, _onToken, signal) {
      asked.push(`${adapter ?? 'base'}: ${lastOf(messages)}`)
      await fake.gate
      if (signal?.aborted === true) return { text: '', tokens: 0, firstTokenMs: 1, totalMs: 1, stopped: 'stopped' }
      const text = answers(adapter, lastOf(messages))
      return { text, tokens: text.length, firstTokenMs: 2, totalMs: 10, stopped: 'end-of-turn' }
    },
    score: (adapter, _messages, reference) => Promise.resolve({ nll: adapter === null ? 2 : 1, tokens: reference.length }),
    merge: () => Promise.reject(new Error('the fake merges nothing')),
    close: () => Promise.resolve(),
  }
  const fake: FakeInference = {
    asked, place: { device: { kind: 'cpu', threads: 1 }, name: 'CPU', note: null }, gate: null,
    run: (work) => work(worker, fake.place),
    with: (_base, _precision, work) => work(worker, fake.place),
    busy: () => [],
    release: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  return fake
}
