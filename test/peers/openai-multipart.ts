import { closeSync, openSync, writeSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'

export interface ReceivedForm {
  readonly fields: Readonly<Record<string, string>>
  /** Written to disk as it came. */
  readonly file: { readonly path: string; readonly name: string; readonly sizeBytes: number } | null
}

/** Reads a multipart form in flat memory: its one file goes to `path`. */
export async function receiveForm(request: IncomingMessage, path: string): Promise<ReceivedForm> {
  const boundary = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) throw new Error('the form has no boundary')
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const fields: Record<string, string> = {}
  let file: ReceivedForm['file'] = null
  let fd: number | null = null
  let name = ''
  let fileName = ''
  let size = 0
  let text = ''
  let inBody = false
  // The first delimiter has no line break before it.
  let rest = Buffer.from('\r\n')
  const put = (piece: Buffer): void => {
    if (fd === null) text += piece.toString('utf8')
    else writeSync(fd, piece)
    size += piece.length
  }
  const endPart = (): void => {
    if (fd !== null) {
      closeSync(fd)
      file = { path, name: fileName, sizeBytes: size }
    } else if (name !== '') fields[name] = text
    fd = null
  }
  for await (const chunk of request) {
    rest = Buffer.concat([rest, chunk as Buffer])
    for (;;) {
      if (inBody) {
        const at = rest.indexOf(delimiter)
        if (at === -1) {
          const safe = Math.max(0, rest.length - delimiter.length)
          put(rest.subarray(0, safe))
          rest = rest.subarray(safe)
          break
        }
        put(rest.subarray(0, at))
        endPart()
        rest = rest.subarray(at)
        inBody = false
      }
      const headEnd = rest.indexOf('\r\n\r\n')
      if (headEnd === -1) break
      const head = rest.subarray(0, headEnd).toString('utf8')
      name = /name="([^"]*)"/.exec(head)?.[1] ?? ''
      fileName = /filename="([^"]*)"/.exec(head)?.[1] ?? ''
      fd = /filename="/.test(head) ? openSync(path, 'w') : null
      size = 0
      text = ''
      inBody = true
      rest = rest.subarray(headEnd + 4)
    }
  }
  if (inBody) {
    if (fd !== null) closeSync(fd)
    throw new Error('the form was cut off')
  }
  return { fields, file }
}
