import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = (name: string) => fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url))

/** Before the first test: a current build, the Electron to use, and a display. `npm test` has set all three already. */
export default async function setUpElectron(): Promise<() => void> {
  if (process.env['TUNESMITH_ELECTRON'] === undefined) {
    execFileSync(process.execPath, [script('build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] })
    process.env['TUNESMITH_ELECTRON'] = execFileSync(process.execPath, [script('electron.mjs')], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
  }
  if (process.platform !== 'linux' || process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined) return () => undefined
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const number = await new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`Xvfb ended with code ${code}`)))
    server.stdio[3]?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
  })
  process.env['DISPLAY'] = `:${number}`
  return () => void server.kill()
}
