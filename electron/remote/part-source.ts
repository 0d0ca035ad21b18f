import { AppError, messageOf } from '../shared/app-error'
import type { FileHandle } from 'node:fs/promises'

const mebibyte = 1024 * 1024
/** The service takes at most this many parts. */
const mostParts = 10_000

/** Bytes to send, cut into parts. `read` fills the buffer with the next part and says which one it is; null: there is no more. */
export interface PartSource {
  readonly partBytes: number
  read(buffer: Buffer): Promise<{ readonly index: number; readonly bytes: number } | null>
}

/** The size of a part for a file of this size: 8 MiB, or more where that were too many. */
export function partBytesFor(sizeBytes: number): number {
  return Math.max(8 * mebibyte, Math.ceil(sizeBytes / mostParts / mebibyte) * mebibyte)
}

/** The parts of an open file; several may be read at the same time. */
export function filePart(file: FileHandle, path: string, sizeBytes: number): PartSource {
  const partBytes = partBytesFor(sizeBytes)
  let next = 0
  return {
    partBytes,
    async read(buffer) {
      const index = next
      const from = index * partBytes
      if (index > 0 && from >= sizeBytes) return null
      next += 1
      const wanted = Math.min(partBytes, sizeBytes - from)
      let bytes = 0
      while (bytes < wanted) {
        const { bytesRead } = await file.read(buffer, bytes, wanted - bytes, from + bytes).catch((error: unknown) => unreadable(path, error))
        if (bytesRead === 0) return unreadable(path, new Error('it became shorter while it was read'))
        bytes += bytesRead
      }
      return { index, bytes }
    },
  }
}

/** The parts of a stream, whose size nobody knows. */
export function streamPart(iterator: AsyncIterator<Uint8Array>): PartSource {
  let rest: Uint8Array = new Uint8Array()
  let next = 0
  let ended = false
  async function fill(buffer: Buffer): Promise<number> {
    let bytes = 0
    while (bytes < buffer.length) {
      if (rest.length === 0) {
        const { done, value } = ended ? { done: true, value: undefined } : await iterator.next()
        ended = done === true
        if (ended || value === undefined) break
        rest = value as Uint8Array
      }
      const taken = rest.subarray(0, buffer.length - bytes)
      buffer.set(taken, bytes)
      bytes += taken.length
      rest = rest.subarray(taken.length)
    }
    return bytes
  }
  // One reads after the other: a stream has one order.
  let turn: Promise<unknown> = Promise.resolve()
  return {
    partBytes: 16 * mebibyte,
    read(buffer) {
      const mine = turn.then(async () => {
        const bytes = await fill(buffer)
        if (bytes === 0 && next > 0) return null
        next += 1
        return { index: next - 1, bytes }
      })
      turn = mine.catch(() => undefined)
      return mine
    },
  }
}

/** The parts of what is in memory anyway. */
export function bytesPart(bytes: Uint8Array): PartSource {
  const chunks = (function* () {
    yield bytes
  })()
  return { ...streamPart({ next: () => Promise.resolve(chunks.next()) }), partBytes: partBytesFor(bytes.length) }
}

/** Throws FILE_READ. */
export function unreadable(path: string, error: unknown): never {
  throw new AppError('FILE_READ', `${path} cannot be read: ${messageOf(error)}`, { cause: error })
}
