import { create } from 'zustand'
import type { StoreApi, UseBoundStore } from 'zustand'

/** A list of the engine's, as far as the window knows it. Old items stay while new ones load. */
export interface ListState<T> {
  readonly items: readonly T[]
  readonly status: 'loading' | 'ready' | 'failed'
  readonly error: unknown
  /** Asks for the whole list; called at start and after a restart of the engine. */
  load(): Promise<void>
  /** Takes a list that the engine pushed. */
  take(items: readonly T[]): void
}
export type ListStore<T> = UseBoundStore<StoreApi<ListState<T>>>

/** A store for one list route and its push. An answer that a newer push overtook is dropped. */
export function createListStore<T>(ask: () => Promise<readonly T[]>): ListStore<T> {
  let version = 0
  return create<ListState<T>>((set) => ({
    items: [],
    status: 'loading',
    error: null,
    async load() {
      const asked = ++version
      try {
        const items = await ask()
        if (asked === version) set({ items, status: 'ready', error: null })
      } catch (error) {
        if (asked === version) set({ status: 'failed', error })
      }
    },
    take(items) {
      version++
      set({ items, status: 'ready', error: null })
    },
  }))
}
