import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { electronPath, repository, sandboxArguments } from '../support/launch-app'
import { startEngine } from '../support/start-engine'
import { option, ratioRow, report, rowOf } from './rows'

/** Start of the app against an Electron page with one word on it, in pairs, both with the same probe. Not through Playwright, which holds the start up. */
const rounds = option('rounds', 10)
const folders = { app: repository, empty: join(import.meta.dirname, 'empty-app') } as const
const hook = join(import.meta.dirname, 'start-probe', 'hook.cjs')
const limitMs = 60_000

const moments = ['main', 'ready', 'window', 'shown', 'first-paint', 'interactive', 'filled'] as const
type Moment = (typeof moments)[number]
type Start = Readonly<Record<Moment, number>>

/** Milliseconds from the start of the process to each moment; the process is ended after the last one. */
async function start(which: keyof typeof folders, home: string): Promise<Start> {
  const began = Date.now()
  const child = spawn(electronPath(), [...sandboxArguments(), '-r', hook, folders[which]], {
    stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TUNESMITH_HOME: home, TUNESMITH_TEST: '1' },
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const seen = new Map<string, number>()
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  for await (const line of createInterface(child.stdout)) {
    const [, json] = /^@start (.*)$/.exec(line) ?? []
    if (json === undefined) continue
    const { name, atMs } = JSON.parse(json) as { name: string; atMs: number }
    seen.set(name, atMs - began)
    if (moments.every((moment) => seen.has(moment))) child.kill('SIGTERM')
  }
  clearTimeout(timer)
  await closed
  const missing = moments.filter((moment) => !seen.has(moment))
  if (missing.length > 0) throw new Error(`${which} never came to: ${missing.join(', ')}`)
  return Object.fromEntries(seen) as Start
}

const homes = { app: mkdtempSync(join(tmpdir(), 'tunesmith-bench-start-')), empty: mkdtempSync(join(tmpdir(), 'tunesmith-bench-empty-')) }
const seen: Record<keyof typeof folders, Start[]> = { app: [], empty: [] }
const times = (which: keyof typeof folders, moment: Moment): number[] => seen[which].map((one) => one[moment])

beforeAll(async () => {
  // A data folder as a user has it, with its database and the demo model.
  const engine = await startEngine(homes.app)
  await engine.request('datasets.addSample', undefined)
  await engine.close()
  // The first start of each fills the caches of the system and is not counted.
  for (let round = -1; round < rounds; round += 1) {
    for (const which of round % 2 === 0 ? (['app', 'empty'] as const) : (['empty', 'app'] as const)) {
      const one = await start(which, homes[which])
      if (round >= 0) seen[which].push(one)
    }
  }
  for (const which of ['app', 'empty'] as const) console.log(which, moments.map((moment) => `${moment} ${rowOf({ figure: moment, bound: null, unit: 'ms' }, times(which, moment), null).median.toFixed(0)}`).join(', '))
}, (rounds + 2) * 60_000)
afterAll(() => {
  for (const home of Object.values(homes)) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

describe('start', () => {
  const peer = 'an empty Electron page'
  it('paints first and takes input about as early as an empty page', () => {
    // What happens before the window shows is not seen: the later of the two counts, on both sides.
    const visible = (which: keyof typeof folders, moment: Moment): number[] => seen[which].map((one) => Math.max(one[moment], one.shown))
    const painted = (which: keyof typeof folders): number[] => visible(which, 'first-paint')
    report(
      ratioRow({ figure: 'Start: first paint', bound: 'at most 1.15', peer }, painted('app'), painted('empty'), ({ value }) => value <= 1.15),
      ratioRow({ figure: 'Start: interactive', bound: 'at most 1.25', peer }, visible('app', 'interactive'), visible('empty', 'interactive'), ({ value }) => value <= 1.25),
      rowOf({ figure: 'Start: first paint of the app', bound: null, unit: 'ms' }, painted('app'), null),
      rowOf({ figure: 'Start: interactive, the app', bound: null, unit: 'ms' }, visible('app', 'interactive'), null),
      rowOf({ figure: 'Start: Home shows the data of this machine', bound: null, unit: 'ms' }, visible('app', 'filled'), null),
    )
    expect(seen.app).toHaveLength(rounds)
  })
})
