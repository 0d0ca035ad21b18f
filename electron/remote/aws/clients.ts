import { classifyAws } from '../classify'
import { withoutValues } from '../../shared/redact'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { PricingClient } from '@aws-sdk/client-pricing'
import type { S3Client } from '@aws-sdk/client-s3'
import type { SageMakerClient } from '@aws-sdk/client-sagemaker'
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import type { STSClient } from '@aws-sdk/client-sts'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { OpenAws } from '../connection'
import type { LoginReader } from './login'

/** The SDK's clients of one connection, each made when it is first asked for. Every call of theirs belongs into the connection's gateway. */
export interface AwsClients {
  sagemaker(): Promise<SageMakerClient>
  s3(): Promise<S3Client>
  logs(): Promise<CloudWatchLogsClient>
  sts(): Promise<STSClient>
  iam(): Promise<IAMClient>
  quotas(): Promise<ServiceQuotasClient>
  pricing(): Promise<PricingClient>
  /** Closes the connections; the next call makes new ones. */
  destroy(): void
}

/** The price list is kept in few regions, and is the same in each. */
const pricingRegion = 'us-east-1'
const connectionTimeoutMs = 10_000
/** A line on which nothing moves. The gateway's time-out bounds the whole attempt. */
const idleTimeoutMs = 60_000
const maxSockets = 50

interface Base {
  readonly region: string
  readonly maxAttempts: 1
  readonly credentials: LoginReader
  readonly requestHandler: NodeHttpHandler
}

/** What all clients have in common, as far as it is needed to watch them. */
interface Watched {
  readonly middlewareStack: { remove(name: string): boolean; add(middleware: ReturnType<typeof watch>, options: { readonly step: 'initialize'; readonly name: string }): void }
  destroy(): void
}
type Next<I, O> = (input: I) => Promise<O>

const cache = new WeakMap<OpenAws, AwsClients>()

/** The clients of an open connection; the same ones each time. */
export function awsClients(open: OpenAws): AwsClients {
  const known = cache.get(open)
  if (known !== undefined) return known
  const made = makeClients(open)
  cache.set(open, made)
  return made
}

function makeClients({ config: { region, profile } }: OpenAws): AwsClients {
  let base: Promise<Base> | null = null
  const clients = new Map<string, Promise<Watched>>()

  async function makeBase(): Promise<Base> {
    const [{ NodeHttpHandler: Handler }, { Agent: HttpAgent }, { Agent: HttpsAgent }, { readLogin }] = await Promise.all([import('@smithy/node-http-handler'), import('node:http'), import('node:https'), import('./login')])
    const agent = { keepAlive: true, maxSockets }
    // One handler for all: agents of our own, or each large upload would get one for itself.
    const requestHandler = new Handler({ connectionTimeout: connectionTimeoutMs, socketTimeout: idleTimeoutMs, httpAgent: new HttpAgent(agent), httpsAgent: new HttpsAgent(agent) })
    return { region, maxAttempts: 1, credentials: readLogin(profile), requestHandler }
  }

  function client<C extends Watched>(service: string, make: (base: Base) => Promise<C>): () => Promise<C> {
    return () => {
      const known = clients.get(service)
      if (known !== undefined) return known as Promise<C>
      base ??= makeBase()
      const made = base.then(async (common) => {
        const fresh = await make(common)
        // It makes a copy of every answer for a log that nobody keeps.
        fresh.middlewareStack.remove('loggerMiddleware')
        fresh.middlewareStack.add(watch(service, profile, common.credentials), { step: 'initialize', name: 'tunesmithWatch' })
        return fresh
      })
      clients.set(service, made)
      return made
    }
  }

  return {
    sagemaker: client('sagemaker', async (common) => new (await import('@aws-sdk/client-sagemaker')).SageMakerClient(common)),
    s3: client('s3', async (common) => new (await import('@aws-sdk/client-s3')).S3Client({ ...common, forcePathStyle: hasOwnS3() })),
    logs: client('logs', async (common) => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(common)),
    sts: client('sts', async (common) => new (await import('@aws-sdk/client-sts')).STSClient(common)),
    iam: client('iam', async (common) => new (await import('@aws-sdk/client-iam')).IAMClient(common)),
    quotas: client('servicequotas', async (common) => new (await import('@aws-sdk/client-service-quotas')).ServiceQuotasClient(common)),
    pricing: client('pricing', async (common) => new (await import('@aws-sdk/client-pricing')).PricingClient({ ...common, region: pricingRegion })),
    destroy() {
      for (const made of clients.values()) made.then((fresh) => fresh.destroy()).catch(() => undefined)
      clients.clear()
      base = null
    },
  }
}

/** An S3 of the user's own answers under its address alone, not under one name a bucket. */
function hasOwnS3(): boolean {
  return (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'] ?? '') !== ''
}

/** S3's names of permissions differ from those of its calls. */
const s3Actions: Readonly<Record<string, string>> = {
  HeadObject: 's3:GetObject', HeadBucket: 's3:ListBucket', ListObjectsV2: 's3:ListBucket', CreateMultipartUpload: 's3:PutObject', UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject', ListMultipartUploads: 's3:ListBucketMultipartUploads', DeleteObjects: 's3:DeleteObject', GetBucketLocation: 's3:GetBucketLocation',
}

/** Takes the login out of what SageMaker and every error says. Says of a failed call which permission it needs, and forgets the login that it failed with. */
function watch(service: string, profile: string | null, login: LoginReader) {
  return <I extends object, O extends object>(next: Next<I, O>, context: { readonly commandName?: string }): Next<I, O> =>
    async (input) => {
      try {
        const result = await next(input)
        // Others give streams, and long lists of lines that were written where this login is not known.
        return service === 'sagemaker' ? withoutValues(result, login.secrets()) : result
      } catch (error) {
        if (error instanceof Error) error.message = withoutValues(error.message, login.secrets())
        const call = context.commandName?.replace(/Command$/, '') ?? ''
        if (error instanceof Error && call !== '') Object.defineProperty(error, 'action', { value: service === 's3' ? (s3Actions[call] ?? `s3:${call}`) : `${service}:${call}`, enumerable: false, configurable: true })
        if (classifyAws(error, profile).kind === 'login') login.forget()
        throw error
      }
    }
}
