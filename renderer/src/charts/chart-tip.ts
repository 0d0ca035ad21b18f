import type { LineLook } from './chart-spec'

export interface TipRow {
  readonly label: string
  readonly text: string
  readonly colour: string
  readonly look: LineLook
}

const element = (className: string, text: string): HTMLElement => {
  const made = document.createElement('span')
  made.className = className
  made.textContent = text
  return made
}

/** Writes a tooltip: the place, quiet details, then one row a line. Elements by hand, because it follows the pointer. */
export function fillTip(tip: HTMLElement, place: string, details: string, rows: readonly TipRow[]): void {
  const head = element('chart-tip-head', '')
  head.append(element('chart-tip-place', place), element('chart-tip-details', details))
  const body = rows.map((row) => {
    const line = element('chart-tip-row', '')
    const mark = element(`chart-key chart-key-${row.look}`, '')
    mark.style.setProperty('--key', row.colour)
    line.append(mark, element('chart-tip-label', row.label), element('chart-tip-value', row.text))
    return line
  })
  tip.replaceChildren(head, ...body)
}
