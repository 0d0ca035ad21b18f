import { useSyncExternalStore } from 'react'

/** Every place in the window. The hash is the only state of the router, so back, forward and reload work by themselves. */
export type Route =
  | { readonly page: 'home' | 'train' | 'queue' }
  | { readonly page: 'datasets' | 'models'; readonly id: string | null }
  | { readonly page: 'run'; readonly id: string }
  | { readonly page: 'compare'; readonly id: string | null; readonly query: string }
  | { readonly page: 'chat'; readonly id: string | null }
  | { readonly page: 'settings'; readonly section: SettingsSection }

export const settingsSections = ['general', 'environments', 'hardware', 'storage', 'hubs', 'places', 'costs', 'shortcuts', 'about'] as const
export type SettingsSection = (typeof settingsSections)[number]

/** Reads a location hash such as `#/run/job_…`; anything unknown is Home. */
export function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [page = '', rawId] = path.split('/')
  const id = rawId === undefined || rawId === '' ? null : safeDecode(rawId)
  switch (page) {
    case 'train':
    case 'queue':
      return { page }
    case 'datasets':
    case 'models':
      return { page, id }
    case 'chat':
      return { page: 'chat', id }
    case 'compare':
      return { page: 'compare', id, query }
    case 'run':
      return id === null ? { page: 'queue' } : { page: 'run', id }
    case 'settings':
      return { page: 'settings', section: settingsSections.find((section) => section === id) ?? 'general' }
    default:
      return { page: 'home' }
  }
}

/** The hash that `parseHash` reads as this route. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'home':
    case 'train':
    case 'queue':
      return `#/${route.page}`
    case 'settings':
      return `#/settings/${route.section}`
    case 'compare':
      return `#/compare${tail(route.id)}${route.query === '' ? '' : `?${route.query}`}`
    default:
      return `#/${route.page}${tail(route.id)}`
  }
}

const tail = (id: string | null): string => (id === null ? '' : `/${encodeURIComponent(id)}`)

/** Goes to a place; the back button returns. */
export function go(route: Route): void {
  window.location.hash = hrefOf(route)
}

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener)
  return () => {
    window.removeEventListener('hashchange', listener)
  }
}

/** The current hash as a route. */
export function useRoute(): Route {
  return parseHash(useSyncExternalStore(subscribe, () => window.location.hash))
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    // A lone % is not an escape; the text itself is then the best reading.
    if (error instanceof URIError) return text
    throw error
  }
}
