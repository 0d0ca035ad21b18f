import { join } from 'node:path'
import { mkdirSync } from 'node:fs'

/** Where everything of one installation lies. One folder, so that it can be moved, measured and removed as a whole. */
export interface Home {
  readonly root: string
  readonly database: string
  readonly runs: string
  readonly models: string
  readonly hubCache: string
  readonly datasets: string
  readonly environments: string
  readonly logs: string
  readonly cache: string
}

/** Makes the folders of a data folder where they lack. */
export function openHome(root: string): Home {
  const home: Home = {
    root,
    database: join(root, 'tunesmith.db'),
    runs: join(root, 'runs'),
    models: join(root, 'models'),
    hubCache: join(root, 'models', 'hub'),
    datasets: join(root, 'datasets'),
    environments: join(root, 'environments'),
    logs: join(root, 'logs'),
    cache: join(root, 'cache'),
  }
  for (const folder of [root, home.runs, home.models, home.hubCache, home.datasets, home.environments, home.logs, home.cache]) mkdirSync(folder, { recursive: true })
  return home
}
