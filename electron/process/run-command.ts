import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** How to run a short command; a long-lived process is spawned by its owner instead. */
export interface RunCommandOptions {
  readonly cwd?: string
  /** The whole environment of the child; the app's own when left out. */
  readonly env?: NodeJS.ProcessEnv
  /** Text for standard input; without it standard input is empty. */
  readonly input?: string
  /** Wall-clock limit; the process tree is ended when it passes. */
  readonly timeoutMs: number
  /** Bytes kept of each stream, the first ones; the rest is read and dropped. 4 MiB by default. */
  readonly maxOutputBytes?: number
  /** Time between asking the tree to end and killing it. 2,000 ms by default. */
  readonly killGraceMs?: number
  readonly signal?: AbortSignal
  /** Called with each piece of text as it comes, for progress. Pieces do not end at line ends. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
}

/**
 * How a command ended. `startError` is set when it never ran (`ENOENT`: no such program). `exitCode` is null when it did
 * not run, was ended by a signal, or did not die even after SIGKILL (a process stuck in a driver call).
 */
export interface CommandResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  readonly aborted: boolean
  /** Output passed `maxOutputBytes` and was cut. */
  readonly truncated: boolean
  readonly startError: { readonly code: string; readonly message: string } | null
}

const DEFAULT_MAX_OUTPUT_BYTES = 4 * 1024 * 1024
const DEFAULT_KILL_GRACE_MS = 2_000
/** After SIGKILL a process may stay in an uninterruptible driver call for ever; its result is not waited for longer than this. */
const GIVE_UP_AFTER_KILL_MS = 1_000
/** A grandchild can hold the pipes open after the command itself is gone; so much silence ends the wait for more output. */
const QUIET_AFTER_EXIT_MS = 500

/** One output stream: decodes as it comes and keeps the first `maxBytes`. */
function capture(stream: NodeJS.ReadableStream | null, maxBytes: number, onText: (text: string) => void) {
  const state = { text: '', bytes: 0, truncated: false }
  stream?.setEncoding('utf8')
  stream?.on('data', (piece: string) => {
    onText(piece)
    if (state.truncated) return
    const room = maxBytes - state.bytes
    const encoded = Buffer.from(piece, 'utf8')
    state.bytes += encoded.length
    state.truncated = encoded.length > room
    // Cutting inside a character leaves U+FFFD at the end; dropped, since the text is marked as cut anyway.
    state.text += state.truncated ? encoded.subarray(0, room).toString('utf8').replace(/\uFFFD$/, '') : piece
  })
  return state
}

/**
 * Ends a process and all it started. On POSIX the process must lead its own group (`detached: true`), and `signal` goes to
 * the group; on Windows `taskkill /T /F` ends the tree at once. A tree that is already gone is not an error.
 */
function killProcessTree(pid: number, signal: NodeJS.Signals): void {
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => {
      process.kill(pid)
    })
    return
  }
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Asks the tree to end, kills it after the grace time, and gives up waiting a little later; returns a function that stops this. */
function endTree(pid: number, killGraceMs: number, giveUp: () => void): () => void {
  killProcessTree(pid, 'SIGTERM')
  let timer = setTimeout(() => {
    killProcessTree(pid, 'SIGKILL')
    timer = setTimeout(giveUp, GIVE_UP_AFTER_KILL_MS)
  }, killGraceMs)
  return () => {
    clearTimeout(timer)
  }
}

/** Calls `done` once both pipes are closed, or once they have been silent for a while after the exit. */
function whenOutputIsComplete(child: ChildProcess, done: () => void): void {
  child.once('close', done)
  child.once('exit', () => {
    let timer = setTimeout(done, QUIET_AFTER_EXIT_MS)
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(done, QUIET_AFTER_EXIT_MS)
    }
    child.stdout?.on('data', heard)
    child.stderr?.on('data', heard)
    child.once('close', () => {
      clearTimeout(timer)
    })
  })
}

/**
 * Runs a program with its arguments (no shell) to its end and returns what it said. Never rejects: a missing program, a
 * time-out and an abort are fields of the result. The promise settles at the latest `killGraceMs` + 1 s after the limit.
 */
export function runCommand(file: string, args: readonly string[], options: RunCommandOptions): Promise<CommandResult> {
  const { signal, killGraceMs = DEFAULT_KILL_GRACE_MS, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES } = options
  return new Promise((resolve) => {
    const child = spawn(file, [...args], {
      cwd: options.cwd,
      env: options.env,
      // A group of its own makes it possible to end the whole tree; on Windows `detached` would open a console window.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const stdout = capture(child.stdout, maxOutputBytes, (text) => options.onOutput?.('stdout', text))
    const stderr = capture(child.stderr, maxOutputBytes, (text) => options.onOutput?.('stderr', text))
    let cause: 'timeout' | 'abort' | null = null
    let stopEnding: (() => void) | null = null

    const finish = (startError: CommandResult['startError']) => {
      clearTimeout(timer)
      stopEnding?.()
      signal?.removeEventListener('abort', abort)
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve({
        // Node sets the errno as exit code when the program could not be started.
        exitCode: startError === null ? child.exitCode : null,
        signal: child.signalCode,
        stdout: stdout.text,
        stderr: stderr.text,
        timedOut: cause === 'timeout',
        aborted: cause === 'abort',
        truncated: stdout.truncated || stderr.truncated,
        startError,
      })
    }
    const end = (why: 'timeout' | 'abort') => {
      if (child.pid === undefined || cause !== null) return
      cause = why
      stopEnding = endTree(child.pid, killGraceMs, () => {
        child.unref()
        finish(null)
      })
    }
    const abort = () => {
      end('abort')
    }
    const timer = setTimeout(() => {
      end('timeout')
    }, options.timeoutMs)

    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) finish({ code: error.code ?? 'UNKNOWN', message: error.message })
    })
    whenOutputIsComplete(child, () => {
      finish(null)
    })
    // A child that ends without reading its input breaks the pipe; its exit code tells what happened.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
