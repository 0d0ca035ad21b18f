import { z } from 'zod'
import { CloudOptions, JobBudget, LocalBackendId, RemoteModel } from './cloud'
import { DatasetId, JobId, ModelId } from './ids'

/** Where a job can run: by one of two trainers on this machine, or elsewhere. */
export const BackendId = z.enum([...LocalBackendId.options, 'sagemaker', 'openai'])
export type BackendId = z.infer<typeof BackendId>

/** How much of the model learns. `lora` and `qlora` train an adapter; `qlora` loads the base in 4-bit NF4. */
export const Method = z.enum(['full', 'lora', 'qlora'])
export type Method = z.infer<typeof Method>

/** `all-linear`: every linear layer but the output head (PEFT's own rule). */
export const TargetModules = z.union([z.literal('all-linear'), z.array(z.string().regex(/^[A-Za-z0-9_.]{1,64}$/)).min(1).max(32)])
export type TargetModules = z.infer<typeof TargetModules>

export const Length = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('epochs'), epochs: z.number().positive().max(1000) }),
  z.object({ kind: z.literal('steps'), steps: z.int().positive().max(10_000_000) }),
])
export type Length = z.infer<typeof Length>

export const Schedule = z.enum(['linear', 'cosine', 'constant', 'constant_with_warmup'])
export type Schedule = z.infer<typeof Schedule>

/** Every knob of supervised fine-tuning, in the units of the field. What the user states and what `job.json` freezes. */
export const TrainingSettings = z.object({
  method: Method,
  length: Length,
  learningRate: z.number().positive().max(1),
  schedule: Schedule,
  /** Share of all steps, 0..1. */
  warmupRatio: z.number().min(0).max(0.9),
  weightDecay: z.number().min(0).max(1),
  maxGradNorm: z.number().min(0).max(1000),
  /** Rows per forward pass. */
  microBatch: z.int().min(1).max(1024),
  gradientAccumulation: z.int().min(1).max(4096),
  /** Tokens; longer rows lose their end. */
  maxLength: z.int().min(16).max(1_048_576),
  packing: z.boolean(),
  rank: z.int().min(1).max(1024),
  alpha: z.number().positive().max(4096),
  dropout: z.number().min(0).max(0.9),
  targetModules: TargetModules,
  gradientCheckpointing: z.boolean(),
  /** Loss on assistant turns only. */
  answersOnly: z.boolean(),
  /** Optimiser steps between evaluations; 0: none. */
  evaluateEverySteps: z.int().min(0).max(1_000_000),
  /** Optimiser steps between checkpoints; 0: only at the end. */
  checkpointEverySteps: z.int().min(0).max(1_000_000),
  keepCheckpoints: z.int().min(1).max(1000),
  logEverySteps: z.int().min(1).max(10_000),
  seed: z.int().min(0).max(2_147_483_647),
})
export type TrainingSettings = z.infer<typeof TrainingSettings>

/** Where to run. `auto` lets the queue take the first free GPU, or the CPU where there is none. */
export const DeviceChoice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('auto') }),
  z.object({ kind: z.literal('cpu') }),
  z.object({ kind: z.literal('cuda'), gpuUuid: z.string().max(80) }),
])
export type DeviceChoice = z.infer<typeof DeviceChoice>

export const JobName = z.string().trim().min(1).max(120)

/** What the user states on Home or Train. Names things by id; the engine turns it into a JobSpec. */
export const JobRequest = z.object({
  name: JobName,
  backend: BackendId,
  modelId: ModelId,
  datasetId: DatasetId,
  /** Of no meaning for a job that runs elsewhere. */
  device: DeviceChoice,
  settings: TrainingSettings,
  /** Set exactly when the backend is one of the cloud's, and of its kind. */
  cloud: CloudOptions.nullable().default(null),
  budget: JobBudget.nullable().default(null),
})
export type JobRequest = z.infer<typeof JobRequest>

export const Device = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cpu'), threads: z.int().min(1).max(1024) }),
  z.object({ kind: z.literal('cuda'), gpuUuid: z.string().max(80), gpuIndex: z.int().min(0), gpuName: z.string().max(200) }),
  /** Somebody else's machine: `ml.g5.2xlarge in us-east-1`, or the host of a service. It takes no device of this one. */
  z.object({ kind: z.literal('cloud'), name: z.string().max(200) }),
])
export type Device = z.infer<typeof Device>
/** A device of this machine. */
export type LocalDevice = Exclude<Device, { kind: 'cloud' }>

/** Resuming continues the optimiser, schedule and random state of an earlier run in a new run folder. */
export const ResumeFrom = z.object({
  jobId: JobId,
  /** Absolute path of the checkpoint folder. */
  checkpointPath: z.string().min(1),
  step: z.int().min(1),
})
export type ResumeFrom = z.infer<typeof ResumeFrom>

/** The frozen spec: `job.json` of a run folder. Absolute paths; nothing secret. */
export const JobSpec = z.object({
  schemaVersion: z.literal(1),
  jobId: JobId,
  name: JobName,
  createdAtMs: z.int().min(0),
  backend: BackendId,
  objective: z.object({ kind: z.literal('sft') }),
  /** `path` is empty for a model that only a service has; `remote` names it there. */
  model: z.object({ modelId: ModelId, name: z.string().max(300), path: z.string(), remote: RemoteModel.nullable().default(null) }),
  data: z.object({
    datasetId: DatasetId,
    name: z.string().max(300),
    /** Normalised rows, one `{"messages":[{"role","content"},…]}` or `{"prompt","completion"}` object a line. */
    trainPath: z.string().min(1),
    evalPath: z.string().min(1).nullable(),
    trainRows: z.int().min(1),
    evalRows: z.int().min(0),
    /** sha256 of the train file, then of the eval file, hex. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  settings: TrainingSettings,
  device: Device,
  resume: ResumeFrom.nullable(),
  cloud: CloudOptions.nullable().default(null),
})
export type JobSpec = z.infer<typeof JobSpec>

/** The script that a job trains with, on whichever machine; null where a service trains with its own. */
export function trainerOf({ backend, cloud }: Pick<JobSpec, 'backend' | 'cloud'>): LocalBackendId | null {
  if (backend === 'unsloth' || backend === 'huggingface') return backend
  return cloud?.kind === 'sagemaker' ? cloud.trainer : null
}
