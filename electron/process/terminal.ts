import { open, stat } from 'node:fs/promises'
import { spawn } from 'node-pty'
import type { IPty } from 'node-pty'
import { isErrno, messageOf } from '../shared/app-error'
import { inheritedEnvironment } from './launch'
import { runPath } from './run-folder'

export interface TerminalOptions {
  readonly runFolder: string
  readonly python: string
  readonly supervisorPath: string
  readonly columns: number
  readonly rows: number
  /** Bytes of console.log to show of what was printed before; older lines are left out. 1 MiB by default. */
  readonly historyBytes?: number
}

/** `onEnd` comes once, after the last text, when the run has ended; not after `close`. */
export interface TerminalListener {
  readonly onData: (text: string) => void
  readonly onEnd: () => void
}

/** Characters under way to the view. xterm parses some 10 MB/s while a pty gives 80 (docs/benchmarks.md), so the pty has to wait for it. */
const HIGH_WATER = 256 * 1024
const LOW_WATER = 32 * 1024
const HISTORY_BYTES = 1024 * 1024
const REST_CHUNK_BYTES = 64 * 1024
const RESET = '\u001bc'

/** Opens a terminal on a run, live or over: a pty with the follower in it, from the last part of console.log on. */
export async function openTerminal(options: TerminalOptions, listener: TerminalListener): Promise<TerminalSession> {
  const from = await historyStart(runPath(options.runFolder, 'console'), options.historyBytes ?? HISTORY_BYTES)
  return new TerminalSession(options, listener, from)
}

/**
 * A real terminal that shows a run. node-pty drops what its reader has not taken when the program in the pty ends, and with a slow
 * reader that is always the tail. The follower prints console.log byte by byte and unchanged, so this class knows how far it got and
 * reads the rest from the file. On Windows ConPTY redraws, which can't be counted: there the end is shown once more from the file.
 */
export class TerminalSession {
  readonly #pty: IPty
  readonly #listener: TerminalListener
  readonly #consolePath: string
  readonly #decoder = new TextDecoder('utf-8')
  readonly #historyBytes: number
  #offset: number
  #unacknowledged = 0
  #paused = false
  #state: 'live' | 'completing' | 'closed' = 'live'
  #wake: (() => void) | null = null
  #lastWasReturn = false

  constructor(options: TerminalOptions, listener: TerminalListener, fromByte: number) {
    this.#listener = listener
    this.#consolePath = runPath(options.runFolder, 'console')
    this.#historyBytes = options.historyBytes ?? HISTORY_BYTES
    this.#offset = fromByte
    const args = [options.supervisorPath, 'follow', '--folder', options.runFolder, '--from', String(fromByte)]
    this.#pty = spawn(options.python, args, {
      name: 'xterm-256color', cols: options.columns, rows: options.rows, cwd: options.runFolder, encoding: null,
      env: { ...inheritedEnvironment(process.env), PYTHONUTF8: '1' },
    })
    // With `encoding: null` pieces are bytes, though node-pty's types say text.
    this.#pty.onData((piece: string | Uint8Array) => {
      if (this.#state === 'live') this.#receive(typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece)
    })
    this.#pty.onExit(() => {
      if (this.#state === 'live') void this.#finish()
    })
  }

  /** Tells that the view has shown so many characters; without it the terminal stops after a while. */
  acknowledge(characters: number): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - characters)
    if (this.#unacknowledged > LOW_WATER) return
    if (this.#paused && this.#state === 'live') {
      this.#paused = false
      this.#pty.resume()
    }
    this.#wake?.()
  }

  resize(columns: number, rows: number): void {
    if (this.#state === 'live') this.#pty.resize(columns, rows)
  }

  /** Ends the terminal; the run goes on. */
  close(): void {
    if (this.#state === 'live') this.#pty.kill()
    this.#state = 'closed'
    this.#wake?.()
  }

  #receive(bytes: Uint8Array): void {
    this.#offset += bytes.length
    this.#send(this.#decoder.decode(bytes, { stream: true }))
    if (this.#unacknowledged <= HIGH_WATER || this.#paused || this.#state !== 'live') return
    this.#paused = true
    this.#pty.pause()
  }

  #send(text: string): void {
    if (text === '') return
    const shown = process.platform === 'win32' ? text : this.#withReturns(text)
    this.#unacknowledged += shown.length
    this.#listener.onData(shown)
  }

  /** What the pty would have done, were it not set to pass bytes unchanged. */
  #withReturns(text: string): string {
    const start = this.#lastWasReturn && text.startsWith('\n') ? 1 : 0
    this.#lastWasReturn = text.endsWith('\r')
    return text.slice(0, start) + text.slice(start).replace(/\r?\n/g, '\r\n')
  }

  async #finish(): Promise<void> {
    this.#state = 'completing'
    try {
      await this.#complete()
    } catch (error) {
      this.#send(`\nconsole.log can't be read: ${messageOf(error)}\n`)
    }
    if (this.#isClosed()) return
    this.#state = 'closed'
    this.#listener.onEnd()
  }

  async #complete(): Promise<void> {
    if (process.platform === 'win32') {
      this.#send(RESET)
      this.#offset = await historyStart(this.#consolePath, this.#historyBytes)
    }
    for (;;) {
      await this.#room()
      if (this.#isClosed()) return
      const bytes = await readAt(this.#consolePath, this.#offset, REST_CHUNK_BYTES)
      if (bytes.length === 0) break
      this.#receive(bytes)
    }
    this.#send(this.#decoder.decode())
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  async #room(): Promise<void> {
    while (this.#unacknowledged > HIGH_WATER && !this.#isClosed())
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    this.#wake = null
  }
}

/** The byte after the first line end of the last `bytes` of a file, or 0 for a shorter one. */
async function historyStart(path: string, bytes: number): Promise<number> {
  const size = await sizeOf(path)
  if (size <= bytes) return 0
  const piece = await readAt(path, size - bytes, REST_CHUNK_BYTES)
  return size - bytes + piece.indexOf(10) + 1
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
}

async function readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
  let file
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return new Uint8Array()
    throw error
  }
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
