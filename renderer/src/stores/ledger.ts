import { create } from 'zustand'
import type { Ledger } from '../../../electron/shared/money'
import { request } from '../bridge'

interface LedgerStore {
  readonly ledger: Ledger | null
  readonly error: unknown
  /** Asks for it; a page that shows it does this first. */
  load(): Promise<void>
  /** Asks again if it was ever shown: nobody pays for a ledger that nobody reads. */
  refresh(): Promise<void>
}

export const useLedger = create<LedgerStore>((set, get) => {
  let asked = 0
  return {
    ledger: null,
    error: null,
    async load() {
      const turn = ++asked
      try {
        const ledger = await request('ledger.get')
        if (turn === asked) set({ ledger, error: null })
      } catch (error) {
        if (turn === asked) set({ error })
      }
    },
    async refresh() {
      if (get().ledger !== null || get().error !== null) await get().load()
    },
  }
})
