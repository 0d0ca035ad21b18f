import { readFileSync } from 'node:fs'
import { fetch as undiciFetch, Agent, ProxyAgent } from 'undici'
import type { AppSettings } from '../shared/settings'

/** `fetch` through the proxy and with the CA of the settings; the environment's proxy variables count where the settings name none. */
export function hubFetch({ proxy, caFile }: AppSettings['hub']): typeof fetch {
  const ca = caFile === null ? undefined : readFileSync(caFile, 'utf8')
  const uri = proxy ?? process.env['HTTPS_PROXY'] ?? process.env['https_proxy'] ?? null
  const tls = ca === undefined ? {} : { ca }
  const dispatcher = uri === null ? new Agent({ connect: tls }) : new ProxyAgent({ uri, requestTls: tls })
  return ((url: string, init: RequestInit) => undiciFetch(url, { ...(init as object), dispatcher })) as unknown as typeof fetch
}
