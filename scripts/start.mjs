// npm start: installs what is missing, builds, opens the app. Arguments go on to the app.
import { build } from './build.mjs'
import { ensureDisplay } from './display.mjs'
import { sandboxArguments, sandboxHint } from './electron.mjs'
import { main, root, run, say } from './project.mjs'
import { setUp } from './setup.mjs'

await main(async () => {
  const electron = await setUp()
  await build()
  const hint = sandboxHint(electron)
  if (hint !== null) say(hint)
  const display = await ensureDisplay()
  say(`Opening Tunesmith with Electron ${electron.version}${electron.kind === 'official' ? '' : ' (development copy)'}`)
  try {
    return (await run(electron.path, [...sandboxArguments(), root, ...process.argv.slice(2)], { env: display.env })).code
  } finally {
    display.close()
  }
})
