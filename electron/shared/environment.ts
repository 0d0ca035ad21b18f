import { z } from 'zod'
import type { environmentSteps } from './environment-steps'
import type { EnvironmentId } from './ids'

/** The two sets of pinned packages that Tunesmith installs. `existing`: an interpreter that the user brought. */
export const EnvironmentProfile = z.enum(['cpu', 'cuda', 'existing'])
export type EnvironmentProfile = z.infer<typeof EnvironmentProfile>

export type EnvironmentStep = (typeof environmentSteps)[number]

export interface EnvironmentStepState {
  readonly step: EnvironmentStep
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  readonly detail: string
  readonly durationMs: number | null
  readonly doneRatio: number | null
}

export interface EnvironmentSummary {
  readonly id: EnvironmentId
  readonly name: string
  readonly profile: EnvironmentProfile
  readonly state: 'installing' | 'ready' | 'failed' | 'cancelled' | 'broken'
  readonly path: string
  readonly pythonPath: string | null
  readonly pythonVersion: string | null
  readonly steps: readonly EnvironmentStepState[]
  readonly packages: Readonly<Record<string, string>>
  readonly sizeBytes: number | null
  readonly createdAtMs: number
  readonly verifiedAtMs: number | null
  /** What went wrong and what to do next. */
  readonly problem: { readonly code: string; readonly message: string; readonly next: string } | null
  readonly installer: 'uv' | 'pip' | null
}
