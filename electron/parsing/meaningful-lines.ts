import { consoleLines, hasMetrics, isProgress } from './console-text'

const MAX_LINES = 40
const MAX_LINE_LENGTH = 500
/** A traceback longer than this shows its first line and its end: the error stands at the end. */
const KEPT_OF_TRACEBACK = 24

/**
 * The last lines of a console text that say something: no bars, no metrics, no repeats, at most 40. A traceback keeps its end, and what a
 * program prints after it (bars that close, warnings at exit) does not push it out.
 */
export function meaningfulLines(consoleText: string, maxLines = MAX_LINES): readonly string[] {
  const lines: string[] = []
  for (const line of consoleLines(consoleText, MAX_LINE_LENGTH)) {
    if (isProgress(line) || hasMetrics(line) || line === lines.at(-1)) continue
    lines.push(line)
  }
  const start = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'))
  if (start === -1 || lines.length - start <= maxLines) return lines.slice(-maxLines)
  const end = tracebackEnd(lines, start)
  const traceback = lines.slice(start, end + 1)
  const kept = traceback.length <= KEPT_OF_TRACEBACK ? traceback : [traceback[0] ?? '', '  ...', ...traceback.slice(-(KEPT_OF_TRACEBACK - 2))]
  const room = maxLines - kept.length
  return [...kept.slice(-maxLines), ...(room > 0 ? lines.slice(end + 1).slice(-room) : [])]
}

/** Index of the line with the exception: the first one after the frames that is not indented. */
function tracebackEnd(lines: readonly string[], start: number): number {
  for (let index = start + 1; index < lines.length; index += 1) if (!/^\s/.test(lines[index] ?? '')) return index
  return lines.length - 1
}
