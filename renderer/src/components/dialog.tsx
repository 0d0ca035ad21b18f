import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button } from './button'

interface DialogProps {
  readonly title: string
  readonly wide?: boolean
  readonly alert?: boolean
  /** It has fields: a press beside it, made by a slip of the hand, must not throw away what was typed. */
  readonly form?: boolean
  readonly children: ReactNode
  readonly actions?: ReactNode
  onClose(): void
}

/** A dialog over the window. Esc closes it, and a press outside where nothing is lost by it; the focus goes back to what opened it. */
export function Dialog({ title, wide = false, alert = false, form = false, children, actions, onClose }: DialogProps) {
  return (
    <ModalOverlay
      className="backdrop"
      isOpen
      isDismissable={!alert && !form}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
    >
      <Modal className={`dialog${wide ? ' dialog-wide' : ''}`}>
        <AriaDialog role={alert ? 'alertdialog' : 'dialog'}>
          <div className="dialog-head">
            <Heading slot="title">{title}</Heading>
            {!alert && <Button look="quiet" size="small" icon={X} label="Close" onPress={onClose} />}
          </div>
          <div className="dialog-body">{children}</div>
          {actions !== undefined && <div className="dialog-actions">{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
