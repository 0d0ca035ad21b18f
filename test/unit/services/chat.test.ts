import { describe, expect, it } from 'vitest'
import { createChat } from '../../../electron/services/chat'
import type { Pushes } from '../../../electron/shared/requests'
import type { ModelSummary } from '../../../electron/shared/model'
import type { AnswerRemotely } from '../../../electron/services/comparisons'
import { until } from '../../support/run-folders'
import { connectionId, modelId } from '../storage/storage-fixtures'
import { createFakeInference } from './fake-inference'

const base = { id: modelId(1), kind: 'folder', path: '/base', baseModelId: null, remote: null } as ModelSummary
const tuned = { id: modelId(2), kind: 'adapter', path: '/tuned', baseModelId: base.id, remote: null } as ModelSummary
const remote = { id: modelId(3), kind: 'remote', path: '', baseModelId: null, remote: { connectionId: connectionId(1), name: 'gpt-tiny', deployment: null, shutdownDate: null } } as ModelSummary
const sampling = { temperature: 0, topP: 1, maxNewTokens: 8, seed: 1 }
const question = [{ role: 'user' as const, content: 'Hi' }]

/** Answers in two pieces, as a service does that streams. */
const answerRemotely: AnswerRemotely = (model, _messages, _sampling, { onToken }) => {
  onToken?.('from ')
  onToken?.(model.name)
  return Promise.resolve({ text: `from ${model.name}`, tokens: 2, promptTokens: 5, firstTokenMs: 3, totalMs: 9, stopped: 'end-of-turn' })
}

function setUp(answers: (adapter: string | null) => string) {
  const inference = createFakeInference(answers)
  const ends: Pushes['chat.end'][] = []
  const chat = createChat({
    models: { get: (id) => [tuned, remote].find((model) => model.id === id) ?? base, rootOf: () => base }, inference, answerRemotely, onToken: () => undefined, onEnd: (end) => ends.push(end),
  })
  const endOf = (replyId: number) => until('the answer ends', () => ends.find((end) => end.replyId === replyId))
  return { chat, inference, endOf }
}

describe('chat', () => {
  it('answers with the base or with the adapter on it, and says where and why there', async () => {
    const { chat, inference, endOf } = setUp((adapter) => adapter ?? 'base')
    inference.place = { device: { kind: 'cpu', threads: 1 }, name: 'CPU', note: 'Uses the CPU, because a run holds the GPU.' }
    expect(await endOf(chat.send(tuned.id, question, sampling, 'float32'))).toMatchObject({ stopped: 'end-of-turn', error: null, device: 'CPU. Uses the CPU, because a run holds the GPU.' })
    await endOf(chat.send(base.id, question, sampling, 'float32'))
    expect(inference.asked).toEqual(['/tuned: Hi', 'base: Hi'])
  })

  it('lets a service answer for its own model, and starts no worker for it (catches a chat that needs Python for a remote model)', async () => {
    const { chat, inference, endOf } = setUp(() => 'never')
    expect(await endOf(chat.send(remote.id, question, sampling, 'float32'))).toMatchObject({ tokens: 2, error: null, device: 'a service, as gpt-tiny' })
    expect(inference.asked).toEqual([])
  })

  it('ends a stopped answer as stopped, and a failed one with its reason', async () => {
    const { chat, inference, endOf } = setUp(() => {
      throw new Error('out of memory')
    })
    let open = (): void => undefined
    inference.gate = new Promise((resolve) => (open = resolve))
    const stopped = chat.send(base.id, question, sampling, 'float32')
    await until('it answers', () => inference.asked.length === 1)
    chat.stop(stopped)
    open()
    expect(await endOf(stopped)).toMatchObject({ stopped: 'stopped', error: null })
    inference.gate = null
    expect(await endOf(chat.send(base.id, question, sampling, 'float32'))).toMatchObject({ error: { code: 'INFERENCE_FAILED', message: 'out of memory' } })
  })
})
