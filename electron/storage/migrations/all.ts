import type { Migration } from './migration'
import { first } from './0001-first'
import { environmentWheels } from './0002-environment-wheels'
import { cloud } from './0003-cloud'

/** In order; a released migration is never edited, a change is a new one. */
export const migrations: readonly Migration[] = [first, environmentWheels, cloud]
