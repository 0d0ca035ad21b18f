import { ChartSpline, Columns2, Database, House, Layers, List, SlidersHorizontal } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { Route } from '../router'
import type { Command } from './commands'

export interface Place {
  readonly label: string
  readonly icon: LucideIcon
  readonly route: Route
  readonly command: Command
  /** Pages that count as this place. */
  readonly pages: readonly Route['page'][]
}

/** The sidebar, in its order; Ctrl+1 to 7 follow it. */
export const places: readonly Place[] = [
  { label: 'Home', icon: House, route: { page: 'home' }, command: 'go.home', pages: ['home'] },
  { label: 'Datasets', icon: Database, route: { page: 'datasets', id: null }, command: 'go.datasets', pages: ['datasets'] },
  { label: 'Train', icon: ChartSpline, route: { page: 'train' }, command: 'go.train', pages: ['train'] },
  { label: 'Queue', icon: List, route: { page: 'queue' }, command: 'go.queue', pages: ['queue', 'run'] },
  { label: 'Models', icon: Layers, route: { page: 'models', id: null }, command: 'go.models', pages: ['models', 'chat'] },
  { label: 'Compare', icon: Columns2, route: { page: 'compare', id: null, query: '' }, command: 'go.compare', pages: ['compare'] },
  { label: 'Settings', icon: SlidersHorizontal, route: { page: 'settings', section: 'general' }, command: 'go.settings', pages: ['settings'] },
]
