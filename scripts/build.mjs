// Builds out/ when a source is newer than it. `--force` builds always.
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeLicenses } from './licenses.mjs'
import { Stop, at, main, say, seconds, tool } from './project.mjs'

const sources = ['electron', 'renderer', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.base.json']
const stamp = at('out', 'built')
const licenses = at('resources', 'licenses.json')

function newestMs(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stats.mtimeMs)
}

const isCurrent = () => existsSync(stamp) && existsSync(licenses) && sources.every((source) => newestMs(at(source)) <= statSync(stamp).mtimeMs)

/** Returns true when something was built. */
export async function build({ force = false } = {}) {
  if (!force && isCurrent()) return false
  const startedMs = Date.now()
  mkdirSync(at('out'), { recursive: true })
  const { code, text } = await tool('electron-vite/bin/electron-vite.js', ['build'], { output: 'collect' })
  if (code !== 0) throw new Stop(`The build failed:\n${text}`)
  writeLicenses(licenses)
  // Dated at the start, so that a source saved during the build counts as newer.
  writeFileSync(stamp, `${new Date(startedMs).toISOString()}\n`)
  utimesSync(stamp, startedMs / 1000, startedMs / 1000)
  say(`Built in ${seconds(startedMs)}`)
  return true
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    if (!(await build({ force: process.argv.includes('--force') }))) say('Nothing to build: out/ is current.')
  })
}
