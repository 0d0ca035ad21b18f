/** Waits before the first, second, third ... restart within the window, in ms. After the last one we stop trying. */
const delaysMs = [0, 500, 2_000, 8_000, 30_000] as const
/** Deaths older than this are forgotten: an engine that lived this long was a working one. */
const forgetAfterMs = 5 * 60_000

/** How long to wait before the engine starts again, in ms, or null to give up. `deathsMs` includes the one just seen. */
export function restartDelayMs(deathsMs: readonly number[], nowMs: number): number | null {
  const recent = deathsMs.filter((atMs) => nowMs - atMs < forgetAfterMs).length
  return delaysMs[Math.max(recent, 1) - 1] ?? null
}
