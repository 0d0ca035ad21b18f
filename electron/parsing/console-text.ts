/**
 * Text that a training program prints for people: colours, bars that repaint themselves with "\r", dicts that share a line with
 * such a bar. Nothing here is anchored at the start of a line for that reason.
 */

const MAX_LINE_LENGTH = 2_000

// CSI (colours, cursor), OSC (titles, links; ended by BEL or ST), and two-byte escapes; then the other control characters but tab.
const escapes = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\-_]|\u001b/g
// eslint would read a class of control characters as a mistake, so it is built from code points.
const controls = new RegExp(`[${String.fromCharCode(0)}-${String.fromCharCode(8)}${String.fromCharCode(11)}-${String.fromCharCode(31)}${String.fromCharCode(127)}]`, 'g')

/** The text without terminal escapes and control characters; "\n" and tab stay. */
export function stripAnsi(text: string): string {
  return text.replace(escapes, '').replace(controls, '')
}

/** The frames of a console text: split at "\r" and "\n", without escapes, at most `maxLineLength` characters each, blank ones left out. */
export function consoleLines(text: string, maxLineLength = MAX_LINE_LENGTH): readonly string[] {
  const lines: string[] = []
  for (const piece of text.split(/[\r\n]+/)) {
    // Cut before the regular expressions run: a line of a gigabyte without an end must not hold the thread.
    const line = stripAnsi(piece.slice(0, maxLineLength * 2)).slice(0, maxLineLength).trimEnd()
    if (line.trim() !== '') lines.push(line)
  }
  return lines
}

/** A number that the program printed, or the name of what it printed instead of one. */
export type ConsoleNumber = number | 'nan' | 'inf' | '-inf'

const dict = /\{(?:\s*'[^']{1,100}'\s*:\s*'?[^'{},]{1,40}'?\s*,?)+\s*\}/
const pair = /'([^']{1,100})'\s*:\s*'?(-?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|nan|inf))'?/g

/** The metrics dict in a line, as Transformers prints it: floats up to 4.57, quoted strings from 5 on. Null when there is none. */
export function parseMetricsDict(line: string): Readonly<Record<string, ConsoleNumber>> | null {
  const found = dict.exec(line.slice(0, MAX_LINE_LENGTH))
  if (found === null) return null
  const pairs: [string, ConsoleNumber][] = []
  for (const [, name, value] of found[0].matchAll(pair)) {
    if (name === undefined || value === undefined) continue
    pairs.push([name, value === 'nan' || value === '-nan' ? 'nan' : value === 'inf' || value === '-inf' ? value : Number(value)])
  }
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

/** One frame of a tqdm bar. */
export interface ProgressFrame {
  readonly done: number
  readonly total: number
  readonly label: string
}

const bar = /(?:^|[\s}])(?:([^|{}]{0,80}?):\s*)?\d{1,3}%\|[^|]{0,400}\|\s*([\d,.]+)([kMG]?)\/([\d,.]+)([kMG]?)/
const scale: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 }

/** The last tqdm bar in a frame, or null. A bar without a total has no place to show and counts as none. */
export function parseProgress(line: string): ProgressFrame | null {
  const found = bar.exec(line)
  if (found === null) return null
  const [, label = '', done = '', doneUnit = '', total = '', totalUnit = ''] = found
  return { done: quantity(done, doneUnit), total: quantity(total, totalUnit), label: label.trim() }
}

function quantity(text: string, unit: string): number {
  return Number(text.replaceAll(',', '')) * (scale[unit] ?? 1)
}

/** True for a frame that a progress bar repaints, with or without a total. */
export function isProgress(line: string): boolean {
  return parseProgress(line) !== null || /^\s*(?:[^|]{0,80}:\s*)?[\d,.]+[kMG]?\s?\w*\s\[\d+:\d\d(?::\d\d)?,\s*(?:\?|[\d.]+)[^\]]{0,40}\]\s*$/.test(line)
}
