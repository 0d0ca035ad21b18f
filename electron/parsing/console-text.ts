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

/** The text as a terminal would leave it: of a line that repaints itself its last frame, no escapes, and no line that held nothing else. */
export function plainConsole(text: string): string {
  return text.split('\n').flatMap((line) => {
    const plain = stripAnsi(line.split('\r').findLast((frame) => frame !== '') ?? '')
    return plain === '' && line !== '' ? [] : [plain]
  }).join('\n')
}

const pair = /'[^']{1,100}'\s{0,4}:\s{0,4}'?-?(?:\d|nan|inf)/

/** True for a line with a metrics dict, as Transformers prints it: floats up to 4.57, quoted strings from 5 on. */
export function hasMetrics(line: string): boolean {
  // Found by its brackets, not by one expression: nested repeats took minutes on a long line without an end.
  const end = line.lastIndexOf('}', MAX_LINE_LENGTH)
  const start = end === -1 ? -1 : line.lastIndexOf('{', end)
  return start !== -1 && pair.test(line.slice(start, end))
}

const bar = /\d{1,3}%\|[^|]{0,400}\|\s{0,9}[\d,.]{1,30}[kMG]?\/[\d,.]{1,30}[kMG]?/
const barWithoutTotal = /(?:^|\s)[\d,.]{1,30}[kMG]?\s?\w{0,20}\s\[\d+:\d\d(?::\d\d)?,\s{0,9}(?:\?|[\d.]{1,30})[^\]]{0,40}\]\s*$/

/** True for a frame that a tqdm bar repaints, with or without a total. */
export function isProgress(line: string): boolean {
  const start = line.slice(0, MAX_LINE_LENGTH)
  return bar.test(start) || barWithoutTotal.test(start)
}
