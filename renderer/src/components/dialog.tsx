import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button } from './button'

/** A dialog over the window. Esc and a press outside close it; the focus goes back to what opened it. */
export function Dialog(props: { readonly title: string; readonly wide?: boolean; readonly alert?: boolean; readonly children: ReactNode; readonly actions?: ReactNode; onClose(): void }) {
  const { title, wide = false, alert = false, children, actions, onClose } = props
  return (
    <ModalOverlay
      className="backdrop"
      isOpen
      isDismissable={!alert}
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
