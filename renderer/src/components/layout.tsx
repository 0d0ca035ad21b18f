import type { LucideIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'

/** The header row of a page: title, quiet words, actions at the end. */
export function PageHead({ title, sub, children }: { readonly title: ReactNode; readonly sub?: ReactNode; readonly children?: ReactNode }) {
  return (
    <header className="page-head">
      <h1>{title}</h1>
      {sub !== undefined && <span className="page-sub">{sub}</span>}
      <div className="page-actions">{children}</div>
    </header>
  )
}

/** A framed part of a document page. */
export function Panel({ title, end, badge, children, flush = false }: { readonly title: string; readonly end?: ReactNode; readonly badge?: ReactNode; readonly children: ReactNode; readonly flush?: boolean }) {
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        {badge}
        {end !== undefined && <div className="panel-end">{end}</div>}
      </div>
      {flush ? children : <div className="panel-body">{children}</div>}
    </section>
  )
}

/** Names and values. */
export function KeyValue({ rows, right = false }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[]; readonly right?: boolean }) {
  return (
    <dl className={`key-value${right ? ' key-value-right' : ''}`}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What will appear here, why it is empty, and the next step. */
export function Empty({ icon: Icon, title, children, actions }: { readonly icon: LucideIcon; readonly title: string; readonly children: ReactNode; readonly actions?: ReactNode }) {
  return (
    <div className="empty">
      <Icon aria-hidden="true" />
      <h2>{title}</h2>
      <p>{children}</p>
      {actions !== undefined && <div className="empty-actions">{actions}</div>}
    </div>
  )
}

/** True once `waitMs` have passed, so that a short wait shows nothing at all. */
export function useAfter(waitMs: number): boolean {
  const [after, setAfter] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => { setAfter(true) }, waitMs)
    return () => { clearTimeout(timer) }
  }, [waitMs])
  return after
}

/** Rows of the final height, shown when loading takes longer than 300 ms. */
export function Skeleton({ rows, label }: { readonly rows: number; readonly label: string }) {
  const shown = useAfter(300)
  return (
    <div className="skeletons" role="status" aria-label={shown ? label : undefined}>
      {shown && Array.from({ length: rows }, (_, row) => <div key={row} className="skeleton" style={{ width: `${[70, 46, 82, 60][row % 4] ?? 60}%` }} />)}
    </div>
  )
}

/** The colour of a run, as on every page. */
export function Swatch({ colour }: { readonly colour: number }) {
  return <span className="swatch" style={{ background: `var(--run-${colour})` }} aria-hidden="true" />
}
