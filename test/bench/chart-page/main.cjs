// Opens a fresh page for each measurement that it reads from BENCH_PLAN and prints what the page says.
const { app, BrowserWindow } = require('electron')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const script = readFileSync(process.env.BENCH_SCRIPT, 'utf8')

app.whenReady().then(async () => {
  for (const job of JSON.parse(process.env.BENCH_PLAN)) {
    const window = new BrowserWindow({ width: 1160, height: 460, useContentSize: true, webPreferences: { sandbox: true, contextIsolation: true } })
    await window.loadFile(join(__dirname, 'index.html'))
    await window.webContents.executeJavaScript(`${script};undefined`)
    const result = await window.webContents.executeJavaScript(`window.measureChart(${JSON.stringify(job)})`)
    process.stdout.write(`@chart ${JSON.stringify({ ...job, ...result })}\n`)
    const closed = new Promise((resolve) => window.once('closed', resolve))
    window.destroy()
    await closed
  }
  app.exit(0)
})
// Without this the first window that closes would end the program.
app.on('window-all-closed', () => undefined)
