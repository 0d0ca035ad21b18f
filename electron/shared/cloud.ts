import { z } from 'zod'
import { ConnectionId } from './ids'
import type { JobId, ModelId } from './ids'

/** Trainers whose script runs under our own Python, here or on a rented machine. */
export const LocalBackendId = z.enum(['unsloth', 'huggingface'])
export type LocalBackendId = z.infer<typeof LocalBackendId>

/** `auto` leaves the choice to the service. */
const orAuto = <T extends z.ZodType>(type: T) => z.union([z.literal('auto'), type])

/** How a job runs as a SageMaker training job. Bounds are those of AWS's service model. */
export const SagemakerOptions = z.object({
  kind: z.literal('sagemaker'),
  connectionId: ConnectionId,
  trainer: LocalBackendId,
  instanceType: z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/).max(64),
  instanceCount: z.int().min(1).max(64),
  /** Of the attached volume; families with a disk of their own ignore it. */
  volumeGb: z.int().min(1).max(16_384),
  spot: z.boolean(),
  /** From the first second of training; SageMaker stops the job then. */
  maxRunSeconds: z.int().min(60).max(2_419_200),
  /** With spot only: run time and waiting together; at least `maxRunSeconds`. */
  maxWaitSeconds: z.int().min(60).max(2_419_200).nullable(),
  /** A container image instead of the one from the table. */
  imageUri: z.string().min(1).max(255).nullable(),
  /** Name of a secret in AWS Secrets Manager that holds a hub token, for a gated base that the container fetches itself. */
  hubTokenSecret: z.string().min(1).max(512).nullable(),
})
export type SagemakerOptions = z.infer<typeof SagemakerOptions>

/** How a job runs behind the OpenAI fine-tuning protocol; bounds are those of its specification. */
export const OpenaiOptions = z.object({
  kind: z.literal('openai'),
  connectionId: ConnectionId,
  epochs: orAuto(z.int().min(1).max(50)),
  batchSize: orAuto(z.int().min(1).max(256)),
  learningRateMultiplier: orAuto(z.number().positive().max(100)),
  /** Becomes part of the tuned model's name. */
  suffix: z.string().trim().min(1).max(64).nullable(),
  /** Azure only; null elsewhere. */
  trainingType: z.enum(['standard', 'globalStandard', 'developerTier']).nullable(),
})
export type OpenaiOptions = z.infer<typeof OpenaiOptions>

export const CloudOptions = z.discriminatedUnion('kind', [SagemakerOptions, OpenaiOptions])
export type CloudOptions = z.infer<typeof CloudOptions>

/** What one job may cost. Over it by its quote, a start is refused; over it while running, the user is warned or the job stopped. */
export const JobBudget = z.object({ limitUsd: z.number().positive().max(1_000_000), stop: z.boolean() })
export type JobBudget = z.infer<typeof JobBudget>

/** A model that only a service has. `name` is the service's; `deployment` is what Azure answers under. */
export const RemoteModel = z.object({
  connectionId: ConnectionId,
  name: z.string().min(1).max(300),
  deployment: z.string().min(1).max(120).nullable(),
  /** `YYYY-MM-DD`, the day it stops to answer; null: none is known. */
  shutdownDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/).nullable(),
})
export type RemoteModel = z.infer<typeof RemoteModel>

/** What a job does elsewhere, in words, between its events. `attention`: nothing goes on until the user acts. */
export interface RunPhase {
  readonly text: string
  /** 0..1 where it is known. */
  readonly ratio: number | null
  readonly atMs: number
  readonly attention: boolean
  /** To be typed in a terminal, such as `aws sso login --profile work`. */
  readonly command: string | null
}

/** What a place counts, and what a bill is made of. */
export type RunUsage =
  | { readonly kind: 'instances'; readonly instanceType: string; readonly region: string; readonly instanceCount: number; readonly billableSeconds: number; readonly trainingSeconds: number; readonly spot: boolean }
  | { readonly kind: 'tokens'; readonly model: string; readonly trainedTokens: number }

/** A machine to rent for a run. `usdPerHour` is null where no price is known. */
export interface InstanceProposal {
  readonly instanceType: string
  readonly gpuName: string
  readonly gpuCount: number
  readonly gpuMemoryBytes: number
  readonly usdPerHour: number | null
  /** Whether the run's estimate fits one GPU of it. */
  readonly verdict: 'fits' | 'tight' | 'does-not-fit' | 'not-known'
  /** True for families whose disk is their own: the volume size has no meaning. */
  readonly ownDisk: boolean
}

/** A job at the place that carries our tag and that this installation does not know. */
export interface AdoptableJob {
  readonly remoteId: string
  readonly jobId: JobId
  readonly name: string
  /** The base, as the place calls it; empty where it has to be read from the job's own files. */
  readonly model: string
  readonly status: string
  readonly createdAtMs: number
}

/** What a service made of a run: its tuned model (`step` null) or a checkpoint of it. */
export interface RemoteOutput {
  readonly name: string
  readonly step: number | null
  readonly evalLoss: number | null
}

/** Whether what is remote may be deleted there, and what of it is left. */
export interface RemoteLeftovers {
  readonly jobId: JobId
  readonly files: readonly { readonly id: string; readonly purpose: string }[]
  readonly models: readonly { readonly name: string; readonly modelId: ModelId | null }[]
}
