import { CORE_SAMPLE_FIELDS, SAMPLE_FIELDS, isUnknownFieldMessage, parseSampleLine } from '../parsing/nvidia-smi-csv'
import type { SampleField } from '../parsing/nvidia-smi-csv'
import type { GpuSample } from '../shared/hardware'

/** A reading older than this is no reading of now: the driver is busy, hangs, or the process is gone. */
const STALE_AFTER_MS = 3_000
/** A process that prints no reading for so long is stuck in the driver and is replaced. */
const SILENT_AFTER_MS = 15_000
const FIRST_BACK_OFF_MS = 1_000
const LONGEST_BACK_OFF_MS = 60_000
/** A process that read for so long was healthy: the next pause is short again. */
const HEALTHY_AFTER_MS = 30_000
/** A line of nvidia-smi has about 120 characters; more than this without a line end is not its output. */
const LONGEST_LINE = 4_096

/** The part of a child process that the stream uses. */
export interface GpuStreamChild {
  readonly stdout: NodeJS.ReadableStream
  readonly stderr: NodeJS.ReadableStream
  kill(signal: NodeJS.Signals): boolean
  once(event: 'close', listener: () => void): unknown
  once(event: 'error', listener: (error: Error) => void): unknown
}

/** How to find and start nvidia-smi. `findProgram` must not reject; null means that there is none now. */
export interface GpuStreamProgram {
  readonly findProgram: () => Promise<string | null>
  readonly spawnProgram: (file: string, args: readonly string[]) => GpuStreamChild
}

/** One `nvidia-smi -lms` process with its restarts, and the last reading of every GPU. */
export class GpuStream {
  readonly #latest = new Map<string, { readonly sample: GpuSample; readonly atMs: number }>()
  readonly #program: GpuStreamProgram
  readonly #intervalMs: number
  #fields: readonly SampleField[] = SAMPLE_FIELDS
  #backOffMs = FIRST_BACK_OFF_MS
  #child: GpuStreamChild | null = null
  #timer: NodeJS.Timeout | undefined
  #isDisposed = false

  constructor(program: GpuStreamProgram, intervalMs: number) {
    this.#program = program
    this.#intervalMs = intervalMs
    void this.#run()
  }

  /** The fresh readings by index. */
  readings(): readonly GpuSample[] {
    const oldestMs = Date.now() - STALE_AFTER_MS
    return [...this.#latest.values()]
      .filter(({ atMs }) => atMs >= oldestMs)
      .map(({ sample }) => sample)
      .sort((a, b) => a.index - b.index)
  }

  dispose(): void {
    this.#isDisposed = true
    clearTimeout(this.#timer)
    this.#child?.kill('SIGKILL')
    this.#child = null
  }

  async #run(): Promise<void> {
    const path = await this.#program.findProgram()
    if (this.#isDisposed) return
    if (path === null) {
      // A driver can be installed while the app runs; looking again is a few file checks a minute.
      this.#runIn(LONGEST_BACK_OFF_MS)
      return
    }
    const query = `--query-gpu=${this.#fields.join(',')}`
    this.#listenTo(this.#program.spawnProgram(path, [query, '--format=csv,noheader,nounits', '-lms', String(this.#intervalMs)]))
  }

  #listenTo(child: GpuStreamChild): void {
    this.#child = child
    const startedAtMs = Date.now()
    let heardAtMs = startedAtMs
    let said = ''
    let pending = ''
    const restart = () => {
      if (this.#child !== child) return
      this.#child = null
      if (isUnknownFieldMessage(said)) this.#fields = CORE_SAMPLE_FIELDS
      if (heardAtMs - startedAtMs >= HEALTHY_AFTER_MS) this.#backOffMs = FIRST_BACK_OFF_MS
      this.#runIn(this.#backOffMs)
      this.#backOffMs = Math.min(this.#backOffMs * 2, LONGEST_BACK_OFF_MS)
    }
    // Killed, but replaced only once it is gone: a process that is stuck in the driver may not die, and a new one each
    // minute would pile up behind it.
    const watch = () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => child.kill('SIGKILL'), SILENT_AFTER_MS)
    }
    child.stdout.setEncoding('utf8')
    child.stderr.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      if (this.#child !== child) return
      said = (said + text).slice(-LONGEST_LINE)
      const lines = (pending + text).split('\n')
      pending = (lines.pop() ?? '').slice(-LONGEST_LINE)
      const readings = lines.flatMap((line) => parseSampleLine(line, this.#fields) ?? [])
      if (readings.length === 0) return
      heardAtMs = Date.now()
      for (const sample of readings) this.#latest.set(sample.uuid, { sample, atMs: heardAtMs })
      watch()
    })
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-LONGEST_LINE)
    })
    child.once('error', restart)
    child.once('close', restart)
    watch()
  }

  #runIn(delayMs: number): void {
    clearTimeout(this.#timer)
    if (!this.#isDisposed) this.#timer = setTimeout(() => void this.#run(), delayMs)
  }
}
