import { stat } from 'node:fs/promises'
import { shell } from 'electron'
import { allowedLink } from './allowed-link'

/** The one place that opens the browser. */
export async function openLink(link: string): Promise<void> {
  const address = allowedLink(link)
  if (address === null) throw new Error(`not a link that Tunesmith opens: ${link}`)
  await shell.openExternal(address)
}

/** Opens a folder in the file manager. Refuses files, because opening one could run it. */
export async function showFolder(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) throw new Error(`not a folder: ${path}`)
  const problem = await shell.openPath(path)
  if (problem !== '') throw new Error(problem)
}
