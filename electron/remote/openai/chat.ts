import type OpenAI from 'openai'
import { AppError } from '../../shared/app-error'
import type { RemoteModel } from '../../shared/cloud'
import type { ChatMessage } from '../../shared/dataset'
import type { Sampling } from '../../shared/comparison'
import type { OpenOpenai } from '../connection'
import { openaiClient } from './client'

export interface AnswerOptions {
  readonly signal?: AbortSignal
  readonly onToken?: (text: string) => void
}

/** Times in milliseconds from the request, the line included. Tokens as the service counts them; where it does not, the pieces that came, and null for the prompt. */
export interface RemoteAnswer {
  readonly text: string
  readonly tokens: number
  readonly promptTokens: number | null
  readonly firstTokenMs: number
  readonly totalMs: number
  readonly stopped: 'end-of-turn' | 'length' | 'stopped'
}

/** Without a sign for so long, an answer counts as lost. */
const attemptMs = 180_000

/** One answer of a service's model, streamed; on Azure under its deployment's name. An abort ends it with what has come. Throws CloudError. */
export async function answerRemotely(open: OpenOpenai, model: RemoteModel, messages: readonly ChatMessage[], sampling: Sampling, { signal, onToken }: AnswerOptions = {}): Promise<RemoteAnswer> {
  const client = await openaiClient(open)
  let said = ''
  let pieces = 0
  let answer: RemoteAnswer | null = null
  try {
    // Repeated only as long as nothing of it was shown.
    answer = await open.gateway.call('asking the model', async (attemptSignal) => {
      said = ''
      pieces = 0
      return stream(client, bodyOf(open, model, messages, sampling), attemptSignal, (text) => {
        said += text
        pieces += 1
        onToken?.(text)
      })
    }, { timeoutMs: attemptMs, repeatable: onToken === undefined, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    if (signal?.aborted !== true || !(error instanceof AppError) || error.code !== 'CANCELLED') throw error
  }
  return answer ?? { text: said, tokens: pieces, promptTokens: null, firstTokenMs: 0, totalMs: 0, stopped: 'stopped' }
}

function bodyOf({ config }: OpenOpenai, model: RemoteModel, messages: readonly ChatMessage[], { temperature, topP, maxNewTokens, seed }: Sampling): OpenAI.ChatCompletionCreateParamsStreaming {
  // `max_completion_tokens` is OpenAI's and Azure's name; older services know `max_tokens` only.
  const length = config.preset === 'custom' ? { max_tokens: maxNewTokens } : { max_completion_tokens: maxNewTokens }
  return {
    model: model.deployment ?? model.name, messages: messages.map(({ role, content }) => ({ role, content })), temperature: Math.min(2, temperature), top_p: topP, seed, ...length,
    stream: true, stream_options: { include_usage: true },
  }
}

async function stream(client: OpenAI, body: OpenAI.ChatCompletionCreateParamsStreaming, signal: AbortSignal, onText: (text: string) => void): Promise<RemoteAnswer> {
  const began = performance.now()
  const since = () => performance.now() - began
  let text = ''
  let pieces = 0
  let firstTokenMs: number | null = null
  let usage: OpenAI.CompletionUsage | null = null
  let reason: string | null = null
  for await (const chunk of await client.chat.completions.create(body, { signal })) {
    usage = chunk.usage ?? usage
    const [choice] = chunk.choices
    reason = choice?.finish_reason ?? reason
    const piece = choice?.delta.content ?? ''
    if (piece === '') continue
    firstTokenMs ??= since()
    pieces += 1
    text += piece
    onText(piece)
  }
  // A stream that is cut ends without a reason, and without an error.
  if (reason === null) throw Object.assign(new Error('the answer ended in the middle: Premature close'), { code: 'ECONNRESET' })
  const totalMs = since()
  return { text, tokens: usage?.completion_tokens ?? pieces, promptTokens: usage?.prompt_tokens ?? null, firstTokenMs: firstTokenMs ?? totalMs, totalMs, stopped: reason === 'length' ? 'length' : 'end-of-turn' }
}
