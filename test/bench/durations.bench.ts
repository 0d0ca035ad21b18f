import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'vitest'
import { repository } from '../support/launch-app'
import { report, rowOf } from './rows'

/** How long the last `npm run demo` and `npm test` took; they write it themselves, so that nothing is run twice. */
const minutes = { demo: 6, demoWithEnvironment: 15, test: 25 } as const

function read<T>(path: string, command: string): T {
  const file = join(repository, path)
  if (!existsSync(file)) throw new Error(`${path} is missing: run ${command} first`)
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

it('the demo takes no longer than it may', () => {
  const runs = read<readonly { readonly seconds: number; readonly environmentMade: boolean }[]>('.cache/demo-times.json', 'npm run demo')
  for (const made of [false, true]) {
    const took = runs.filter(({ environmentMade }) => environmentMade === made).map(({ seconds }) => seconds / 60)
    const bound = made ? minutes.demoWithEnvironment : minutes.demo
    if (took.length > 0) report(rowOf({ figure: `npm run demo, with the environment ${made ? 'to be made' : 'there'}`, bound: `at most ${bound} minutes`, unit: 'minutes' }, took, (median) => median <= bound))
  }
})

it('npm test takes no longer than it may', () => {
  const { seconds, passed } = read<{ readonly seconds: number; readonly passed: number }>('test-results/times.json', 'npm test')
  report(rowOf({ figure: `npm test, all of it (${passed} tests)`, bound: `at most ${minutes.test} minutes`, unit: 'minutes' }, [seconds / 60], (median) => median <= minutes.test))
})
