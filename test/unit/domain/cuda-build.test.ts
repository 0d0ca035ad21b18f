import { expect, it } from 'vitest'
import { chooseCudaBuild } from '../../../electron/domain/cuda-build'

it.each([
  ['580.95.05', 'linux', 'cu130'],
  ['579.99', 'linux', 'cu126'],
  ['525.60.13', 'linux', 'cu126'],
  ['527.41', 'win32', null],
  ['528.33', 'win32', 'cu126'],
])('driver %s on %s gets %s: a newer build than the driver runs would fail at the first kernel', (driver, platform, name) => {
  const choice = chooseCudaBuild(driver, platform)
  expect(choice.kind === 'build' ? choice.build.name : null).toBe(name)
})

it('says what is missing when no build fits', () => {
  expect(chooseCudaBuild('470.82', 'linux')).toEqual({ kind: 'driver-too-old', needed: 525 })
  expect(chooseCudaBuild(null, 'linux')).toEqual({ kind: 'driver-not-known' })
  expect(chooseCudaBuild('580.1', 'darwin')).toEqual({ kind: 'unsupported-platform' })
})
