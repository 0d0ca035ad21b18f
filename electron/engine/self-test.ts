import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from 'node-pty'
import { messageOf } from '../shared/app-error'
import type { SelfCheck } from '../shared/main-port'

const ptyMs = 10_000
const word = 'tunesmith-pty'

/** What only the engine can prove of a package: that node-pty opens a terminal and that the Python files are on disk. */
export async function selfTest(resources: string): Promise<readonly SelfCheck[]> {
  return [await checkPty(), checkTemplates(resources)]
}

async function checkPty(): Promise<SelfCheck> {
  try {
    const text = await ptyText()
    return { name: 'pty', ok: text.includes(word), detail: text.includes(word) ? 'a terminal answered' : `unexpected output: ${JSON.stringify(text.slice(0, 200))}` }
  } catch (error) {
    return { name: 'pty', ok: false, detail: messageOf(error) }
  }
}

function ptyText(): Promise<string> {
  const [file, args] = process.platform === 'win32' ? ['cmd.exe', ['/c', 'echo', word]] : ['/bin/echo', [word]]
  return new Promise((resolve, reject) => {
    let text = ''
    const pty = spawn(file, args, { cols: 80, rows: 24, cwd: process.cwd() })
    const timer = setTimeout(() => {
      pty.kill()
      reject(new Error(`the terminal said nothing for ${ptyMs} ms`))
    }, ptyMs)
    pty.onData((data) => {
      text += data
    })
    pty.onExit(() => {
      clearTimeout(timer)
      resolve(text)
    })
  })
}

function checkTemplates(resources: string): SelfCheck {
  const missing = ['python-templates/supervisor.py', 'python-templates/tunesmith_events.py', 'resources/demo-model'].filter((path) => !existsSync(join(resources, path)))
  return { name: 'templates', ok: missing.length === 0, detail: missing.length === 0 ? `found under ${resources}` : `missing under ${resources}: ${missing.join(', ')}` }
}
