/** The name with the first number from 2 on that no run has; a number at its end counts on. At most 120 characters. */
export function nextName(name: string, taken: ReadonlySet<string>): string {
  const stem = name.replace(/-[2-9]$|-[1-9]\d$/, '')
  for (let number = 2; ; number += 1) {
    const candidate = `${stem.slice(0, 120 - `-${number}`.length)}-${number}`
    if (!taken.has(candidate)) return candidate
  }
}
