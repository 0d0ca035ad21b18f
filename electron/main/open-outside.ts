import { stat } from 'node:fs/promises'
import { shell } from 'electron'

/** Hosts that a link of ours may lead to. */
const hosts: ReadonlySet<string> = new Set(['github.com', 'huggingface.co'])

/** The address to open for a link, or null when it isn't https on a host of the list. */
export function allowedLink(link: string): string | null {
  if (!URL.canParse(link)) return null
  const { protocol, host, username, password, href } = new URL(link)
  return protocol === 'https:' && hosts.has(host) && username === '' && password === '' ? href : null
}

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
