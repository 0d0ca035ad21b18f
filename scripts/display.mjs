// A virtual display where there is none.
import { spawn } from 'node:child_process'
import { Stop, say } from './project.mjs'

const startMs = 15_000

/** Returns what to add to the environment and how to end it. Says so when it starts Xvfb. */
export async function ensureDisplay({ quiet = false } = {}) {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return { env: {}, close: () => undefined }
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const number = await new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Stop('Xvfb did not start.')), startMs)
    server.on('error', () => reject(new Stop('There is no display, and Xvfb is not installed. Install it with: sudo apt-get install xvfb')))
    server.on('exit', (code) => reject(new Stop(`Xvfb ended with code ${code}.`)))
    server.stdio[3].on('data', (chunk) => {
      text += chunk
      if (!text.includes('\n')) return
      clearTimeout(timer)
      resolve(text.trim())
    })
  })
  server.removeAllListeners('exit')
  server.unref()
  if (!quiet) say(`No display here: the window opens on a virtual one, :${number} (Xvfb).`)
  return { env: { DISPLAY: `:${number}` }, close: () => server.kill() }
}
