// npm run dev: the page from a development server that follows the sources; main and engine are built once.
import { ensureDisplay } from './display.mjs'
import { sandboxArguments } from './electron.mjs'
import { main, tool } from './project.mjs'
import { setUp } from './setup.mjs'

await main(async () => {
  const electron = await setUp()
  const display = await ensureDisplay()
  const env = { ...display.env, ELECTRON_EXEC_PATH: electron.path }
  try {
    return (await tool('electron-vite/bin/electron-vite.js', ['dev', ...sandboxArguments().map((argument) => argument.replace(/^--no-sandbox$/, '--noSandbox'))], { env })).code
  } finally {
    display.close()
  }
})
