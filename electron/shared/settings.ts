import { z } from 'zod'
import type { ConnectionId } from './ids'

/** Settings are stored in the clear, so an address must not carry a password; a proxy that asks for one is named by HTTPS_PROXY. */
export const Address = z.url({ protocol: /^https?$/ }).max(300).refine((url) => !/^[a-z]+:\/*[^/]*@/i.test(url), 'an address with a password is not stored; use the HTTPS_PROXY variable for it')

/** What the user chose for the app as a whole. Never a secret. */
export const AppSettings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  notifyOnEnd: z.boolean(),
  keepAwake: z.boolean(),
  /** A preferred GPU for new jobs, by uuid. */
  preferredGpu: z.string().max(80).nullable(),
  cpuThreads: z.int().min(1).max(1024),
  hub: z.object({
    endpoint: Address,
    proxy: Address.nullable(),
    caFile: z.string().max(1000).nullable(),
    offline: z.boolean(),
  }),
  cloud: z.object({
    /** Jobs that may run elsewhere at once; they take no device of this machine. */
    concurrentJobs: z.int().min(1).max(64),
    /** US dollars in a calendar month, over all places; null: no limit. */
    monthlyBudgetUsd: z.number().positive().max(10_000_000).nullable(),
    /** Whether a running job is stopped when the month's budget is used up; else it is only said. */
    stopOverBudget: z.boolean(),
    /** Whether AWS's price list may be asked; without it the table that came with the app is used. */
    fetchPrices: z.boolean(),
  }),
  sidebarFolded: z.boolean(),
})
export type AppSettings = z.infer<typeof AppSettings>

/** The hub's token, or the key of one connection. */
export type SecretName = 'huggingface-token' | `connection-key:${ConnectionId}`
const secretName = /^(huggingface-token|connection-key:conn_[0-9a-z]{16})$/
export const SecretName = z.custom<SecretName>((value) => typeof value === 'string' && secretName.test(value), 'not the name of a secret')
export const connectionKey = (id: ConnectionId): SecretName => `connection-key:${id}`

/** How a secret is kept: in a sealed file, or for this session only where the system has no keyring. */
export interface SecretState {
  readonly name: SecretName
  readonly hasKey: boolean
  readonly kept: 'sealed-file' | 'session-only'
}

export interface StoragePart {
  readonly part: 'runs' | 'models' | 'datasets' | 'environments' | 'database' | 'logs' | 'cache'
  readonly path: string
  readonly sizeBytes: number
  /** Bytes that a clean-up would free without losing a result. */
  readonly reclaimableBytes: number
}

export interface AboutInfo {
  readonly version: string
  readonly electron: string
  readonly chromium: string
  readonly node: string
  readonly sqlite: string
  readonly platform: string
  readonly dataFolder: string
  readonly licenses: readonly { readonly name: string; readonly version: string; readonly license: string }[]
}
