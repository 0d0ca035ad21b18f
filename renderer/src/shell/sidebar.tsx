import { Search } from 'lucide-react'
import { Focusable } from 'react-aria-components'
import { Tip } from '../components/tip'
import { hrefOf } from '../router'
import type { Route } from '../router'
import { keysOf } from './shortcuts'
import { places } from './places'

/** The mark: a tuning fork. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M6.2 2.4v5.4a3.8 3.8 0 0 0 7.6 0V2.4M10 11.6v6" />
      <path className="mark-wave" d="M2.6 5v2.6M17.4 5v2.6" />
    </svg>
  )
}

/** Places of the app. Folded, names become tooltips. */
export function Sidebar({ page, folded, running, waiting, onSearch }: { readonly page: Route['page']; readonly folded: boolean; readonly running: number; readonly waiting: number; onSearch(): void }) {
  const searchKeys = keysOf('palette')
  const search = (
    <button type="button" className="sidebar-search" aria-label={folded ? 'Search' : undefined} onClick={onSearch}>
      <Search aria-hidden="true" />
      {!folded && <span>Search</span>}
      {!folded && <kbd aria-hidden="true">{searchKeys}</kbd>}
    </button>
  )
  return (
    <nav className="sidebar" aria-label="Pages">
      <div className="brand">
        <Mark />
        {!folded && 'Tunesmith'}
      </div>
      {folded ? <Tip text="Search"><Focusable>{search}</Focusable></Tip> : search}
      <ul>
        {places.map((place) => {
          const link = (
            <a href={hrefOf(place.route)} aria-label={folded ? place.label : undefined} aria-current={place.pages.includes(page) ? 'page' : undefined}>
              <place.icon aria-hidden="true" />
              {!folded && place.label}
              {place.label === 'Queue' && !folded && <QueueCount running={running} waiting={waiting} />}
            </a>
          )
          return <li key={place.label}>{folded ? <Tip text={place.label}><Focusable>{link}</Focusable></Tip> : link}</li>
        })}
      </ul>
    </nav>
  )
}

function QueueCount({ running, waiting }: { readonly running: number; readonly waiting: number }) {
  if (running === 0 && waiting === 0) return null
  const text = waiting === 0 ? String(running) : running === 0 ? String(waiting) : `${running} + ${waiting}`
  return (
    <span className={`nav-count${running > 0 ? ' nav-live' : ''}`} aria-label={`${running} running, ${waiting} waiting`} role="img">
      {text}
    </span>
  )
}
