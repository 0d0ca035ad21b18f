import { Plus } from 'lucide-react'
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import type { JobSummary } from '../../../../electron/shared/job'
import { Swatch } from '../../components/layout'
import { modelAndMethod } from '../../text/job-words'

/** Chooses other runs to draw over this one. */
export function OverlayMenu({ choices, chosen, onChange }: { readonly choices: readonly JobSummary[]; readonly chosen: ReadonlySet<string>; onChange(chosen: ReadonlySet<string>): void }) {
  return (
    <MenuTrigger>
      <Button className="button button-plain button-normal" isDisabled={choices.length === 0}>
        <Plus aria-hidden="true" />
        Overlay run
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <Menu
          className="menu"
          aria-label="Runs to draw over this one"
          selectionMode="multiple"
          selectedKeys={chosen}
          onSelectionChange={(keys) => { onChange(keys === 'all' ? new Set(choices.map((job) => job.id)) : new Set([...keys].map(String))) }}
        >
          {choices.map((job) => (
            <MenuItem key={job.id} id={job.id} className="option" textValue={job.name}>
              <Swatch colour={job.colour} />
              <span>{job.name}</span>
              <span className="quiet">{modelAndMethod(job)}</span>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
