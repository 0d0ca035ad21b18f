import { z } from 'zod'

/** One field, one writer (domain/job-machine.ts). */
export const JobState = z.enum([
  'draft', 'queued', 'preparing', 'running', 'pausing', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled', 'interrupted',
])
export type JobState = z.infer<typeof JobState>

/** Named causes of a failed run. `unknown` still carries evidence. */
export const FailureCauseKind = z.enum([
  'out-of-memory', 'missing-package', 'gated-model', 'missing-model', 'bad-data', 'disk-full', 'nan-loss', 'killed', 'environment', 'driver', 'unknown',
  // Elsewhere
  'quota', 'capacity', 'access-denied', 'role', 'bucket', 'image', 'login-expired', 'clock-skew', 'unsupported-base', 'too-few-examples', 'content-policy',
  'rate-limit', 'insufficient-funds', 'unreachable', 'time-limit', 'hostile-artifact',
])
export type FailureCauseKind = z.infer<typeof FailureCauseKind>

export const FailureCause = z.object({
  kind: FailureCauseKind,
  /** The line or lines of the log that show it, at most 2,000 characters. */
  evidence: z.string().max(2000),
  /** Numbers found in the evidence, such as the requested bytes or the missing package's name. */
  details: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type FailureCause = z.infer<typeof FailureCause>

/** How a run's process ended. */
export const RunEnd = z.object({
  exitCode: z.int().nullable(),
  signal: z.string().max(20).nullable(),
  peakMemoryBytes: z.number().nullable(),
  peakGpuMemoryBytes: z.number().nullable(),
  lastLines: z.array(z.string()).max(40),
  cause: FailureCause.nullable(),
})
export type RunEnd = z.infer<typeof RunEnd>
