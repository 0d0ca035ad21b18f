import { Ellipsis } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { Button, Keyboard, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components'

export interface MenuAction {
  readonly id: string
  readonly label: string
  readonly icon?: LucideIcon
  readonly keys?: string
  readonly danger?: boolean
  readonly disabled?: boolean
  /** A line above, to set it apart. */
  readonly apart?: boolean
  run(): void
}

/** What can be done with one thing, behind its three dots. */
export function RowMenu({ label, actions, small = true, inRow = true }: { readonly label: string; readonly actions: readonly MenuAction[]; readonly small?: boolean; readonly inRow?: boolean }) {
  return (
    <MenuTrigger>
      <Button className={`button button-quiet button-icon ${small ? 'button-small' : 'button-normal'}`} aria-label={label} excludeFromTabOrder={inRow}>
        <Ellipsis aria-hidden="true" />
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <Menu className="menu" aria-label={label} onAction={(key) => actions.find((action) => action.id === key)?.run()}>
          {actions.flatMap((action) => [
            ...(action.apart === true ? [<Separator key={`${action.id}-line`} className="menu-line" />] : []),
            <MenuItem key={action.id} id={action.id} className={`option${action.danger === true ? ' option-danger' : ''}`} textValue={action.label} isDisabled={action.disabled ?? false}>
              {action.icon !== undefined && <action.icon aria-hidden="true" />}
              <span>{action.label}</span>
              {action.keys !== undefined && <Keyboard>{action.keys}</Keyboard>}
            </MenuItem>,
          ])}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
