import { Search } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { Autocomplete, Dialog, Header, Input, Keyboard, Menu, MenuItem, MenuSection, Modal, ModalOverlay, SearchField, useFilter } from 'react-aria-components'

export interface PaletteItem {
  readonly id: string
  readonly label: string
  readonly detail?: string
  readonly keys?: string
  readonly icon: LucideIcon
  run(): void
}
export interface PaletteGroup {
  readonly title: string
  readonly items: readonly PaletteItem[]
}

/** Ctrl+K: every place, run, model, dataset and action by its name. */
export default function CommandPalette({ groups, onClose }: { readonly groups: readonly PaletteGroup[]; onClose(): void }) {
  const { contains } = useFilter({ sensitivity: 'base' })
  const all = groups.flatMap((group) => group.items)
  return (
    <ModalOverlay
      className="backdrop backdrop-top"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
    >
      <Modal className="dialog palette">
        <Dialog aria-label="Search">
          <Autocomplete filter={contains}>
            <SearchField aria-label="Search" autoFocus className="palette-search">
              <Search aria-hidden="true" />
              <Input placeholder="Search pages, runs, models, data and actions" />
            </SearchField>
            <div className="palette-list" role="group" aria-label="Results" tabIndex={0}>
            <Menu
              className="menu"
              aria-label="Results"
              renderEmptyState={() => <p className="palette-empty">Nothing has that name.</p>}
              onAction={(key) => {
                onClose()
                all.find((item) => item.id === key)?.run()
              }}
            >
              {groups.filter((group) => group.items.length > 0).map((group) => (
                <MenuSection key={group.title}>
                  <Header className="menu-head">{group.title}</Header>
                  {group.items.map((item) => (
                    <MenuItem key={item.id} id={item.id} className="option" textValue={`${item.label} ${item.detail ?? ''}`}>
                      <item.icon aria-hidden="true" />
                      <span>{item.label}</span>
                      {item.detail !== undefined && <span className="quiet">{item.detail}</span>}
                      {item.keys !== undefined && <Keyboard>{item.keys}</Keyboard>}
                    </MenuItem>
                  ))}
                </MenuSection>
              ))}
            </Menu>
            </div>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
