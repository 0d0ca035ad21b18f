// A task that is repeated, never twice at once. Its first error is kept and thrown by `stop`: in a timer nobody would catch it.
export interface Periodic {
  /** Ends the repetition after the turn that runs. Throws what a turn threw. */
  stop(): Promise<void>
}

export function every(ms: number, task: () => Promise<void>): Periodic {
  let running: Promise<void> | null = null
  const failures: unknown[] = []
  const timer = setInterval(() => {
    running ??= task()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => (running = null))
  }, ms)
  return {
    async stop() {
      clearInterval(timer)
      await running
      if (failures.length > 0) throw failures[0] instanceof Error ? failures[0] : new Error(String(failures[0]))
    },
  }
}
