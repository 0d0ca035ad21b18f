import { open } from 'node:fs/promises'

/** One record of a JSONL or JSON-array file: its text and the line where it begins, from 1. `problem` stands in for a text that can't be read. */
export interface SourceRecord {
  readonly line: number
  readonly text: string
  readonly problem: 'too-long' | 'not-utf8' | null
}
export interface ReadProgress {
  readonly readBytes: number
  readonly totalBytes: number
}

/** Longer records are refused: a row of 32 MiB is a broken file, and memory stays flat. */
export const maxRecordBytes = 32 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

const NEWLINE = 0x0a, RETURN = 0x0d, TAB = 0x09, SPACE = 0x20, QUOTE = 0x22, BACKSLASH = 0x5c, OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d, OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, COMMA = 0x2c
const isSpace = (byte: number) => byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB

/** Records of a file in flat memory. Lines end at `\n` alone, since U+2028 may stand inside a JSON string. A UTF-8 mark at the start is skipped. */
export async function* readRecords(path: string, onProgress: (progress: ReadProgress) => void, signal: AbortSignal): AsyncGenerator<SourceRecord, void, undefined> {
  const file = await open(path, 'r')
  try {
    const totalBytes = (await file.stat()).size
    let splitter: Splitter | null = null
    let readBytes = 0
    // One buffer for all chunks: what outlives its chunk is copied.
    const space = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      signal.throwIfAborted()
      const { bytesRead, buffer } = await file.read(space, 0, CHUNK_BYTES, readBytes)
      if (bytesRead === 0) break
      let chunk = buffer.subarray(0, bytesRead)
      if (readBytes === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3)
      readBytes += bytesRead
      splitter ??= chunk.find((byte) => !isSpace(byte)) === OPEN_BRACKET ? new ArraySplitter() : new LineSplitter()
      yield* splitter.push(chunk)
      onProgress({ readBytes, totalBytes })
    }
    if (splitter !== null) yield* splitter.end()
  } finally {
    await file.close()
  }
}

interface Splitter {
  push(chunk: Buffer): Iterable<SourceRecord>
  end(): Iterable<SourceRecord>
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Collects the pieces of one record over chunk borders. */
class Pieces {
  private parts: Buffer[] = []
  private bytes = 0
  private overlong = false

  add(piece: Buffer): void {
    if (piece.length === 0) return
    this.bytes += piece.length
    if (this.bytes > maxRecordBytes) {
      this.overlong = true
      this.parts = []
    } else this.parts.push(piece)
  }

  take(line: number): SourceRecord {
    const whole = this.parts.length === 1 ? (this.parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.parts)
    const { overlong } = this
    this.parts = []
    this.bytes = 0
    this.overlong = false
    if (overlong) return { line, text: '', problem: 'too-long' }
    try {
      return { line, text: decoder.decode(whole), problem: null }
    } catch {
      return { line, text: whole.toString('utf8'), problem: 'not-utf8' }
    }
  }

  get isEmpty(): boolean {
    return this.bytes === 0
  }
}

class LineSplitter implements Splitter {
  private readonly pieces = new Pieces()
  private line = 1;

  *push(chunk: Buffer): Iterable<SourceRecord> {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.pieces.add(chunk.subarray(from, at))
      yield this.pieces.take(this.line)
      this.line += 1
      from = at + 1
    }
    this.pieces.add(Buffer.from(chunk.subarray(from)))
  }

  *end(): Iterable<SourceRecord> {
    if (!this.pieces.isEmpty) yield this.pieces.take(this.line)
  }
}

/** Cuts the elements out of a top-level array by counting brackets outside of strings; JSON.parse judges each element later. */
class ArraySplitter implements Splitter {
  private readonly pieces = new Pieces()
  private line = 1
  private startLine = 1
  private depth = 0
  private inString = false
  private escaped = false
  private inElement = false;

  *push(chunk: Buffer): Iterable<SourceRecord> {
    let from = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0
      if (byte === NEWLINE) this.line += 1
      if (this.inString) {
        if (this.escaped) this.escaped = false
        else if (byte === BACKSLASH) this.escaped = true
        else if (byte === QUOTE) this.inString = false
        continue
      }
      const ends = this.depth === 1 && this.inElement && (byte === COMMA || byte === CLOSE_BRACKET)
      if (ends) {
        this.pieces.add(chunk.subarray(from, at))
        yield this.pieces.take(this.startLine)
        this.inElement = false
      }
      if (byte === OPEN_BRACKET || byte === OPEN_BRACE) this.depth += 1
      if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) this.depth -= 1
      const isOuterBracket = byte === OPEN_BRACKET && this.depth === 1 && !this.inElement
      if (!this.inElement && this.depth >= 1 && !isSpace(byte) && byte !== COMMA && !isOuterBracket) {
        this.inElement = true
        this.startLine = this.line
        from = at
      }
      if (byte === QUOTE) this.inString = true
    }
    if (this.inElement) this.pieces.add(Buffer.from(chunk.subarray(from)))
  }

  *end(): Iterable<SourceRecord> {
    if (!this.pieces.isEmpty) yield this.pieces.take(this.startLine) // a file that was cut off
  }
}
