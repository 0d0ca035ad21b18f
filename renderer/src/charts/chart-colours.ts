/** Token colours as a canvas takes them. */
export interface ChartColours {
  readonly runs: readonly string[]
  readonly grid: string
  readonly axis: string
  readonly text: string
  readonly cross: string
  readonly ground: string
  readonly bad: string
  readonly rawOpacity: number
  readonly font: string
}

let known: ChartColours | null = null

/** The colours of the theme that is on. Computed once per theme: a token is a `light-dark()` that only an element resolves. */
export function chartColours(): ChartColours {
  if (known !== null) return known
  const probe = document.createElement('span')
  probe.style.display = 'none'
  document.body.append(probe)
  const read = (token: string): string => {
    probe.style.color = `var(${token})`
    return getComputedStyle(probe).color
  }
  const root = getComputedStyle(document.documentElement)
  known = {
    runs: Array.from({ length: 8 }, (_, index) => read(`--run-${index + 1}`)),
    grid: read('--chart-grid'),
    axis: read('--chart-axis'),
    text: read('--text-2'),
    cross: read('--chart-cross'),
    ground: read('--surface-panel'),
    bad: read('--bad'),
    rawOpacity: Number(root.getPropertyValue('--raw-opacity')) || 0.36,
    font: getComputedStyle(document.body).fontFamily,
  }
  probe.remove()
  return known
}

/** The colour of run 1..8. */
export const runColour = (colours: ChartColours, colour: number): string => colours.runs[(colour - 1) % colours.runs.length] ?? colours.axis

const listeners = new Set<() => void>()
let watching = false

function changed(): void {
  known = null
  for (const listener of [...listeners]) listener()
}

/** Calls `listener` after the theme changed; returns the unsubscribe. */
export function onTheme(listener: () => void): () => void {
  if (!watching) {
    watching = true
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
    new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'style', 'class'] })
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}
