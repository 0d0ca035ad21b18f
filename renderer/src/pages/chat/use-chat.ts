import { useCallback, useEffect, useRef, useState } from 'react'
import type { Precision, Sampling } from '../../../../electron/shared/comparison'
import type { ModelId } from '../../../../electron/shared/ids'
import type { Pushes } from '../../../../electron/shared/requests'
import { on, request } from '../../bridge'
import { showError } from '../../stores/attempt'

export interface ChatTurn {
  readonly id: number
  readonly role: 'user' | 'assistant'
  readonly content: string
  /** Of an answer: how it was made, once it has ended. */
  readonly end: Pushes['chat.end'] | null
  readonly sampling: Sampling | null
}

interface ChatState {
  readonly turns: readonly ChatTurn[]
  /** The answer that is being written; null when none is. */
  readonly replyId: number | null
  readonly waiting: boolean
}

/** The end of an answer whose engine went away. What was written of it stays. */
const cutOff = (replyId: number): Pushes['chat.end'] => ({
  replyId, tokens: 0, firstTokenMs: 0, totalMs: 0, stopped: 'stopped', error: { code: 'ENGINE_GONE', message: 'The answer ended with it. Next: send the message again when it is back.' }, device: '',
})

const empty: ChatState = { turns: [], replyId: null, waiting: false }

const toLast = (turns: readonly ChatTurn[], change: (turn: ChatTurn) => ChatTurn): readonly ChatTurn[] => {
  const last = turns.at(-1)
  return last === undefined ? turns : [...turns.slice(0, -1), change(last)]
}

/** A chat with one model. Nothing of it is stored. */
export function useChat(modelId: ModelId) {
  const [state, setState] = useState(empty)
  const newest = useRef(state)
  const reply = useRef<number | null>(null)
  useEffect(() => {
    newest.current = state
  }, [state])

  useEffect(() => {
    const take = (end: Pushes['chat.end']): void => {
      if (end.replyId !== reply.current) return
      reply.current = null
      setState((before) => ({ turns: toLast(before.turns, (turn) => ({ ...turn, end })), replyId: null, waiting: false }))
    }
    const stops = [
      on('chat.token', ({ replyId, text }) => {
        if (replyId === reply.current) setState((before) => ({ ...before, turns: toLast(before.turns, (turn) => ({ ...turn, content: turn.content + text })) }))
      }),
      on('chat.end', take),
      // A request that is under way is answered ENGINE_GONE by the preload; an answer that is being written just stops coming.
      on('app.engine', ({ state }) => {
        if (reply.current !== null && (state === 'restarting' || state === 'gone')) take(cutOff(reply.current))
      }),
    ]
    return () => {
      for (const stop of stops) stop()
      // Nobody reads the answer any more.
      if (reply.current !== null) void request('chat.stop', { replyId: reply.current }).catch(showError)
    }
  }, [])

  const send = useCallback(
    async (text: string, system: string, sampling: Sampling, precision: Precision): Promise<void> => {
      const { turns, waiting } = newest.current
      if (waiting) return
      const at = (turns.at(-1)?.id ?? 0) + 1
      const asked: ChatTurn = { id: at, role: 'user', content: text, end: null, sampling: null }
      const answer: ChatTurn = { id: at + 1, role: 'assistant', content: '', end: null, sampling }
      setState({ turns: [...turns, asked, answer], replyId: null, waiting: true })
      const history = [...turns, asked].filter((turn) => (turn.end?.error ?? null) === null).map(({ role, content }) => ({ role, content }))
      const messages = system.trim() === '' ? history : [{ role: 'system' as const, content: system.trim() }, ...history]
      try {
        const { replyId } = await request('chat.send', { modelId, messages, sampling, precision })
        reply.current = replyId
        setState((before) => ({ ...before, replyId }))
      } catch (error) {
        setState((before) => ({ turns: before.turns.slice(0, -2), replyId: null, waiting: false }))
        throw error
      }
    },
    [modelId],
  )
  const stop = useCallback(async (): Promise<void> => {
    if (reply.current !== null) await request('chat.stop', { replyId: reply.current })
  }, [])
  const clear = useCallback(() => { setState((before) => (before.waiting ? before : empty)) }, [])
  return { ...state, send, stop, clear }
}
