// The peer of the start benchmark: the least that Electron can do, one window with an empty page.
const { join } = require('node:path')
const { BrowserWindow, app } = require('electron')

app.setPath('userData', process.env.TUNESMITH_HOME)
app.whenReady().then(() => new BrowserWindow({ width: 1280, height: 800, webPreferences: { sandbox: true } }).loadFile(join(__dirname, 'index.html')))
