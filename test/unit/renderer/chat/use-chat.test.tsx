import { act } from 'react'
import { createRoot } from 'react-dom/client'
import type { Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useChat } from '../../../../renderer/src/pages/chat/use-chat'
import { modelId } from '../../../support/fake-data'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import type { FakeTunesmith } from '../../../support/fake-tunesmith'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
let fake: FakeTunesmith
let root: Root
let chat: ReturnType<typeof useChat>
const seen = vi.fn((next: ReturnType<typeof useChat>) => { chat = next })
const Chat = () => {
  seen(useChat(modelId(1)))
  return null
}

beforeEach(() => {
  fake = fakeTunesmith()
  let replyId = 0
  fake.answer('chat.send', () => ({ replyId: ++replyId }))
  fake.answer('chat.stop', () => null)
  Object.defineProperty(window, 'tunesmith', { value: fake, configurable: true })
  root = createRoot(document.createElement('div'))
  act(() => { root.render(<Chat />) })
})
afterEach(() => { act(() => { root.unmount() }) })

const send = (text: string): Promise<void> => act(() => chat.send(text, '', { temperature: 0, topP: 1, maxNewTokens: 8, seed: 1 }, 'float32'))

it('ends the answer when the engine goes, says why, and takes the next message (catches a chat that waits for ever)', async () => {
  await send('Hello')
  act(() => { fake.push('chat.token', { replyId: 1, text: 'Good' }) })
  expect(chat).toMatchObject({ waiting: true, replyId: 1 })
  act(() => { fake.push('app.engine', { state: 'restarting', reason: null }) })
  expect(chat).toMatchObject({ waiting: false, replyId: null })
  expect(chat.turns.at(-1)).toMatchObject({ content: 'Good', end: { error: { code: 'ENGINE_GONE' } } })
  act(() => { fake.push('app.engine', { state: 'ready', reason: null }) })
  await send('Again')
  expect(chat.waiting).toBe(true)
  // An answer that broke off is nothing that the model should read as its own words.
  expect(fake.asked.filter(({ route }) => route === 'chat.send').at(-1)?.input).toMatchObject({ messages: [{ role: 'user', content: 'Hello' }, { role: 'user', content: 'Again' }] })
})

it('leaves the ended answers as they are when the engine goes (catches an error under an answer that was whole)', async () => {
  await send('Hello')
  act(() => { fake.push('chat.end', { replyId: 1, tokens: 1, firstTokenMs: 1, totalMs: 2, stopped: 'end-of-turn', error: null, device: '' }) })
  act(() => { fake.push('app.engine', { state: 'gone', reason: null }) })
  expect(chat.turns.at(-1)?.end?.error).toBeNull()
})
