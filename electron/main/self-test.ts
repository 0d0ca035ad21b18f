import type { BrowserWindow } from 'electron'
import { messageOf } from '../shared/app-error'
import type { SelfCheck } from '../shared/main-port'
import type { PortMessage, PortRequest } from '../shared/requests'
import type { RunningApp } from './tunesmith-app'

const limitMs = 60_000

/** `--self-test`: the window's page runs, the engine opens SQLite and a terminal, the Python files are there. Prints a line each; returns the exit code. */
export async function runSelfTest({ engine, openWindow }: RunningApp, print: (line: string) => void): Promise<number> {
  const window = openWindow()
  const checks = [await tried('window', () => checkPage(window)), await tried('sqlite', () => checkAbout(engine)), ...(await engineChecks(engine))]
  for (const { name, ok, detail } of checks) print(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`)
  return checks.every((check) => check.ok) ? 0 : 1
}

async function tried(name: string, run: () => Promise<string>): Promise<SelfCheck> {
  try {
    return { name, ok: true, detail: await withLimit(run()) }
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) }
  }
}

async function engineChecks(engine: RunningApp['engine']): Promise<readonly SelfCheck[]> {
  try {
    return (await withLimit(engine.selfTest())).checks
  } catch (error) {
    return [{ name: 'engine', ok: false, detail: messageOf(error) }]
  }
}

async function withLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks through the page's own API, so that preload, port and router are part of the proof. */
async function checkPage(window: BrowserWindow): Promise<string> {
  if (window.webContents.isLoading()) await new Promise<void>((resolve) => window.webContents.once('did-stop-loading', () => resolve()))
  const answer: unknown = await window.webContents.executeJavaScript(`window.tunesmith.request('settings.get', undefined).then((reply) => reply.ok)`)
  if (answer !== true) throw new Error('the page could not ask the engine')
  return `${window.webContents.getURL()} loaded and asked the engine`
}

async function checkAbout(engine: RunningApp['engine']): Promise<string> {
  const port = engine.openPort()
  const answer = new Promise<PortMessage>((resolve) => {
    port.on('message', ({ data }: { data: PortMessage }) => {
      if ('id' in data) resolve(data)
    })
  })
  port.start()
  port.postMessage({ id: 1, route: 'app.about', input: undefined } satisfies PortRequest)
  const message = await answer
  port.close()
  if (!('ok' in message) || !message.ok) throw new Error('the engine refused app.about')
  const about = message.data as { readonly sqlite?: unknown }
  if (typeof about.sqlite !== 'string') throw new Error('the engine names no SQLite version')
  return `SQLite ${about.sqlite}`
}
