// moto's server, AWS's S3, STS, IAM and CloudWatch Logs for tests, as a process on a free port of this machine. It keeps everything
// in memory, checks no signature, and its requests cost it about 5 ms each.
import { spawn } from 'node:child_process'
import { motoProgram } from './peer-environments'

export interface MotoServer {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Starts one (about 2 s). It ends with `stop` or with this process. */
export function startMoto(): Promise<MotoServer> {
  const child = spawn(motoProgram(), ['-H', '127.0.0.1', '-p', '0'], {
    // Bucket names come in the path only: a bucket must not be read from a host name.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PYTHONUNBUFFERED: '1', S3_IGNORE_SUBDOMAIN_BUCKETNAME: 'true', AWS_ACCESS_KEY_ID: 'moto', AWS_SECRET_ACCESS_KEY: 'moto' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let last = ''
  const server = new Promise<MotoServer>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      last = (last + chunk.toString('utf8')).slice(-4000)
      const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(last)?.[1]
      if (port !== undefined) resolve({ endpoint: `http://127.0.0.1:${port}`, stop })
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`moto ended with ${code}: ${last}`)))
  })
  async function stop(): Promise<void> {
    process.off('exit', kill)
    kill()
    await exited
  }
  return server
}
