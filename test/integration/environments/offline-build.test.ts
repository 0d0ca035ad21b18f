import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../support/start-engine'

const cache = join(repository, '.cache')

// Where a Python is named, scripts/test-environment.mjs made none and there is no log to read.
describe.skipIf(process.env['TUNESMITH_TEST_PYTHON'] !== undefined)('the environment that these tests run in', () => {
  it('was built from a folder of wheels, without any index and with no way to one', () => {
    const log = readFileSync(join(cache, 'test-env.log'), 'utf8')
    expect(existsSync(join(cache, 'test-env', 'lists.sha256'))).toBe(true)
    expect(log).not.toMatch(/Looking in indexes|Downloading |https?:\/\/\S*\.whl/)
    const places = [...log.matchAll(/^Looking in links: (.*)$/gm)].map(([, place]) => place)
    expect(new Set(places)).toEqual(new Set(places.length === 0 ? [] : [join(cache, 'wheels')]))
    const pins = readFileSync(join(repository, 'python-templates', 'environments', 'cpu.txt'), 'utf8').match(/^[A-Za-z0-9].*==.*$/gm) ?? []
    expect(pins.length).toBeGreaterThan(60)
    // pip names each file it takes, uv each package that it installed.
    for (const pin of [...pins, 'torch==2.13.0']) {
      const [name = '', version = ''] = (pin.split(';')[0] ?? '').split('==')
      const file = name.replace(/[-_.]+/g, '[-_.]+')
      expect(log).toMatch(new RegExp(`(?:Processing .*[/\\\\]${file}-${version.trim()}|\\+ ${file}==${version.trim()})`, 'i'))
    }
  })
})
