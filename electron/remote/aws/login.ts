import { fromNodeProviderChain } from '@aws-sdk/credential-providers'

export interface AwsLogin {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Gives the SDK the login to sign with. `memoized` tells the SDK that it must not keep a copy of its own. */
export interface LoginReader {
  (): Promise<AwsLogin>
  readonly memoized: true
  /** The place refused the login: it is read anew, files included. */
  forget(): void
  /** Every secret of the logins read so far, for taking it out of what a place says. */
  secrets(): readonly string[]
}

/** A login is renewed this long before it ends, so that none runs out on the way. */
const renewBeforeMs = 5 * 60_000

/** Reads AWS's own login: a profile of ~/.aws with SSO and assumed roles, or the default chain. It is held in memory only. */
export function readLogin(profile: string | null, chain: (profile: string | null) => () => Promise<AwsLogin> = nodeChain, now: () => number = Date.now): LoginReader {
  let held: Promise<AwsLogin> | null = null
  let endsAtMs = Infinity
  const known = new Set<string>()

  async function readAnew(): Promise<AwsLogin> {
    const login = await chain(profile)()
    for (const secret of [login.accessKeyId, login.secretAccessKey, login.sessionToken]) if (secret !== undefined) known.add(secret)
    endsAtMs = login.expiration?.getTime() ?? Infinity
    return login
  }
  function read(): Promise<AwsLogin> {
    if (held !== null && now() < endsAtMs - renewBeforeMs) return held
    endsAtMs = Infinity
    const reading = readAnew()
    held = reading
    reading.catch(() => {
      if (held === reading) held = null
    })
    return reading
  }
  return Object.assign(read, { memoized: true as const, forget: () => void (held = null), secrets: () => [...known] })
}

/** The SDK would write its warnings to the console. */
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** A chain remembers what it read, and so do the SDK's readers of files; each of ours starts without either. */
function nodeChain(profile: string | null): () => Promise<AwsLogin> {
  return fromNodeProviderChain({ ignoreCache: true, logger: silent, ...(profile === null ? {} : { profile }) })
}
