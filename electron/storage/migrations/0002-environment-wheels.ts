import type { Migration } from './migration'

/** The offline folder an environment is made from, so that going on after a failure or a repair takes the same one. */
export const environmentWheels: Migration = {
  number: 2,
  name: 'environment-wheels',
  up(connection) {
    connection.exec('ALTER TABLE environments ADD COLUMN wheels TEXT')
  },
}
