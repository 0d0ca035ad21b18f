import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Toast } from '../stores/ui'
import { Button } from './button'
import { toneIcons } from './state-mark'

/** Long enough to read two lines and reach for Undo; errors stay until they are closed. */
const stayMs = 8_000

/** Messages at the corner, the newest last. */
export function Toasts({ toasts, dismiss }: { readonly toasts: readonly Toast[]; dismiss(id: number): void }) {
  return (
    // The mark keeps it in reach over a dialog: react-aria makes everything else beside a dialog inert, and takes a press there for a press outside.
    <section className="toasts" aria-label="Notifications" data-react-aria-top-layer="true">
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} dismiss={dismiss} />
      ))}
    </section>
  )
}

function ToastCard({ toast, dismiss }: { readonly toast: Toast; dismiss(id: number): void }) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held || toast.tone === 'bad') return
    const timer = setTimeout(() => { dismiss(toast.id) }, stayMs)
    return () => { clearTimeout(timer) }
  }, [held, toast.id, toast.tone, dismiss])
  const Icon = toneIcons[toast.tone]
  return (
    <div className="toast" role="group" aria-label={toast.title} onPointerEnter={() => { setHeld(true) }} onPointerLeave={() => { setHeld(false) }} onFocus={() => { setHeld(true) }} onBlur={() => { setHeld(false) }}>
      <Icon className={`ink-${toast.tone}`} aria-hidden="true" />
      <div className="toast-text">
        <b>{toast.title}</b>
        {toast.detail !== null && <p>{toast.detail}</p>}
      </div>
      {toast.action !== null && (
        <Button
          look="link"
          size="small"
          onPress={() => {
            toast.action?.run()
            dismiss(toast.id)
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <Button look="quiet" size="small" icon={X} label="Close" onPress={() => { dismiss(toast.id) }} />
    </div>
  )
}
