import type { ReactNode } from 'react'
import type { LucideIcon } from 'lucide-react'
import type { Tone } from '../text/job-words'
import { errorText } from '../text/errors'
import { toneIcons } from './state-mark'

/** What happened, in place; its next step and the buttons for it. */
export function Notice({ tone, title, children, actions, icon }: { readonly tone: Tone; readonly title?: string; readonly children?: ReactNode; readonly actions?: ReactNode; readonly icon?: LucideIcon }) {
  const Icon = icon ?? toneIcons[tone]
  return (
    <div className={`notice tone-ground-${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon className={`ink-${tone}`} aria-hidden="true" />
      <div className="notice-text">
        {title !== undefined && <b>{title} </b>}
        {children}
      </div>
      {actions !== undefined && <div className="notice-actions">{actions}</div>}
    </div>
  )
}

/** A request that failed, where its result would stand. */
export function ErrorNotice({ error, actions }: { readonly error: unknown; readonly actions?: ReactNode }) {
  const { what, evidence, next } = errorText(error)
  return (
    <Notice tone="bad" title={what} actions={actions}>
      {evidence !== null && `${evidence} `}
      <span className="next">Next: {next}</span>
    </Notice>
  )
}
