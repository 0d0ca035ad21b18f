import { useEffect, useState } from 'react'
import type { ComparisonAnswer, ComparisonPrompt, ComparisonSummary } from '../../../../electron/shared/comparison'
import { on, request } from '../../bridge'
import { answerKey } from './compared-models'
import type { Answers } from './compared-models'

export interface AnswersState {
  readonly prompts: readonly ComparisonPrompt[]
  readonly answers: Answers
  readonly loading: boolean
  readonly error: unknown
}

const none: AnswersState = { prompts: [], answers: new Map(), loading: true, error: null }

const added = (answers: Answers, more: readonly ComparisonAnswer[]): Answers =>
  new Map([...answers, ...more.map((answer) => [answerKey(answer.modelId, answer.index), answer] as const)])

/** Prompts and answers of a comparison, and those that come while it is watched. Read again when it ends. */
export function useAnswers(comparison: ComparisonSummary): AnswersState {
  const [state, setState] = useState(none)
  const { id } = comparison
  const ended = comparison.finishedAtMs
  useEffect(() => {
    let current = true
    const stop = on('comparison.answers', (pushed) => {
      if (pushed.comparisonId === id) setState((before) => ({ ...before, answers: added(before.answers, pushed.answers) }))
    })
    request('comparisons.answers', { comparisonId: id }).then(
      ({ prompts, answers }) => {
        if (current) setState((before) => ({ prompts, answers: added(before.answers, answers), loading: false, error: null }))
      },
      (error: unknown) => {
        if (current) setState((before) => ({ ...before, loading: false, error }))
      },
    )
    return () => {
      current = false
      stop()
    }
  }, [id, ended])
  return state
}
