import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { AppError } from '../shared/app-error'
import type { Precision, Sampling } from '../shared/comparison'
import type { LocalDevice } from '../shared/job-spec'
import { trainerEnvironment } from '../process/launch'
import { parseWorkerLine } from '../parsing/worker-line'
import type { WorkerAnswer } from '../parsing/worker-line'

export type PromptMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }

/** What the worker tells of one answer; times in milliseconds from the start of the request in the worker. */
export interface WorkerGeneration {
  readonly text: string
  readonly tokens: number
  readonly firstTokenMs: number
  readonly totalMs: number
  readonly stopped: 'end-of-turn' | 'length' | 'stopped'
}

export interface InferenceStart {
  readonly python: string
  readonly script: string
  readonly device: LocalDevice
  readonly onLog: (text: string) => void
}

interface Waiting {
  readonly resolve: (fields: Readonly<Record<string, unknown>>) => void
  readonly reject: (error: Error) => void
  readonly onToken: ((text: string) => void) | null
}

/** The last of stderr, for the reason of a worker that died. */
const KEPT_ERROR_CHARACTERS = 4_000
const CLOSE_GRACE_MS = 3_000

/** One Python process that keeps a base model loaded and answers one request after the other. A class, since it lives as long as its process. */
export class InferenceWorker {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly waiting = new Map<number, Waiting>()
  private nextId = 1
  private pending = ''
  private lastError = ''
  private gone = false

  constructor(private readonly options: InferenceStart) {
    const { device } = options
    this.child = spawn(options.python, ['-u', options.script], { env: { ...trainerEnvironment(process.env, device) }, stdio: 'pipe', windowsHide: true })
    this.child.stdout.setEncoding('utf8')
    this.child.stderr.setEncoding('utf8')
    this.child.stdout.on('data', (text: string) => this.receive(text))
    this.child.stderr.on('data', (text: string) => {
      this.lastError = (this.lastError + text).slice(-KEPT_ERROR_CHARACTERS)
      options.onLog(text)
    })
    // A write to a worker that just died fails on the stream; the exit handler tells those who wait.
    this.child.stdin.on('error', () => undefined)
    this.child.on('error', (error) => this.end(error.message))
    this.child.on('close', (code, signal) => this.end(`the worker ended (${signal ?? `exit code ${code ?? 'unknown'}`})`))
  }

  /** Undefined when the interpreter could not be started. */
  get pid(): number | undefined {
    return this.child.pid
  }

  get alive(): boolean {
    return !this.gone
  }

  /** Loads a base, or does nothing when it is loaded at this precision. Resolves to the dtype of its weights. */
  async load(base: string, precision: Precision): Promise<{ readonly dtype: string; readonly loadMs: number }> {
    const { device } = this.options
    const done = await this.request({ op: 'load', base, precision, device: device.kind, threads: device.kind === 'cpu' ? device.threads : 1 })
    return { dtype: String(done['dtype']), loadMs: Number(done['load_ms']) }
  }

  /** Streams an answer; aborting stops between two tokens and resolves with what there is. */
  async generate(
    adapter: string | null, messages: readonly PromptMessage[], sampling: Sampling, onToken: ((text: string) => void) | null, signal?: AbortSignal,
  ): Promise<WorkerGeneration> {
    const { temperature, topP, maxNewTokens, seed } = sampling
    const id = this.nextId
    const stop = () => this.write({ op: 'stop', target: id })
    signal?.addEventListener('abort', stop, { once: true })
    try {
      if (signal?.aborted === true) throw new AppError('CANCELLED', 'stopped before it began')
      const done = await this.request({ op: 'generate', adapter, messages, temperature, top_p: topP, max_new_tokens: maxNewTokens, seed }, onToken)
      return {
        text: String(done['text']), tokens: Number(done['tokens']), firstTokenMs: Number(done['first_token_ms']), totalMs: Number(done['total_ms']),
        stopped: done['stopped'] === 'length' ? 'length' : done['stopped'] === 'stopped' ? 'stopped' : 'end-of-turn',
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** Mean negative log likelihood of a reference answer in nats per token; null where it has no token. */
  async score(adapter: string | null, messages: readonly PromptMessage[], reference: string): Promise<{ readonly nll: number | null; readonly tokens: number }> {
    const done = await this.request({ op: 'score', adapter, messages, reference })
    return { nll: typeof done['nll'] === 'number' ? done['nll'] : null, tokens: Number(done['tokens']) }
  }

  /** Folds an adapter into its base and saves the whole model to `out`. */
  async merge(base: string, adapter: string, out: string): Promise<void> {
    await this.request({ op: 'merge', base, adapter, out })
  }

  /** Lets the process end by itself, then ends it. */
  async close(): Promise<void> {
    if (this.gone) return
    const closed = new Promise<void>((resolve) => this.child.once('close', () => resolve()))
    this.child.stdin.end()
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_GRACE_MS)
    await closed
    clearTimeout(timer)
  }

  private request(fields: Readonly<Record<string, unknown>>, onToken: ((text: string) => void) | null = null): Promise<Readonly<Record<string, unknown>>> {
    if (this.gone) return Promise.reject(new AppError('INFERENCE_FAILED', 'the worker has ended'))
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onToken })
      this.write({ id, ...fields })
    })
  }

  private write(message: Readonly<Record<string, unknown>>): void {
    if (!this.gone) this.child.stdin.write(`${JSON.stringify(message)}\n`)
  }

  private receive(text: string): void {
    const lines = (this.pending + text).split('\n')
    this.pending = lines.pop() ?? ''
    for (const line of lines) {
      const answer = parseWorkerLine(line)
      if (answer !== null) this.settle(answer)
    }
  }

  private settle(answer: WorkerAnswer): void {
    const waiting = this.waiting.get(answer.id)
    if (waiting === undefined) return
    if (answer.event === 'token') return waiting.onToken?.(answer.text)
    this.waiting.delete(answer.id)
    if (answer.event === 'done') waiting.resolve(answer.fields)
    else waiting.reject(new AppError('INFERENCE_FAILED', `${answer.type}: ${answer.message}`))
  }

  private end(reason: string): void {
    if (this.gone) return
    this.gone = true
    const lastLine = this.lastError.trim().split('\n').at(-1) ?? ''
    for (const { reject } of this.waiting.values()) reject(new AppError('INFERENCE_FAILED', lastLine === '' ? reason : `${reason}: ${lastLine}`))
    this.waiting.clear()
  }
}
