import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

/** Relative luminance and ratio as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const ratio = (a: string, b: string): number => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const css = readFileSync(path.join(import.meta.dirname, '../../../renderer/src/styles/tokens.css'), 'utf8')
const tokens = new Map([...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name = '', light = '', dark = '']) => [name, { light, dark }]))
const surfaces = ['surface-shell', 'surface-page', 'surface-panel', 'surface-inset', 'surface-raised', 'surface-hover', 'surface-select', 'surface-field']
const pairs: readonly (readonly [ink: string, grounds: readonly string[], needed: number])[] = [
  ['text-1', [...surfaces, 'accent-soft', 'good-soft', 'warn-soft', 'bad-soft', 'info-soft', 'token-trained-2'], 4.5],
  ['text-2', [...surfaces, 'good-soft', 'warn-soft', 'bad-soft', 'info-soft', 'token-mask-2'], 4.5],
  ['text-3', surfaces, 4.5],
  ['accent', [...surfaces, 'accent-soft', 'warn-soft', 'bad-soft', 'info-soft'], 4.5],
  ['accent-on', ['accent-fill', 'accent-fill-2'], 4.5],
  ['good', ['surface-panel', 'surface-page', 'surface-select', 'good-soft'], 4.5],
  ['warn', ['surface-panel', 'surface-page', 'surface-select', 'warn-soft'], 4.5],
  ['bad', ['surface-panel', 'surface-page', 'surface-select', 'bad-soft', 'surface-raised'], 4.5],
  ['info', ['surface-panel', 'surface-page', 'info-soft', 'token-special'], 4.5],
  ['line-strong', ['surface-page', 'surface-panel', 'surface-inset', 'surface-raised', 'surface-field'], 3],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((run) => [`run-${run}`, ['surface-panel', 'surface-page'], 3] as const),
]

describe('contrast of the tokens', () => {
  it.each(pairs)('%s is readable on every ground that it stands on, light and dark', (ink, grounds, needed) => {
    for (const ground of grounds) {
      for (const theme of ['light', 'dark'] as const) {
        const [a, b] = [tokens.get(ink)?.[theme], tokens.get(ground)?.[theme]]
        if (a === undefined || b === undefined) throw new Error(`${ink} or ${ground} is no token`)
        expect(ratio(a, b), `${ink} on ${ground}, ${theme}`).toBeGreaterThanOrEqual(needed)
      }
    }
  })
})
