import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { Terminal } from '@xterm/xterm'
import type { ITheme } from '@xterm/xterm'
import type { JobId } from '../../../../electron/shared/ids'
import { on, request } from '../../bridge'
import { onTheme } from '../../charts/chart-colours'
import { leavesTerminal } from './terminal-keys'

/** Lines kept for scrolling back; the whole text is in console.log. */
const scrollback = 10_000
/** A resize of the window comes as many; the pty gets the last. */
const resizeMs = 120

export interface TerminalEvents {
  /** The view follows the end, or was scrolled away from it. */
  onFollow(following: boolean): void
  onEnd(): void
  onError(error: unknown): void
}

/** The terminal of a run on the screen: text from the engine's pty, acknowledged as it is shown, so that a flood waits instead of piling up. */
export class TerminalSession {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon()
  readonly #events: TerminalEvents
  readonly #stops: (() => void)[] = []
  #id: number | null = null
  #closed = false
  #following = true
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(jobId: JobId, host: HTMLElement, events: TerminalEvents) {
    this.#events = events
    const style = getComputedStyle(document.documentElement)
    this.#terminal = new Terminal({
      fontFamily: style.getPropertyValue('--font-mono').trim(),
      fontSize: 12,
      lineHeight: 1.15,
      scrollback,
      disableStdin: true,
      cursorStyle: 'bar',
      cursorInactiveStyle: 'none',
      convertEol: false,
      theme: terminalTheme(),
      screenReaderMode: false,
    })
    this.#terminal.loadAddon(this.#fit)
    this.#terminal.loadAddon(this.#search)
    this.#terminal.open(host)
    this.#fitNow()
    this.#terminal.attachCustomKeyEventHandler((event) => !leavesTerminal(event))
    const scrolled = this.#terminal.onScroll(() => { this.#seeFollow() })
    host.addEventListener('wheel', this.#seeFollowSoon)
    host.addEventListener('keydown', this.#seeFollowSoon)
    const sized = new ResizeObserver(() => { this.#resizeSoon() })
    sized.observe(host)
    this.#stops.push(
      onTheme(() => { this.#terminal.options.theme = terminalTheme() }),
      on('terminal.data', ({ terminalId, text }) => { this.#take(terminalId, text) }),
      on('terminal.end', ({ terminalId }) => { if (terminalId === this.#id) events.onEnd() }),
      // The next engine counts from the start: what belongs to an old number must not reach a new terminal.
      on('app.engine', ({ state }) => { if (state !== 'ready') this.#id = null }),
      () => { scrolled.dispose() },
      () => { sized.disconnect() },
      () => { host.removeEventListener('wheel', this.#seeFollowSoon) },
      () => { host.removeEventListener('keydown', this.#seeFollowSoon) },
    )
    void this.#open(jobId)
  }

  /** Goes to the end and stays there. */
  follow(): void {
    this.#terminal.scrollToBottom()
    this.#seeFollow()
  }

  /** Finds the next or the previous place of a text; false where there is none. */
  find(text: string, back: boolean): boolean {
    return back ? this.#search.findPrevious(text) : this.#search.findNext(text)
  }

  /** What is marked, else everything that is kept. */
  text(): string {
    if (this.#terminal.hasSelection()) return this.#terminal.getSelection()
    const buffer = this.#terminal.buffer.active
    const lines: string[] = []
    for (let row = 0; row < buffer.length; row++) {
      const line = buffer.getLine(row)
      if (line === undefined) continue
      const text = line.translateToString(true)
      if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text
      else lines.push(text)
    }
    return lines.join('\n').trimEnd()
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const stop of this.#stops) stop()
    if (this.#id !== null) void request('terminal.close', { terminalId: this.#id }).catch(this.#events.onError)
    this.#terminal.dispose()
  }

  async #open(jobId: JobId): Promise<void> {
    const early: { readonly terminalId: number; readonly text: string }[] = []
    // The first text may come before the answer that names the terminal.
    const stopEarly = on('terminal.data', (data) => { if (this.#id === null) early.push(data) })
    try {
      const { terminalId } = await request('terminal.open', { jobId, columns: this.#terminal.cols, rows: this.#terminal.rows })
      if (this.#closed) {
        await request('terminal.close', { terminalId })
        return
      }
      this.#id = terminalId
      for (const data of early) this.#take(data.terminalId, data.text)
    } catch (error) {
      if (!this.#closed) this.#events.onError(error)
    } finally {
      stopEarly()
    }
  }

  #take(terminalId: number, text: string): void {
    if (terminalId !== this.#id || this.#closed) return
    this.#terminal.write(text, () => {
      if (!this.#closed) void request('terminal.ack', { terminalId, characters: text.length }).catch(this.#events.onError)
    })
  }

  readonly #seeFollowSoon = (): void => {
    setTimeout(() => { if (!this.#closed) this.#seeFollow() }, 0)
  }

  #seeFollow(): void {
    const { viewportY, baseY } = this.#terminal.buffer.active
    const following = viewportY >= baseY
    if (following === this.#following) return
    this.#following = following
    this.#events.onFollow(following)
  }

  #fitNow(): void {
    const size = this.#fit.proposeDimensions()
    if (size !== undefined && size.cols >= 2 && size.rows >= 2) this.#fit.fit()
  }

  #resizeSoon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      const { cols, rows } = this.#terminal
      this.#fitNow()
      if (this.#id === null || (cols === this.#terminal.cols && rows === this.#terminal.rows)) return
      void request('terminal.resize', { terminalId: this.#id, columns: this.#terminal.cols, rows: this.#terminal.rows }).catch(this.#events.onError)
    }, resizeMs)
  }
}

/** ANSI colours from the tokens, so that both themes can be read. */
function terminalTheme(): ITheme {
  const probe = document.createElement('span')
  document.body.append(probe)
  const read = (token: string): string => {
    probe.style.color = `var(${token})`
    return getComputedStyle(probe).color
  }
  const [text, quiet, second, bad, good, warn, info, accent] = ['--text-1', '--text-3', '--text-2', '--bad', '--good', '--warn', '--info', '--accent'].map(read)
  const theme: Record<string, string | undefined> = {
    background: read('--surface-term'), foreground: text, cursor: read('--surface-term'), selectionBackground: read('--surface-select'),
    black: text, red: bad, green: good, yellow: warn, blue: info, magenta: read('--run-4'), cyan: accent, white: second,
    brightBlack: quiet, brightRed: bad, brightGreen: good, brightYellow: warn, brightBlue: info, brightMagenta: read('--run-4'), brightCyan: accent, brightWhite: text,
  }
  probe.remove()
  return theme
}
