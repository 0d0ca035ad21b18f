import type { ReactNode } from 'react'
import { PageHead } from '../../components/layout'
import { hrefOf, settingsSections } from '../../router'
import type { SettingsSection } from '../../router'
import { AboutSection } from './about-section'
import { CostsSection } from './costs-section'
import { EnvironmentActions, EnvironmentsSection } from './environments-section'
import { GeneralSection } from './general-section'
import { HardwareSection } from './hardware-section'
import { HubsSection } from './hubs-section'
import { PlaceActions, PlacesSection } from './places-section'
import { ShortcutsSection } from './shortcuts-section'
import { StorageSection } from './storage-section'
import './settings.css'
import './places.css'

const titles: Readonly<Record<SettingsSection, string>> = {
  general: 'General',
  environments: 'Environments',
  hardware: 'Hardware',
  storage: 'Storage',
  hubs: 'Model hubs',
  places: 'Places',
  costs: 'Costs',
  shortcuts: 'Shortcuts',
  about: 'About',
}

const bodies: Readonly<Record<SettingsSection, () => ReactNode>> = {
  general: () => <GeneralSection />,
  environments: () => <EnvironmentsSection />,
  hardware: () => <HardwareSection />,
  storage: () => <StorageSection />,
  hubs: () => <HubsSection />,
  places: () => <PlacesSection />,
  costs: () => <CostsSection />,
  shortcuts: () => <ShortcutsSection />,
  about: () => <AboutSection />,
}

/** Settings, one section at a time. */
export function SettingsPage({ section }: { readonly section: SettingsSection }) {
  return (
    <>
      <PageHead title="Settings" sub={`/ ${titles[section]}`}>
        {section === 'environments' && <EnvironmentActions />}
        {section === 'places' && <PlaceActions />}
      </PageHead>
      <div className="split settings">
        <nav className="pane pane-page item-list" aria-label="Settings">
          {settingsSections.map((one) => (
            <a key={one} className="settings-link" href={hrefOf({ page: 'settings', section: one })} aria-current={one === section ? 'page' : undefined}>
              {titles[one]}
            </a>
          ))}
        </nav>
        <div className="pane pane-page">
          {/* The shortcuts have no control that keys could reach, so their pane takes the focus itself, to be scrolled. */}
          <div className="pane-scroll page-pad stack settings-body" {...(section === 'shortcuts' ? { tabIndex: 0, role: 'region', 'aria-label': titles[section] } : {})}>{bodies[section]()}</div>
        </div>
      </div>
    </>
  )
}
