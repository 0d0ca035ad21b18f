import { Check, X } from 'lucide-react'
import { useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import type { ComparisonPrompt, PairResult } from '../../../../electron/shared/comparison'
import { Segmented } from '../../components/choices'
import { Swatch } from '../../components/layout'
import { count, duration } from '../../text/format'
import { answerKey, filterPrompts } from './compared-models'
import type { Answers, ComparedModel, PromptFilter } from './compared-models'

const rowPixels = 28
/** Rows kept beyond the edges, so that scrolling shows no gap. */
const spareRows = 12

interface PromptsProps {
  readonly prompts: readonly ComparisonPrompt[]
  readonly answers: Answers
  readonly models: readonly ComparedModel[]
  readonly pair: PairResult | null
  readonly filter: PromptFilter
  readonly shown: readonly number[]
  readonly selected: number | null
  onFilter(filter: PromptFilter): void
  onSelect(index: number): void
}

/** What was asked, in the words of the last question. */
export const questionOf = (prompt: ComparisonPrompt): string => prompt.messages.findLast((message) => message.role === 'user')?.content ?? prompt.messages.at(-1)?.content ?? ''

/** All prompts, or those that the tuned model gained or lost. */
export function PromptsPane(props: PromptsProps) {
  const { prompts, answers, models, pair, filter, shown, selected, onFilter, onSelect } = props
  const scroller = useRef<HTMLDivElement>(null)
  // All rows are equally high, so the ones on screen follow from the scroll position.
  const [from, setFrom] = useState(0)
  const first = Math.max(0, Math.min(from, shown.length - 1) - spareRows)
  const rows = shown.slice(first, first + 3 * spareRows + 40)
  const indices = prompts.map((prompt) => prompt.index)
  const byIndex = new Map(prompts.map((prompt) => [prompt.index, prompt]))
  const many = (kind: PromptFilter): string => count(filterPrompts(indices, answers, pair, kind).length)
  const options = [
    { value: 'all', label: `All ${count(prompts.length)}` },
    { value: 'gained', label: `Gained ${many('gained')}`, disabled: pair === null },
    { value: 'lost', label: `Lost ${many('lost')}`, disabled: pair === null },
  ] as const
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = selected === null ? -1 : shown.indexOf(selected)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key]
    const index = to === undefined ? undefined : shown[Math.max(0, Math.min(shown.length - 1, to))]
    if (index === undefined) return
    event.preventDefault()
    onSelect(index)
    keepInView(scroller.current, shown.indexOf(index) * rowPixels)
  }
  return (
    <section className="prompts" aria-label="Prompts">
      <div className="pane-head pane-dense">
        <h2>Prompts</h2>
        <div className="pane-end"><Segmented label="Which prompts" options={options} value={filter} onChange={onFilter} /></div>
      </div>
      <div className="prompt-head micro quiet" aria-hidden="true">
        <span className="prompt-number">No.</span>
        <span className="grow">Prompt</span>
        {models.map((model) => <span key={model.id} className="prompt-mark"><Swatch colour={model.colour} /></span>)}
      </div>
      <div ref={scroller} className="prompt-list" role="listbox" tabIndex={0} aria-label="Prompts" onKeyDown={onKeyDown} onScroll={(event) => { setFrom(Math.floor(event.currentTarget.scrollTop / rowPixels)) }} {...(selected === null ? {} : { 'aria-activedescendant': `prompt-${selected}` })}>
        {shown.length === 0 && <p className="tab-pad second small">{filter === 'all' ? 'No prompts yet.' : `No prompt was ${filter}.`}</p>}
        <div style={{ height: shown.length * rowPixels, position: 'relative' }}>
          {rows.map((index, row) => {
            const prompt = byIndex.get(index)
            if (prompt === undefined) return null
            return (
              <div
                key={index}
                id={`prompt-${index}`}
                role="option"
                aria-selected={index === selected}
                className="prompt-row"
                style={{ top: (first + row) * rowPixels, height: rowPixels }}
                onClick={() => { onSelect(index) }}
              >
                <span className="prompt-number quiet">{index + 1}</span>
                <span className="grow cut">{questionOf(prompt)}</span>
                {models.map((model) => <span key={model.id} className="prompt-mark"><Right right={answers.get(answerKey(model.id, index))?.right ?? null} /></span>)}
              </div>
            )
          })}
        </div>
      </div>
    </section>
  )
}

/** Scrolls as little as needed. */
function keepInView(scroller: HTMLElement | null, top: number): void {
  if (scroller === null) return
  if (top < scroller.scrollTop) scroller.scrollTop = top
  else if (top + rowPixels > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + rowPixels - scroller.clientHeight
}

function Right({ right }: { readonly right: boolean | null }) {
  if (right === null) return <span className="quiet" role="img" aria-label="not scored">–</span>
  return right ? <Check className="ink-good" role="img" aria-label="right" /> : <X className="ink-bad" role="img" aria-label="wrong" />
}

/** The answers to one prompt, side by side, with what was wanted. */
export function AnswersPane({ prompt, models, answers }: { readonly prompt: ComparisonPrompt | null; readonly models: readonly ComparedModel[]; readonly answers: Answers }) {
  if (prompt === null) return <section className="answers" aria-label="Answers"><p className="tab-pad second">Choose a prompt to read the answers.</p></section>
  const system = prompt.messages.find((message) => message.role === 'system')?.content ?? null
  return (
    <section className="answers" aria-label="Answers">
      <div className="pane-head pane-dense">
        <span className="small cut" title={questionOf(prompt)}><span className="quiet">{prompt.index + 1}</span>&ensp;{questionOf(prompt)}</span>
        {prompt.reference !== null && <div className="pane-end answer-wanted"><span className="micro quiet cut" title={prompt.reference}>wanted: <span className="mono">{prompt.reference}</span></span></div>}
      </div>
      <div className="answer-columns" style={{ gridTemplateColumns: `repeat(${models.length}, minmax(180px, 1fr))` }}>
        {models.map((model) => {
          const answer = answers.get(answerKey(model.id, prompt.index))
          return (
            <article key={model.id} className="answer" aria-label={model.name}>
              <div className="row">
                <Swatch colour={model.colour} />
                <h3 className="small medium cut">{model.name}</h3>
                {answer !== undefined && answer.right !== null && <span className="answer-mark"><Right right={answer.right} /></span>}
              </div>
              <div className="answer-text selectable" tabIndex={0} role="region" aria-label={`Answer of ${model.name}`}>
                {answer === undefined ? <span className="quiet">Not answered yet.</span> : answer.generation.text === '' ? <span className="quiet">It ended the turn without a word.</span> : answer.generation.text}
              </div>
              {answer !== undefined && (
                <div className="micro quiet">
                  {model.place !== null && `remote: ${model.place} · `}{count(answer.generation.tokens)} tokens · {duration(answer.generation.totalMs / 1000)}
                  {answer.generation.stopped === 'length' && ' · cut at the limit'}
                </div>
              )}
            </article>
          )
        })}
      </div>
      {(prompt.reference !== null || system !== null) && (
        <details className="answer-more small">
          <summary>Reference and system prompt</summary>
          {prompt.reference !== null && <p><b className="medium">Reference.</b> {prompt.reference}</p>}
          {system !== null && <p><b className="medium">System.</b> {system}</p>}
        </details>
      )}
    </section>
  )
}
