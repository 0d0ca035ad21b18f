import { z } from 'zod'
import type { ConnectionId } from './ids'
import { Address } from './settings'

const Name = z.string().trim().min(1).max(60)
const arn = (service: string) => z.string().max(2048).regex(new RegExp(`^arn:aws[a-z-]*:${service}:`))

/** An AWS account as a place. Credentials are AWS's own: a profile of ~/.aws, or the default chain. */
export const AwsConnection = z.object({
  kind: z.literal('aws'),
  name: Name,
  /** Null: the default chain (environment, SSO, assumed role, instance). */
  profile: z.string().trim().min(1).max(128).nullable(),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  /** The role that training jobs run as. */
  roleArn: arn('iam').regex(/:role\//),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  /** Folder in the bucket, without slashes at its ends; empty: the bucket itself. */
  prefix: z.string().max(400).regex(/^([\w.-]+(\/[\w.-]+)*)?$/),
  kmsKeyArn: arn('kms').nullable(),
  /** Both or neither. */
  vpc: z.object({ subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/)).min(1).max(16), securityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]{8,17}$/)).min(1).max(5) }).nullable(),
  tags: z.array(z.object({ key: z.string().trim().min(1).max(128), value: z.string().max(256) })).max(40),
  /** Whether containers of this account reach PyPI; where not, our wheels are sent along. */
  reachesPypi: z.boolean(),
})
export type AwsConnection = z.infer<typeof AwsConnection>

/** A service that speaks the OpenAI fine-tuning protocol. Its key is a secret of its own. */
export const OpenaiConnection = z.object({
  kind: z.literal('openai'),
  name: Name,
  preset: z.enum(['azure', 'openai', 'custom']),
  /** Up to and with `/v1`. */
  baseUrl: Address,
  organization: z.string().trim().min(1).max(100).nullable(),
  project: z.string().trim().min(1).max(100).nullable(),
})
export type OpenaiConnection = z.infer<typeof OpenaiConnection>

export const ConnectionConfig = z.discriminatedUnion('kind', [AwsConnection, OpenaiConnection])
export type ConnectionConfig = z.infer<typeof ConnectionConfig>

/**
 * One line of a check. `missing` must be mended before a job can run; `login` means that a login has run out and `command` brings
 * it back; `not-known` that the check itself may not look, which forbids nothing.
 */
export interface CheckItem {
  readonly id: string
  readonly label: string
  readonly state: 'ok' | 'missing' | 'warning' | 'not-known' | 'login'
  readonly detail: string
  /** What to do, for everything but `ok`. */
  readonly fix: string | null
  /** To be typed in a terminal. */
  readonly command: string | null
}

/** A base that a service can tune. */
export interface TunableBase {
  readonly name: string
  /** `YYYY-MM-DD` */
  readonly shutdownDate: string | null
  readonly state: 'ok' | 'ends-soon' | 'gone'
  readonly note: string | null
}

export interface ConnectionCheck {
  readonly atMs: number
  readonly items: readonly CheckItem[]
  readonly bases: readonly TunableBase[]
  /** Instances that the account may start, by type; null: not known. Spot has a quota of its own. */
  readonly quotas: Readonly<Record<string, { readonly training: number | null; readonly spot: number | null }>>
}

/** `open`: nothing is asked until `retryAtMs`, because the last calls failed. */
export interface BreakerState {
  readonly state: 'closed' | 'open' | 'half-open'
  readonly retryAtMs: number | null
  readonly reason: string | null
}

/** A place as the window shows it. */
export interface ConnectionSummary {
  readonly id: ConnectionId
  readonly config: ConnectionConfig
  readonly createdAtMs: number
  readonly checking: boolean
  readonly check: ConnectionCheck | null
  readonly breaker: BreakerState
  /** Jobs that run there now. */
  readonly activeJobs: number
}
