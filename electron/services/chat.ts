import { AppError, messageOf } from '../shared/app-error'
import type { Precision, Sampling } from '../shared/comparison'
import type { ModelId } from '../shared/ids'
import type { Pushes } from '../shared/requests'
import type { PromptMessage } from '../inference/inference-worker'
import type { Inference } from './inference'
import type { AnswerRemotely } from './comparisons'
import type { Models } from './models'

export interface ChatDeps {
  readonly models: Pick<Models, 'get' | 'rootOf'>
  readonly inference: Inference
  readonly answerRemotely: AnswerRemotely
  readonly onToken: (push: Pushes['chat.token']) => void
  readonly onEnd: (push: Pushes['chat.end']) => void
}

/** Answers of one model, streamed; nothing of a chat is stored. */
export function createChat(deps: ChatDeps) {
  const running = new Map<number, AbortController>()
  let nextId = 1

  const answer = async (replyId: number, modelId: ModelId, messages: readonly PromptMessage[], sampling: Sampling, precision: Precision, signal: AbortSignal): Promise<Pushes['chat.end']> => {
    const model = deps.models.get(modelId)
    if (model.remote !== null) {
      const { tokens, firstTokenMs, totalMs, stopped } = await deps.answerRemotely(model.remote, messages, sampling, { signal, onToken: (text) => deps.onToken({ replyId, text }) })
      return { replyId, tokens, firstTokenMs, totalMs, stopped, error: null, device: `a service, as ${model.remote.deployment ?? model.remote.name}` }
    }
    return deps.inference.with(deps.models.rootOf(model).path, precision, async (worker, place) => {
      const { tokens, firstTokenMs, totalMs, stopped } = await worker.generate(
        model.kind === 'adapter' ? model.path : null, messages, sampling, (text) => deps.onToken({ replyId, text }), signal,
      )
      return { replyId, tokens, firstTokenMs, totalMs, stopped, error: null, device: place.note === null ? place.name : `${place.name}. ${place.note}` }
    })
  }

  return {
    /** Starts an answer; its tokens and its end come as pushes. */
    send(modelId: ModelId, messages: readonly PromptMessage[], sampling: Sampling, precision: Precision): number {
      deps.models.get(modelId)
      const replyId = nextId++
      const abort = new AbortController()
      running.set(replyId, abort)
      answer(replyId, modelId, messages, sampling, precision, abort.signal)
        .then(deps.onEnd, (error: unknown) => {
          const code = error instanceof AppError ? error.code : 'INFERENCE_FAILED'
          const cancelled = code === 'CANCELLED'
          deps.onEnd({ replyId, tokens: 0, firstTokenMs: 0, totalMs: 0, stopped: 'stopped', error: cancelled ? null : { code, message: messageOf(error) }, device: '' })
        })
        .finally(() => running.delete(replyId))
      return replyId
    },
    stop: (replyId: number): void => running.get(replyId)?.abort(),
  }
}
export type Chat = ReturnType<typeof createChat>
