/** Steps as runs of equal distance, `[from, to, distance]`: short as JSON, however long a training is. */
export type StepSet = readonly (readonly [from: number, to: number, distance: number])[]

export function hasStep(set: StepSet, step: number): boolean {
  return set.some(([from, to, distance]) => step === from || (step > from && step <= to && distance > 0 && (step - from) % distance === 0))
}

export function withStep(set: StepSet, step: number): StepSet {
  if (hasStep(set, step)) return set
  const last = set.at(-1)
  if (last === undefined || step < last[1]) return [...set, [step, step, 0]]
  const [from, to, distance] = last
  if (distance === 0) return [...set.slice(0, -1), [from, step, step - from]]
  return step - to === distance ? [...set.slice(0, -1), [from, step, distance]] : [...set, [step, step, 0]]
}
