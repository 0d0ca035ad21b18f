import type { ReactNode } from 'react'

/** One setting: what it is, a sentence about it, its control. */
export function SettingLine({ title, text, children }: { readonly title: string; readonly text: ReactNode; readonly children: ReactNode }) {
  return (
    <div className="setting-line">
      <div className="grow">
        <h3>{title}</h3>
        <p className="quiet small">{text}</p>
      </div>
      <div className="setting-control">{children}</div>
    </div>
  )
}
