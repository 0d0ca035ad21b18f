import { MessageSquare, SendHorizontal, Square, Eraser } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { AppError } from '../../../../electron/shared/app-error'
import type { Precision, Sampling } from '../../../../electron/shared/comparison'
import type { ModelSummary } from '../../../../electron/shared/model'
import { Button, LinkButton } from '../../components/button'
import { Select } from '../../components/choices'
import { Field } from '../../components/field'
import { Empty, PageHead, Skeleton } from '../../components/layout'
import { Notice } from '../../components/notice'
import { Spinner } from '../../components/progress'
import { go, hrefOf } from '../../router'
import { attempt } from '../../stores/attempt'
import { gpusOf, useHardware } from '../../stores/hardware'
import { useConnections, useModels } from '../../stores/lists'
import { count, counted, duration, rate } from '../../text/format'
import { errorText } from '../../text/errors'
import { modelKindWords } from '../../text/job-words'
import { placeNameOf, samplingWords } from '../compare/compared-models'
import { greedy, SamplingFields } from '../compare/sampling-fields'
import { useChat } from './use-chat'
import type { ChatTurn } from './use-chat'
import './chat.css'

/** Nearer than this to the end counts as following it. */
const nearPixels = 40

/** A plain chat with any model. */
export function ChatPage({ id }: { readonly id: string | null }) {
  const models = useModels((state) => state.items)
  const status = useModels((state) => state.status)
  const usable = models.filter((model) => model.problem === null)
  const model = usable.find((one) => one.id === id) ?? (id === null ? usable[0] : undefined)
  if (model !== undefined) return <Chat key={model.id} model={model} models={usable} />
  if (status === 'loading') return <Skeleton rows={5} label="Reading the models" />
  return (
    <>
      <PageHead title="Chat" />
      <Empty icon={MessageSquare} title={id === null ? 'No model to talk to yet' : 'This model is not in the list'} actions={<LinkButton look="primary" href={hrefOf({ page: 'models', id: null })}>Open models</LinkButton>}>
        Add a model, or train one; then it answers here.
      </Empty>
    </>
  )
}

function Chat({ model, models }: { readonly model: ModelSummary; readonly models: readonly ModelSummary[] }) {
  const hasGpu = useHardware((state) => gpusOf(state.machine).length > 0)
  const [sampling, setSampling] = useState<Sampling>({ ...greedy, maxNewTokens: 512 })
  const [chosen, setPrecision] = useState<Precision | null>(null)
  const [system, setSystem] = useState('')
  const [text, setText] = useState('')
  const chat = useChat(model.id)
  const place = useConnections((state) => (model.remote === null ? null : placeNameOf(model.remote, state.items)))
  const log = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const precision = chosen ?? (hasGpu ? 'bfloat16' : 'float32')

  // Who reads further up stays there while an answer grows. Before the paint, else a scroll event could see the new text above the old place.
  useLayoutEffect(() => {
    if (log.current !== null && follows.current) log.current.scrollTop = log.current.scrollHeight
  }, [chat.turns])

  const send = (): void => {
    const asked = text.trim()
    if (asked === '' || chat.waiting) return
    setText('')
    follows.current = true
    void attempt(() => chat.send(asked, system, sampling, precision)).then((sent) => {
      if (sent === null) setText(asked)
    })
  }
  return (
    <>
      <PageHead title="Chat" sub={samplingWords(sampling, precision)}>
        <Select label="Model" hideLabel options={models.map((one) => ({ value: one.id, label: one.name, detail: modelKindWords[one.kind] }))} value={model.id} disabled={chat.waiting} onChange={(next) => { go({ page: 'chat', id: next }) }} />
        <Button icon={Eraser} disabled={chat.waiting || chat.turns.length === 0} onPress={chat.clear}>Start over</Button>
      </PageHead>
      <div className="chat">
        <section className="chat-main" aria-label="Conversation">
          <div
            ref={log}
            className="chat-turns"
            tabIndex={0}
            role="log"
            aria-label="Messages"
            aria-live="off"
            onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => { follows.current = scrollHeight - scrollTop - clientHeight < nearPixels }}
          >
            {chat.turns.length === 0 && <Empty icon={MessageSquare} title={`Ask ${model.name}`}>{model.kind === 'demo' ? 'It is a toy for learning the tool: it only knows its small world.' : place !== null ? `What you type is sent to ${place} and billed there.` : 'Nothing of a chat is stored.'}</Empty>}
            {chat.turns.map((turn) => <Turn key={turn.id} turn={turn} precision={precision} waiting={chat.waiting && turn === chat.turns.at(-1)} remote={place !== null} />)}
          </div>
          <div
            className="chat-input"
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
              event.preventDefault()
              send()
            }}
          >
            <Field label="Message" hideLabel lines={3} value={text} placeholder="Message; Enter sends, Shift+Enter starts a line" onChange={setText} />
            {chat.waiting ? (
              <Button look="danger" icon={Square} disabled={chat.replyId === null} onPress={() => void attempt(chat.stop)}>Stop</Button>
            ) : (
              <Button look="primary" icon={SendHorizontal} disabled={text.trim() === ''} onPress={send}>Send</Button>
            )}
          </div>
        </section>
        <aside className="chat-side" aria-label="How it answers">
          <SamplingFields sampling={sampling} precision={precision} onSampling={setSampling} onPrecision={setPrecision} />
          <Field label="System prompt" lines={6} value={system} placeholder="None" onChange={setSystem} />
        </aside>
      </div>
    </>
  )
}

function Turn({ turn, precision, waiting, remote }: { readonly turn: ChatTurn; readonly precision: Precision; readonly waiting: boolean; readonly remote: boolean }) {
  const failed = turn.end?.error ?? null
  return (
    <article className={`chat-turn chat-turn-${turn.role}`} aria-label={turn.role === 'user' ? 'You' : 'Model'}>
      <div className="micro quiet">{turn.role === 'user' ? 'You' : 'Model'}</div>
      {turn.content !== '' && <div className="turn-text selectable">{turn.content}</div>}
      {waiting && turn.content === '' && <div className="small second row"><Spinner /> {remote ? 'Waiting for the service' : 'Loading the model, then reading the prompt'}</div>}
      {failed !== null && <Notice tone="bad" title={errorText(new AppError(failed.code, failed.message)).what}>{failed.message}</Notice>}
      {turn.end !== null && failed === null && turn.sampling !== null && (
        <div className="micro quiet" title={samplingWords(turn.sampling, precision)}>{endWords(turn.end)}</div>
      )}
    </article>
  )
}

/** `49 tokens · 38.4 tokens/s · first token after 92 ms · on the CPU`. */
function endWords({ tokens, firstTokenMs, totalMs, stopped, device }: NonNullable<ChatTurn['end']>): string {
  const speed = totalMs > firstTokenMs && tokens > 1 ? `${rate(((tokens - 1) * 1000) / (totalMs - firstTokenMs))} tokens/s` : duration(totalMs / 1000)
  const how = { 'end-of-turn': null, length: 'cut at the limit', stopped: 'stopped' }[stopped]
  return [counted(tokens, 'token'), speed, `first token after ${count(firstTokenMs)} ms`, device === '' ? null : `on ${device}`, how].filter((part) => part !== null).join(' · ')
}
