import { describe, expect, it } from 'vitest'
import { AppError, errorCodes } from '../../../../electron/shared/app-error'
import { errorText } from '../../../../renderer/src/text/errors'

describe('the text of an error', () => {
  it.each(errorCodes)('%s says what happened and what to do next in whole sentences, without the bare code', (code) => {
    const { what, next } = errorText(new AppError(code, 'detail'))
    for (const sentence of [what, next]) {
      expect(sentence).toMatch(/^[A-Z].*\.$/)
      expect(sentence).not.toMatch(/!|please|oops|went wrong/i)
      expect(sentence).not.toContain(code)
    }
  })

  it('shows the evidence where the fixed sentence cannot name the file or program', () => {
    expect(errorText(new AppError('MODEL_UNUSABLE', 'config.json is missing.')).evidence).toBe('config.json is missing.')
    expect(errorText(new AppError('HUB_OFFLINE', 'connect ECONNREFUSED 127.0.0.1:9')).evidence).toBeNull()
  })

  it('gives an unknown fault its message as evidence', () => {
    expect(errorText(new TypeError('x is undefined')).evidence).toBe('x is undefined')
  })
})
