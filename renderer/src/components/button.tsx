import type { LucideIcon } from 'lucide-react'
import type { ReactNode, Ref } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { Tip } from './tip'

export type ButtonLook = 'plain' | 'primary' | 'danger' | 'quiet' | 'link'

export interface ButtonProps {
  readonly children?: ReactNode
  readonly look?: ButtonLook
  readonly size?: 'small' | 'normal' | 'big'
  readonly icon?: LucideIcon
  /** A shortcut to show inside, such as `Ctrl ⏎`. */
  readonly keys?: string
  readonly label?: string
  readonly disabled?: boolean
  readonly autoFocus?: boolean
  readonly busy?: boolean
  readonly tabIndex?: number
  readonly ref?: Ref<HTMLButtonElement>
  onPress?(): void
}

/** A button: verb and object. With an icon alone it needs a `label`, which is also its tooltip. */
export function Button(props: ButtonProps) {
  const { children, look = 'plain', size = 'normal', icon: Icon, keys, label, disabled = false, autoFocus = false, busy = false, tabIndex, ref, onPress } = props
  const iconOnly = children === undefined
  const button = (
    <AriaButton
      className={`button button-${look} button-${size}${iconOnly ? ' button-icon' : ''}`}
      isDisabled={disabled}
      isPending={busy}
      autoFocus={autoFocus}
      {...(ref === undefined ? {} : { ref })}
      {...(tabIndex === undefined ? {} : { excludeFromTabOrder: tabIndex < 0 })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(onPress === undefined ? {} : { onPress: () => { onPress() } })}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : Icon !== undefined && <Icon aria-hidden="true" />}
      {children}
      {keys !== undefined && <kbd aria-hidden="true">{keys}</kbd>}
    </AriaButton>
  )
  return iconOnly && label !== undefined ? <Tip text={label}>{button}</Tip> : button
}

/** A link to a place in the window that looks like a button. */
export function LinkButton({ href, look = 'plain', icon: Icon, children }: { readonly href: string; readonly look?: ButtonLook; readonly icon?: LucideIcon; readonly children: ReactNode }) {
  return (
    <a className={`button button-${look} button-normal`} href={href}>
      {Icon !== undefined && <Icon aria-hidden="true" />}
      {children}
    </a>
  )
}
