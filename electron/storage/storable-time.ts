/** A time that a broken clock or a hand-written line can't make unstorable. 8.64e15 is the largest time that a Date holds. */
export function storableTime(tMs: number): number {
  return Number.isFinite(tMs) ? Math.min(Math.max(Math.round(tMs), 0), 8.64e15) : 0
}
