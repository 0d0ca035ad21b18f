import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Menu, app, dialog } from 'electron'
import { registerAppScheme } from './app-protocol'
import { findDataFolder, placeUserData, pointDataFolder, standardDataFolder } from './data-folder'
import { runSelfTest } from './self-test'
import { runApp } from './tunesmith-app'

const selfTest = process.argv.includes('--self-test')
// The self-test must not touch the user's data, nor be stopped by an app that runs.
const home = selfTest ? mkdtempSync(join(tmpdir(), 'tunesmith-self-test-')) : process.env['TUNESMITH_HOME']
// Chromium may write a few files of its own after this.
if (selfTest && home !== undefined) process.on('exit', () => rmSync(home, { recursive: true, force: true }))

// The launcher passes --no-sandbox for root only, where Chromium refuses to start its sandbox; enableSandbox() would undo it for the helper processes.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
// Electron would build a menu of its own first.
Menu.setApplicationMenu(null)
registerAppScheme()
placeUserData(home)

if (app.requestSingleInstanceLock()) void app.whenReady().then(start)
else app.quit()

async function start(): Promise<void> {
  const dataFolder = await chooseDataFolder()
  if (dataFolder === null) return app.exit(0)
  const running = runApp({ dataFolder, hidden: selfTest, silent: selfTest || process.env['TUNESMITH_TEST'] === '1' })
  if (!selfTest) return
  const code = await runSelfTest(running, (line) => process.stdout.write(`${line}\n`))
  await running.engine.shutdown()
  app.exit(code)
}

/** The data folder, or null when it isn't there and the user would rather quit. */
async function chooseDataFolder(): Promise<string | null> {
  for (;;) {
    const { path, missing } = findDataFolder(home)
    if (!missing) return path
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      title: 'Tunesmith',
      message: 'The data folder is not there',
      detail: `${path}\n\nIf it lies on a disk that is not attached, attach it and try again. The standard folder starts without your runs and models; they stay where they are.`,
      buttons: ['Try again', 'Use the standard folder', 'Quit'],
      defaultId: 0,
      cancelId: 2,
      noLink: true,
    })
    if (response === 1) pointDataFolder(standardDataFolder(home))
    if (response === 2) return null
  }
}
