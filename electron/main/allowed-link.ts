/** Hosts that a link of ours may lead to. */
const hosts: ReadonlySet<string> = new Set(['github.com', 'huggingface.co'])

/** The address to open for a link, or null when it isn't https on a host of the list. */
export function allowedLink(link: string): string | null {
  if (!URL.canParse(link)) return null
  const { protocol, host, username, password, href } = new URL(link)
  return protocol === 'https:' && hosts.has(host) && username === '' && password === '' ? href : null
}
