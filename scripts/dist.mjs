// npm run dist: a package of the app. `npm run dist -- --full` makes the installers of this platform; without it a folder.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ensureDisplay } from './display.mjs'
import { sandboxArguments } from './electron.mjs'
import { Stop, at, main, run, say, tool } from './project.mjs'
import { setUp } from './setup.mjs'

const executables = { linux: ['linux', 'tunesmith'], win32: ['win', 'Tunesmith.exe'], darwin: ['mac', 'Tunesmith.app/Contents/MacOS/Tunesmith'] }

function packagedProgram() {
  const [platform, path] = executables[process.platform]
  const folder = readdirSync(at('dist')).find((name) => name.startsWith(platform) && name.endsWith('unpacked')) ?? readdirSync(at('dist')).find((name) => name.startsWith(platform))
  if (folder === undefined) throw new Stop('electron-builder left no unpacked app in dist/.')
  return join(at('dist', folder), path)
}

await main(async () => {
  const electron = await setUp()
  if (electron.kind !== 'official' && process.env.TUNESMITH_DIST_DEV_ELECTRON !== '1') {
    throw new Stop('Packages are made with the official Electron only, and its host could not be reached.\nTo try packaging with the development copy, set TUNESMITH_DIST_DEV_ELECTRON=1. Never give such a package to anyone.')
  }
  await build({ force: true })
  const full = process.argv.includes('--full')
  const { code } = await tool('electron-builder/out/cli/cli.js', [...(full ? [] : ['--dir']), '--publish', 'never', `-c.electronDist=${electron.dist}`, `-c.electronVersion=${electron.version}`])
  if (code !== 0) throw new Stop('electron-builder failed.')
  const display = await ensureDisplay({ quiet: true })
  try {
    const program = packagedProgram()
    say(`Trying ${program} --self-test`)
    const test = await run(program, [...sandboxArguments(), '--self-test'], { env: display.env, timeoutMs: 180_000 })
    return test.code
  } finally {
    display.close()
  }
})
