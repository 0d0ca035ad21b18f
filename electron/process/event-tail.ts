import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { isErrno } from '../shared/app-error'

/** Whole lines of a growing file. `nextOffset` is the byte after the last "\n" of `text`: reading goes on there, in this process or a later one. */
export type TailPiece =
  | { readonly kind: 'lines'; readonly text: string; readonly nextOffset: number }
  /** The file got shorter than what was read: somebody replaced it. Reading begins again at 0. */
  | { readonly kind: 'truncated' }

export interface TailOptions {
  readonly fromOffset: number
  /** Asked when all there is was read; after it says true, what came meanwhile is read and the stream ends. */
  readonly hasEnded: () => Promise<boolean>
  readonly signal?: AbortSignal
  readonly pollMs?: number
}

/**
 * Memory and the time that the consumer's thread is held stay bounded by this, however far the reader lies behind: some 500 lines
 * with eight metrics, which are parsed and stored in about 4 ms.
 */
const CHUNK_BYTES = 128 * 1024
/** A longer line is no event of ours; it is skipped. */
const MAX_LINE_BYTES = 8 * 1024 * 1024
/** Polling one file 10 times a second costs less than 0.1% of a core; fs.watch loses events on network drives, so it would not replace it. */
const POLL_MS = 100
const NEWLINE = 10

/**
 * Follows a file that only grows, by whole lines ended with "\n", from any byte offset that starts a line. A missing file is an empty
 * one. Ends after `hasEnded` or an abort. Nothing is kept between pieces but the offset, so a cut line is simply read again.
 */
export async function* tailLines(path: string, options: TailOptions): AsyncGenerator<TailPiece, void, undefined> {
  const { hasEnded, signal, pollMs = POLL_MS } = options
  let offset = options.fromOffset
  let size = -1
  let last = false
  while (!isAborted(signal)) {
    const grown = await fileSize(path)
    if (grown < offset) {
      yield { kind: 'truncated' }
      offset = 0
    } else if (grown !== size) {
      for await (const piece of readLines(path, offset)) {
        offset = piece.nextOffset
        if (piece.text !== '') yield { kind: 'lines', ...piece }
        if (isAborted(signal)) return
      }
    }
    size = grown
    if (last) return
    last = await hasEnded()
    if (!last) await delay(pollMs, undefined, signal === undefined ? {} : { signal }).catch(ignoreAbort)
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
}

/** Reads from `offset` to the last whole line that the file has now. A line that is too long gives an empty text and a new offset. */
async function* readLines(path: string, offset: number): AsyncGenerator<{ text: string; nextOffset: number }, void, undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
      const end = bytesRead === 0 ? 0 : buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1
      if (end > 0) {
        offset += end
        yield { text: buffer.toString('utf8', 0, end), nextOffset: offset }
      } else if (bytesRead < buffer.length) {
        return
      } else if (buffer.length < MAX_LINE_BYTES) {
        buffer = Buffer.allocUnsafe(buffer.length * 2)
      } else {
        const next = await afterNewline(file, offset + bytesRead, buffer)
        if (next === null) return
        offset = next
        yield { text: '', nextOffset: offset }
      }
    }
  } finally {
    await file.close()
  }
}

async function afterNewline(file: FileHandle, from: number, buffer: Buffer): Promise<number | null> {
  for (let offset = from; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
    if (bytesRead === 0) return null
    const at = buffer.subarray(0, bytesRead).indexOf(NEWLINE)
    if (at !== -1) return offset + at + 1
    offset += bytesRead
  }
}
