// Loaded with -r before the main script, the same for the app and its peer. Prints what the probe in the page saw, and when main came where.
const { join } = require('node:path')
const { app, ipcMain, session } = require('electron')

const tell = (name, atMs) => process.stdout.write(`@start ${JSON.stringify({ name, atMs })}\n`)
tell('main', Date.now())
ipcMain.on('bench:start', (_event, name, atMs) => tell(name, atMs))
app.on('browser-window-created', (_event, window) => {
  tell('window', Date.now())
  if (window.isVisible()) tell('shown', Date.now())
  else window.once('show', () => tell('shown', Date.now()))
})
app.whenReady().then(() => {
  tell('ready', Date.now())
  session.defaultSession.registerPreloadScript({ type: 'frame', id: 'bench-probe', filePath: join(__dirname, 'probe.cjs') })
})
