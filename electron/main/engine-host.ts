import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { MessageChannelMain, utilityProcess } from 'electron'
import type { MessagePortMain, UtilityProcess, WebContents } from 'electron'
import { messageOf } from '../shared/app-error'
import type { EngineMessage, EngineReport, MainPort, MainRequest } from '../shared/main-port'
import type { Pushes } from '../shared/requests'
import type { Log } from './log'
import { restartDelayMs } from './restart-policy'

export type EngineState = Pushes['app.engine']
export type DatabaseProblem = Extract<EngineReport, { kind: 'database-problem' }>
export type SelfTestReport = Extract<EngineReport, { kind: 'self-test' }>

export interface EngineHostOptions {
  readonly entry: string
  readonly environment: Readonly<Record<string, string>>
  readonly main: MainPort
  readonly log: Log
  /** Asked at the moment a port is handed out: the page may have changed since it asked. */
  mayHold(page: WebContents): boolean
  onState(state: EngineState): void
  onDatabaseProblem(problem: DatabaseProblem): void
}

/** Time that the engine has to close its files after a shutdown message. */
const shutdownMs = 4_000

/** Keeps one engine process alive, gives each admitted page a port to it, and answers what it asks of main. */
export class EngineHost {
  private child: UtilityProcess | null = null
  private ready = false
  private stopping = false
  private deathsMs: number[] = []
  private retry: NodeJS.Timeout | null = null
  private readonly pages = new Set<WebContents>()
  private readonly selfTests: ((report: SelfTestReport) => void)[] = []

  constructor(private readonly options: EngineHostOptions) {}

  start(): void {
    if (this.stopping) return
    this.retry = null
    this.options.onState({ state: this.deathsMs.length === 0 ? 'starting' : 'restarting', reason: null })
    const child = utilityProcess.fork(this.options.entry, [], { stdio: 'pipe', serviceName: 'Tunesmith engine', env: { ...process.env, ...this.options.environment } })
    this.child = child
    this.logLines(child.stdout, 'engine output')
    this.logLines(child.stderr, 'engine error output')
    child.on('message', (message: EngineReport) => this.receive(child, message))
    child.on('exit', (code) => this.ended(child, code))
  }

  /** Starts over after a shutdown, with all earlier deaths forgotten. */
  restart(): void {
    this.deathsMs = []
    this.stopping = false
    if (this.child === null) this.start()
  }

  /** Hands a port to the page now, or as soon as the engine is there, and again after each restart. */
  connect(page: WebContents): void {
    if (!this.pages.has(page)) {
      this.pages.add(page)
      page.once('destroyed', () => this.pages.delete(page))
    }
    if (this.ready) this.handPort(page)
  }

  /** A port of main's own, for the self-test: it speaks as a window does. */
  openPort(): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain()
    this.send({ kind: 'window', windowId: 0 }, [port2])
    return port1
  }

  selfTest(): Promise<SelfTestReport> {
    return new Promise((resolve) => {
      this.selfTests.push(resolve)
      this.send({ kind: 'self-test' })
    })
  }

  /** Lets the engine close its files; kills it when it takes too long. Runs go on, they are not its children. */
  async shutdown(): Promise<void> {
    this.stopping = true
    if (this.retry !== null) clearTimeout(this.retry)
    const { child } = this
    if (child === null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    this.send({ kind: 'shutdown' })
    const timer = setTimeout(() => child.kill(), shutdownMs)
    await gone
    clearTimeout(timer)
  }

  private send(message: EngineMessage, ports: MessagePortMain[] = []): void {
    this.child?.postMessage(message, ports)
  }

  private handPort(page: WebContents): void {
    if (page.isDestroyed() || !this.options.mayHold(page)) return
    const { port1, port2 } = new MessageChannelMain()
    this.send({ kind: 'window', windowId: page.id }, [port2])
    page.postMessage('tunesmith:port', null, [port1])
  }

  private receive(child: UtilityProcess, report: EngineReport): void {
    if (child !== this.child) return
    switch (report.kind) {
      case 'call':
        void this.answer(report)
        return
      case 'ready':
        this.ready = true
        for (const page of this.pages) this.handPort(page)
        this.options.log.info('engine ready', { pid: child.pid })
        this.options.onState({ state: 'ready', reason: null })
        return
      case 'database-problem':
        this.stopping = true
        this.options.log.error('the database can not be used', { code: report.code, path: report.path })
        this.options.onDatabaseProblem(report)
        return
      case 'self-test':
        this.selfTests.shift()?.(report)
        return
    }
  }

  private async answer(request: MainRequest): Promise<void> {
    try {
      this.send({ kind: 'answer', id: request.id, ok: true, data: await callMain(this.options.main, request) })
    } catch (error) {
      this.options.log.error('a call of the engine failed', { method: request.method, error: messageOf(error) })
      this.send({ kind: 'answer', id: request.id, ok: false, message: messageOf(error) })
    }
  }

  private ended(child: UtilityProcess, code: number): void {
    if (child !== this.child) return
    this.child = null
    this.ready = false
    if (this.stopping) return
    const nowMs = Date.now()
    this.deathsMs.push(nowMs)
    const delayMs = restartDelayMs(this.deathsMs, nowMs)
    this.options.log.error('engine ended', { code, restartInMs: delayMs })
    if (delayMs === null) {
      this.options.onState({ state: 'gone', reason: `The engine ended ${this.deathsMs.length} times, last with code ${code}.` })
      return
    }
    this.options.onState({ state: 'restarting', reason: `The engine ended with code ${code}.` })
    this.retry = setTimeout(() => this.start(), delayMs)
  }

  private logLines(stream: NodeJS.ReadableStream | null, message: string): void {
    if (stream === null) return
    createInterface({ input: stream as Readable }).on('line', (line) => this.options.log.warn(message, { line: line.slice(0, 4000) }))
  }
}

/** Runs one call of the engine on main's port. The engine is our own code; the switch keeps names and arguments typed. */
function callMain(main: MainPort, request: MainRequest): Promise<unknown> {
  switch (request.method) {
    case 'openDialog':
      return main.openDialog(...request.args)
    case 'saveDialog':
      return main.saveDialog(...request.args)
    case 'showFolder':
      return main.showFolder(...request.args)
    case 'openLink':
      return main.openLink(...request.args)
    case 'notify':
      return main.notify(...request.args)
    case 'secretGet':
      return main.secretGet(...request.args)
    case 'secretSet':
      return main.secretSet(...request.args)
    case 'secretClear':
      return main.secretClear(...request.args)
    case 'secretState':
      return main.secretState(...request.args)
    case 'setActivity':
      return main.setActivity(...request.args)
    case 'setTheme':
      return main.setTheme(...request.args)
    case 'setDataFolder':
      return main.setDataFolder(...request.args)
    case 'restart':
      return main.restart(...request.args)
    case 'versions':
      return main.versions(...request.args)
  }
}
