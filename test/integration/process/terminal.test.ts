import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { launchRun, trainerEnvironment } from '../../../electron/process/launch'
import { openTerminal } from '../../../electron/process/terminal'
import type { TerminalSession } from '../../../electron/process/terminal'
import { fakeRuns, supervisorPath, systemPython, until, untilExited } from '../../support/run-folders'

const runs = fakeRuns()
const sessions: TerminalSession[] = []
afterEach(async () => {
  for (const session of sessions.splice(0)) session.close()
  await runs.cleanUp()
})

async function start(settings: Parameters<typeof runs.create>[0]) {
  const runFolder = runs.create(settings)
  await launchRun({ runFolder, python: systemPython(), supervisorPath, environment: trainerEnvironment(process.env, { kind: 'cpu', threads: 1 }) })
  return runFolder
}

async function watch(runFolder: string, onText?: (text: string, session: () => TerminalSession) => void, historyBytes?: number) {
  const state = { text: '', ended: 0, session: null as TerminalSession | null }
  const session = await openTerminal(
    { runFolder, python: systemPython(), supervisorPath, columns: 100, rows: 30, ...(historyBytes === undefined ? {} : { historyBytes }) },
    {
      onData: (text) => {
        state.text += text
        const current = () => state.session ?? session
        if (onText === undefined) current().acknowledge(text.length)
        else onText(text, current)
      },
      onEnd: () => (state.ended += 1),
    },
  )
  state.session = session
  sessions.push(session)
  return { state, session }
}

const shown = (folder: string) => readFileSync(join(folder, 'console.log'), 'utf8').replace(/\r?\n/g, '\r\n')

describe('terminal of a run', () => {
  it('shows a live run line by line and ends once, with nothing missing', async () => {
    const folder = await start({ steps: 20, stepSeconds: 0.05 })
    const { state } = await watch(folder)
    await until('a first line before the end', () => state.text.includes('loss') && state.ended === 0)
    await until('the end', () => state.ended > 0)
    expect(state.text).toBe(shown(folder))
    expect(state.ended).toBe(1)
  })

  // The reader falls behind, the pty is paused, and the follower ends meanwhile: what the kernel holds then is what node-pty drops.
  for (const noise of [275_000, 280_000, 285_000, 1_000_000])
    it(`loses nothing of a flood of ${noise} bytes with a slow reader (node-pty drops the tail when the program ends before its reader is done)`, async () => {
      const folder = await start({ steps: 1, noise })
      await untilExited(folder)
      const arrived: number[] = []
      const { state, session } = await watch(folder, (text) => arrived.push(text.length), 10_000_000)
      const reader = setInterval(() => session.acknowledge(arrived.splice(0, 1).reduce((sum, length) => sum + length, 0)), 10)
      await until('the end', () => state.ended > 0, 60_000)
      clearInterval(reader)
      expect(state.text.length).toBe(shown(folder).length)
      expect(state.text).toBe(shown(folder))
    })

  it('waits for a reader that stops, and goes on with it (the window\'s memory would grow without bound)', async () => {
    const folder = await start({ steps: 1, noise: 5_000_000 })
    await untilExited(folder)
    let waiting = 0
    const { state, session } = await watch(folder, (text) => (waiting += text.length), 10_000_000)
    await until('the flow to stop', async () => {
      const before = state.text.length
      await new Promise((done) => setTimeout(done, 300))
      return before > 0 && before === state.text.length
    })
    expect(state.text.length).toBeLessThan(1_000_000)
    expect(state.ended).toBe(0)
    const pump = setInterval(() => {
      session.acknowledge(waiting)
      waiting = 0
    }, 5)
    await until('the end', () => state.ended > 0, 30_000)
    clearInterval(pump)
    expect(state.text).toBe(shown(folder))
  })

  it('begins a long console at a line near its end', async () => {
    const folder = await start({ steps: 1, noise: 500_000 })
    await untilExited(folder)
    const { state } = await watch(folder, undefined, 50_000)
    await until('the end', () => state.ended > 0)
    expect(state.text.startsWith('line ')).toBe(true)
    expect(shown(folder).endsWith(state.text)).toBe(true)
    expect(state.text.length).toBeGreaterThan(40_000)
  })

  it('closing it leaves the run alone', async () => {
    const folder = await start({ steps: 20, stepSeconds: 0.05 })
    const { state, session } = await watch(folder)
    await until('a line', () => state.text.includes('loss'))
    session.resize(80, 24)
    session.close()
    session.close()
    expect(await untilExited(folder)).toMatchObject({ exitCode: 0, stopRequested: false })
    expect(state.ended).toBe(0)
  })
})
