import { Check, CircleCheck, CircleDot, CircleX, Clock, Info, Pause, RefreshCw, Square, TriangleAlert } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { JobState } from '../../../electron/shared/job-state'
import { stateWords } from '../text/job-words'
import type { Tone } from '../text/job-words'

const stateIcons: Readonly<Record<JobState, LucideIcon>> = {
  draft: Clock,
  queued: Clock,
  preparing: RefreshCw,
  running: CircleDot,
  pausing: Pause,
  paused: Pause,
  cancelling: Square,
  succeeded: CircleCheck,
  failed: CircleX,
  cancelled: Square,
  interrupted: TriangleAlert,
}

export const toneIcons: Readonly<Record<Tone, LucideIcon>> = {
  plain: Info,
  accent: CircleDot,
  info: Info,
  good: CircleCheck,
  warn: TriangleAlert,
  bad: CircleX,
}

/** A word on a soft ground, with an icon: a state, never colour alone. */
export function Badge({ tone = 'plain', icon: Icon, children }: { readonly tone?: Tone; readonly icon?: LucideIcon | null; readonly children: ReactNode }) {
  return (
    <span className={`badge tone-${tone}${Icon === null || Icon === undefined ? ' badge-plain' : ''}`}>
      {Icon !== null && Icon !== undefined && <Icon aria-hidden="true" />}
      {children}
    </span>
  )
}

/** The state of a run as a badge. */
export function StateBadge({ state }: { readonly state: JobState }) {
  const { word, tone } = stateWords[state]
  return (
    <Badge tone={tone} icon={stateIcons[state]}>
      {word}
    </Badge>
  )
}

/** The state of a run as an icon before its name. */
export function StateIcon({ state }: { readonly state: JobState }) {
  const { word, tone } = stateWords[state]
  const Icon = stateIcons[state]
  return <Icon className={`state-icon ink-${tone}`} role="img" aria-label={word} />
}

/** `Fits`, `Tight`, `Does not fit`. */
export function FitBadge({ verdict }: { readonly verdict: 'fits' | 'tight' | 'does-not-fit' | 'not-known' }) {
  if (verdict === 'fits') return <Badge tone="good" icon={Check}>Fits</Badge>
  if (verdict === 'tight') return <Badge tone="warn" icon={TriangleAlert}>May not fit</Badge>
  if (verdict === 'does-not-fit') return <Badge tone="bad" icon={CircleX}>Does not fit</Badge>
  return <Badge icon={Info}>Not known yet</Badge>
}
