import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { fetch as undiciFetch, EnvHttpProxyAgent, ProxyAgent } from 'undici'
import type { Dispatcher } from 'undici'
import { AppError, messageOf } from '../shared/app-error'
import type { AppSettings } from '../shared/settings'

type Route = Pick<AppSettings['hub'], 'proxy' | 'caFile'>

/**
 * Makes `fetch` through the proxy and with the CA of the settings; the environment's proxy variables, NO_PROXY among them, count where
 * the settings name none. Connections are kept as long as the settings stay. Throws FILE_READ for a CA file that can't be read.
 */
export function createHubFetch(): (route: Route) => typeof fetch {
  let last: { readonly key: string; readonly dispatcher: Dispatcher } | null = null
  return (route) => {
    const key = JSON.stringify([route.proxy, route.caFile])
    if (last?.key !== key) {
      // Downloads that still use the old connections finish on them.
      void last?.dispatcher.close()
      last = { key, dispatcher: dispatcherFor(route) }
    }
    const { dispatcher } = last
    // undici's own types of fetch and Node's differ in name only; its Response is the same class of the standard.
    return ((url: string, init: RequestInit) => undiciFetch(url, { ...(init as object), dispatcher })) as unknown as typeof fetch
  }
}

function dispatcherFor({ proxy, caFile }: Route): Dispatcher {
  // Beside the usual roots, not in their place: a company's CA signs what its proxy opens, and the rest stays as it is.
  const tls = caFile === null ? {} : { ca: [...rootCertificates, readCa(caFile)] }
  const options = { connect: tls, requestTls: tls, proxyTls: tls }
  return proxy === null ? new EnvHttpProxyAgent(options) : new ProxyAgent({ uri: proxy, ...options })
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AppError('FILE_READ', `the CA file of the settings can't be read: ${messageOf(error)}`, { cause: error })
  }
}
