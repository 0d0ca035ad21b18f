// What every script here shares: the folder, saying something, running a program.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const at = (...parts) => join(root, ...parts)
export const say = (line) => process.stdout.write(`${line}\n`)

/** Ends the script with a sentence that says what to do. */
export class Stop extends Error {}

/** Runs the script's main function; a Stop is shown without a stack. */
export async function main(run) {
  try {
    process.exitCode = (await run()) ?? 0
  } catch (error) {
    process.stderr.write(`${error instanceof Stop ? error.message : (error?.stack ?? String(error))}\n`)
    process.exitCode = 1
  }
}

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program from an argument list, never through a shell. `output`: 'inherit' shows it, 'collect' returns it, a
 * stream takes it. Resolves with the exit code also when that isn't 0; rejects only when the program can't be started.
 */
export function run(file, args, { output = 'inherit', env = {}, cwd = root, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', output === 'inherit' ? 'inherit' : 'pipe', output === 'inherit' ? 'inherit' : 'pipe'] })
    let text = ''
    const take = (chunk) => (output === 'collect' ? (text += chunk) : output.write(chunk))
    child.stdout?.setEncoding('utf8').on('data', take)
    child.stderr?.setEncoding('utf8').on('data', take)
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    // Ctrl+C and a stop from outside end the program first, then us, so that a display or a log is closed in order.
    const pass = (signal) => child.kill(signal)
    for (const signal of passedOn) process.on(signal, pass)
    const release = () => passedOn.forEach((signal) => process.off(signal, pass))
    child.on('error', (error) => {
      release()
      reject(error)
    })
    child.on('close', (code, signal) => {
      release()
      clearTimeout(timer)
      resolve({ code: code ?? 1, signal, text })
    })
  })
}

/** True when the program is on the PATH and answers. */
export async function answers(file, args = ['--version']) {
  try {
    return (await run(file, args, { output: 'collect', timeoutMs: 20_000 })).code === 0
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EACCES') return false
    throw error
  }
}

/** npm as a program and its first arguments: the one that runs us, so that its settings hold. */
export function npm(...args) {
  const cli = process.env.npm_execpath
  if (cli !== undefined && cli.endsWith('.js') && existsSync(cli)) return [process.execPath, [cli, ...args]]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', args]
}

/** The Node that builds and tests run on: the one of package-lock.json, because better-sqlite3 needs 22 or newer. */
export const node = at('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** Runs the command-line entry of an installed package under that Node. */
export const tool = (path, args, options) => run(node, [at('node_modules', ...path.split('/')), ...args], options)

export const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`
