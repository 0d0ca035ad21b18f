// A training container without a container engine: the program runs in a mount namespace where /opt/ml is the job's folder and the
// hosts have names (container.sh). Where the system allows no such namespace (`namespaced` false) the toolkit is told another base by
// its own SAGEMAKER_BASE_DIR and hosts are addresses of this machine: so a script looks for checkpoints beside SM_MODEL_DIR.
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'

let known: boolean | null = null

/** Whether a process may have mounts of its own here. */
export function namespaced(): boolean {
  known ??= probe()
  return known
}

function probe(): boolean {
  try {
    execFileSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /opt && mkdir /opt/ml'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Names under which the hosts of a job find each other. */
export const hostNames = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => (namespaced() ? `algo-${index + 1}` : `127.0.0.${index + 1}`))

export interface ContainerPlan {
  /** Stands for /opt/ml. */
  readonly folder: string
  readonly hosts: readonly string[]
  readonly program: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface Container {
  /** Exit code; 128 + n after signal n, as a container engine reports it. */
  readonly ended: Promise<number>
  /** The first process only, as a container engine signals. One that has no handler for it hears nothing: in a container it has number 1. */
  signalFirst(signal: NodeJS.Signals): void
  /** Every process but the first, or the first when it is alone. */
  signalInner(signal: NodeJS.Signals): void
  kill(): void
}

const living = new Set<Container>()
process.once('exit', () => living.forEach((container) => container.kill()))

/** Where a path of the container lies on this machine. Throws for a path outside /opt/ml, which has no place here. */
export function placeInFolder(folder: string, path: string): string {
  const [, rest] = /^\/opt\/ml\/(.+?)\/?$/.exec(path) ?? []
  if (rest === undefined || rest.split('/').includes('..')) throw new Error(`${path} is not under /opt/ml`)
  return join(folder, rest)
}

export async function startContainer(plan: ContainerPlan, onOutput: (text: string) => void): Promise<Container> {
  const marker = randomUUID()
  const own = namespaced() ? {} : { SAGEMAKER_BASE_DIR: plan.folder }
  const [file = '', ...args] = namespaced() ? await enclosed(plan) : plan.program
  const child = spawn(file, args, { cwd: plan.folder, env: { ...plan.env, ...own, TUNESMITH_PEER_CONTAINER: marker }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  // A character may be cut between two chunks.
  child.stdout.setEncoding('utf8').on('data', onOutput)
  child.stderr.setEncoding('utf8').on('data', onOutput)
  const first = child.pid
  const inner = (): readonly number[] => processesOf(marker).filter((pid) => pid !== first)
  const container: Container = {
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      // With the first process the container ends, and what it left running holds the pipes.
      child.once('exit', () => container.kill())
      child.once('close', (code, signal) => {
        living.delete(container)
        resolve(code ?? 128 + (signal === 'SIGTERM' ? 15 : 9))
      })
    }),
    signalFirst(signal) {
      if (first !== undefined && catches(first, signal)) sendSignal(first, signal)
    },
    signalInner(signal) {
      const others = inner()
      for (const pid of others.length === 0 ? [first] : others) sendSignal(pid, signal)
    },
    kill() {
      for (const pid of [first, ...inner()]) sendSignal(pid, 'SIGKILL')
    },
  }
  living.add(container)
  return container
}

async function enclosed(plan: ContainerPlan): Promise<readonly string[]> {
  const names = plan.hosts.map((name, index) => `127.0.0.${index + 1} ${name}\n`).join('')
  await writeFile(`${plan.folder}.hosts`, readFileSync('/etc/hosts', 'utf8').replace(/\n*$/, '\n') + names)
  await mkdir(`${plan.folder}.opt`, { recursive: true })
  return ['unshare', '--map-root-user', '--mount', 'sh', join(import.meta.dirname, 'container.sh'), plan.folder, `${plan.folder}.hosts`, ...plan.program]
}

/** Processes that inherited a mark in their environment: also those that left the process group, as torchrun's do. */
function processesOf(marker: string): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => environmentOf(pid).includes(marker))
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

/** Whether a process has a handler for a signal; true where the system does not tell. */
function catches(pid: number, signal: NodeJS.Signals): boolean {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return false
  }
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return mask === undefined || (BigInt(`0x${mask}`) & (1n << BigInt(constants.signals[signal] - 1))) !== 0n
}

function sendSignal(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
