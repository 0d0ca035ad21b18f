import { errorText } from '../text/errors'
import { sayNow } from './live-line'
import { toast } from './ui'

/** Shows what a failed action threw, with its next step. */
export function showError(error: unknown): void {
  const { what, evidence, next } = errorText(error)
  const detail = evidence === null ? `Next: ${next}` : `${evidence} Next: ${next}`
  toast({ title: what, detail, tone: 'bad' })
  sayNow(`${what} ${detail}`)
}

/** Runs an action that the user started; a fault becomes a toast and null. Cancelled is no fault. */
export async function attempt<T>(run: () => Promise<T>): Promise<T | null> {
  try {
    return await run()
  } catch (error) {
    showError(error)
    return null
  }
}

/** As `attempt`, for an action whose answer says nothing: whether it went well. */
export const succeeds = async (run: () => Promise<unknown>): Promise<boolean> => (await attempt(() => run().then(() => true))) ?? false
