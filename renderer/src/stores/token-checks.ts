import { create } from 'zustand'
import type { TokenCheck } from '../../../electron/shared/dataset'
import type { DatasetId, ModelId } from '../../../electron/shared/ids'
import { request } from '../bridge'

export interface CheckQuestion {
  readonly datasetId: DatasetId
  readonly modelId: ModelId
  readonly maxLength: number
  readonly answersOnly: boolean
}
export type CheckState =
  | { readonly kind: 'checking' }
  | { readonly kind: 'done'; readonly check: TokenCheck; readonly atMs: number }
  | { readonly kind: 'failed'; readonly error: unknown }

const keyOf = (question: CheckQuestion): string => [question.datasetId, question.modelId, question.maxLength, question.answersOnly].join('|')

/** Answers kept; the engine keeps them by data hash as well, so dropping an old one costs little. */
const most = 24

interface TokenChecks {
  readonly byKey: Readonly<Record<string, CheckState>>
  /** Asks unless the answer is there or on its way; a failed one is asked again. */
  ask(question: CheckQuestion): void
}

export const useTokenChecks = create<TokenChecks>((set, get) => {
  const put = (key: string, state: CheckState): void => {
    const { [key]: replaced, ...others } = get().byKey
    void replaced
    set({ byKey: Object.fromEntries([...Object.entries(others).slice(-most), [key, state]]) })
  }
  return {
    byKey: {},
    ask(question) {
      const key = keyOf(question)
      const known = get().byKey[key]
      if (known !== undefined && known.kind !== 'failed') return
      put(key, { kind: 'checking' })
      request('datasets.checkTokens', question).then(
        (check) => { put(key, { kind: 'done', check, atMs: Date.now() }) },
        (error: unknown) => { put(key, { kind: 'failed', error }) },
      )
    },
  }
})

export const checkOf = (checks: TokenChecks, question: CheckQuestion | null): CheckState | null =>
  question === null ? null : (checks.byKey[keyOf(question)] ?? null)
