import type { ReactNode } from 'react'
import { create } from 'zustand'
import type { Tone } from '../text/job-words'

/** A short message at the corner; `action` is its one button, such as Undo. */
export interface Toast {
  readonly id: number
  readonly tone: Tone
  readonly title: string
  readonly detail: string | null
  readonly action: { readonly label: string; run(): void } | null
}

/** A question that needs a yes before something happens. */
export interface Question {
  readonly title: string
  readonly body: ReactNode
  readonly confirm: string
  readonly keep: string
  readonly danger: boolean
  /** A second way to say yes, such as Force stop; answered with 'other'. */
  readonly other: string | null
}
export type Answer = 'confirm' | 'other' | 'keep'

interface Ui {
  readonly toasts: readonly Toast[]
  readonly question: (Question & { answer(answer: Answer): void }) | null
  readonly paletteOpen: boolean
  readonly engine: 'starting' | 'ready' | 'restarting' | 'gone'
  readonly engineReason: string | null
  /** One more each time the engine is back after it was gone: what it held for the page, such as a terminal, is to be opened anew. */
  readonly engineLife: number
  /** A file is held over the window. */
  readonly dragging: boolean
}

export const useUi = create<Ui>(() => ({
  toasts: [],
  question: null,
  paletteOpen: false,
  engine: 'starting',
  engineReason: null,
  engineLife: 0,
  dragging: false,
}))

let lastToast = 0

/** Shows a toast; it leaves by itself after `components/toasts.tsx`'s time unless pointed at. */
export function toast(message: { readonly title: string; readonly tone?: Tone; readonly detail?: string; readonly action?: { readonly label: string; run(): void } }): void {
  const { title, tone = 'plain', detail = null, action = null } = message
  const made: Toast = { id: ++lastToast, title, tone, detail, action }
  useUi.setState((state) => ({ toasts: [...state.toasts, made].slice(-4) }))
}

export function dismissToast(id: number): void {
  useUi.setState((state) => ({ toasts: state.toasts.filter((one) => one.id !== id) }))
}

/** Asks in a dialog and waits for the answer. A question that is already open is answered with 'keep'. */
export function ask(question: Partial<Question> & Pick<Question, 'title' | 'body' | 'confirm'>): Promise<Answer> {
  useUi.getState().question?.answer('keep')
  return new Promise((resolve) => {
    useUi.setState({
      question: {
        keep: 'Cancel',
        danger: false,
        other: null,
        ...question,
        answer: (answer) => {
          useUi.setState({ question: null })
          resolve(answer)
        },
      },
    })
  })
}
