import { describe, expect, it } from 'vitest'
import { hrefOf, parseHash } from '../../../renderer/src/router'
import type { Route } from '../../../renderer/src/router'

const routes: readonly Route[] = [
  { page: 'home' }, { page: 'train' }, { page: 'queue' }, { page: 'datasets', id: null }, { page: 'models', id: 'model_1' }, { page: 'run', id: 'job_1' },
  { page: 'compare', id: null, query: 'models=a,b' }, { page: 'compare', id: 'cmp_1', query: '' }, { page: 'chat', id: 'a/b %' }, { page: 'settings', section: 'hubs' },
]

describe('the router', () => {
  it.each(routes)('reads back the address that it writes: $page', (route) => {
    expect(parseHash(hrefOf(route))).toEqual(route)
  })

  it('shows a page for any address, so that a wrong link never leaves an empty window', () => {
    expect(parseHash('')).toEqual({ page: 'home' })
    expect(parseHash('#/nonsense/1')).toEqual({ page: 'home' })
    expect(parseHash('#/settings/nonsense')).toEqual({ page: 'settings', section: 'general' })
    expect(parseHash('#/run')).toEqual({ page: 'queue' })
    expect(parseHash('#/models/%E0%A4%A')).toEqual({ page: 'models', id: '%E0%A4%A' })
  })
})
