import type OpenAI from 'openai'
import { withoutValues } from '../../shared/redact'
import type { CallOptions, Gateway } from '../gateway'
import type { OpenOpenai } from '../connection'

/** Clients by the way that they take, so that one is dropped with its connection; a new key or address makes a new one. */
const clients = new WeakMap<Gateway, { readonly signature: string; readonly client: OpenAI }>()

/** Longer than any call: the gateway ends an attempt, and nothing else does. */
const noTimeoutMs = 24 * 3_600_000

/** A request that may be sent again elsewhere is kept until its answer comes, all of an upload with it (undici, as the fetch standard says); this one may not. */
const keptNowhere = { redirect: 'error', window: null } as const

/**
 * The client of a connection. It retries nothing and logs nothing; what the environment says about OpenAI (`OPENAI_API_KEY`,
 * `OPENAI_BASE_URL`, `OPENAI_LOG` and so on) is not followed. Node's own fetch holds a whole upload in memory, so it is undici's, by the
 * proxy that the environment names.
 */
export async function openaiClient(open: OpenOpenai): Promise<OpenAI> {
  const { config, key } = open
  const signature = JSON.stringify([config.preset, config.baseUrl, config.organization, config.project, key])
  const known = clients.get(open.gateway)
  if (known?.signature === signature) return known.client
  const [{ OpenAI: Client }, { EnvHttpProxyAgent, fetch: undiciFetch }] = await Promise.all([import('openai'), import('undici')])
  const dispatcher = new EnvHttpProxyAgent()
  const client = new Client({
    // The package asks for a key before it looks at the headers.
    apiKey: key === '' ? 'none' : key,
    adminAPIKey: null, webhookSecret: null, organization: config.organization, project: config.project, baseURL: config.baseUrl, maxRetries: 0, timeout: noTimeoutMs, logLevel: 'off',
    defaultHeaders: config.preset === 'azure' ? { Authorization: null, 'api-key': key } : key === '' ? { Authorization: null } : {},
    // undici's own types of fetch and Node's differ in name only.
    fetch: ((url: string, init: RequestInit) => undiciFetch(url, { ...(init as object), ...(init.body instanceof ReadableStream ? keptNowhere : {}), dispatcher })) as unknown as typeof fetch,
  })
  clients.set(open.gateway, { signature, client })
  return client
}

/** One call by the connection's gateway; its answer holds the key nowhere, whatever the service repeats. What `call` throws for an answer of the wrong shape should be a SyntaxError: it counts as a broken body. */
export function ask<T>(open: OpenOpenai, what: string, call: (client: OpenAI, options: { readonly signal: AbortSignal }) => Promise<T>, options: CallOptions = {}): Promise<T> {
  return open.gateway.call(what, async (signal) => withoutValues(await call(await openaiClient(open), { signal }), [open.key]), options)
}
