import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../electron/process/run-command'

const node = process.execPath
const script = (code: string, options: Partial<Parameters<typeof runCommand>[2]> = {}) =>
  runCommand(node, ['-e', code], { timeoutMs: 20_000, ...options })

/** True while a process with this id exists. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function untilGone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 5_000
  while (isAlive(pid) && Date.now() < deadline) await delay(20)
  return !isAlive(pid)
}

describe('runCommand', () => {
  it('returns both streams and the exit code (would catch a result taken before the pipes are drained)', async () => {
    const result = await script(`process.stdout.write('x'.repeat(300000)); process.stderr.write('é'); process.exitCode = 3`)
    expect(result.stdout).toHaveLength(300_000)
    expect(result).toMatchObject({ exitCode: 3, stderr: 'é', timedOut: false, aborted: false, truncated: false, startError: null })
  })

  it('reports a missing program as a value (would catch an unhandled error event that ends the app)', async () => {
    const result = await runCommand('no-such-program-tunesmith', [], { timeoutMs: 1_000 })
    expect(result.startError?.code).toBe('ENOENT')
    expect(result.exitCode).toBeNull()
  })

  it('passes arguments untouched (would catch a shell that expands them)', async () => {
    const result = await runCommand(node, ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '$HOME', 'a b', '"; exit 1'], {
      timeoutMs: 20_000,
    })
    expect(JSON.parse(result.stdout)).toEqual(['$HOME', 'a b', '"; exit 1'])
  })

  it('gives the input to the child, and survives a child that does not read it', async () => {
    const echoed = await script('process.stdin.pipe(process.stdout)', { input: 'ünïcode' })
    expect(echoed.stdout).toBe('ünïcode')
    const ignored = await script('process.exit(0)', { input: 'y'.repeat(2_000_000) })
    expect(ignored.exitCode).toBe(0)
  })

  it('cuts output at the cap without splitting a character (would catch memory that grows with a chatty child)', async () => {
    const result = await script(`process.stdout.write('é'.repeat(1000))`, { maxOutputBytes: 101 })
    expect(result.truncated).toBe(true)
    expect(result.stdout).toBe('é'.repeat(50))
  })

  it('ends the whole tree on time-out (would catch a grandchild that lives on)', async () => {
    const result = await script(
      `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
       console.log(c.pid); setInterval(() => {}, 1000)`,
      { timeoutMs: 1_500 },
    )
    expect(result.timedOut).toBe(true)
    const grandchild = Number(result.stdout.trim())
    expect(grandchild).toBeGreaterThan(0)
    expect(await untilGone(grandchild)).toBe(true)
  })

  it.skipIf(process.platform === 'win32')('kills a child that ignores SIGTERM (would catch a wait without end)', async () => {
    const result = await script(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`, { timeoutMs: 1_500, killGraceMs: 100 })
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGKILL' })
  })

  it('does not wait for a daemon that keeps the pipes open (would catch a hang after a clean exit)', async () => {
    const result = await script(
      `const c = require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 30000)'], { stdio: 'inherit' });
       console.log(c.pid); process.exit(0)`,
    )
    expect(result).toMatchObject({ exitCode: 0, timedOut: false })
    process.kill(Number(result.stdout.trim()))
  })

  it('stops on an abort, before and during the run', async () => {
    const before = await script('setInterval(() => {}, 1000)', { signal: AbortSignal.abort() })
    expect(before).toMatchObject({ aborted: true, timedOut: false })
    const controller = new AbortController()
    const pieces: string[] = []
    const during = script(`console.log('up'); setInterval(() => {}, 1000)`, {
      signal: controller.signal,
      onOutput: (stream, text) => {
        pieces.push(`${stream}:${text.trim()}`)
        controller.abort()
      },
    })
    expect(await during).toMatchObject({ aborted: true, stdout: 'up\n' })
    expect(pieces).toEqual(['stdout:up'])
  })
})
