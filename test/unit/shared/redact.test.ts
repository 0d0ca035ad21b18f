import { describe, expect, it } from 'vitest'
import { createRedactor, withoutValues } from '../../../electron/shared/redact'

describe('redaction', () => {
  it.each([
    ['an OpenAI key', 'sk-proj-abcdEFGH1234'], ['a hub token', 'hf_abcdefghijkl'], ['an AWS key id', 'ASIAABCDEFGHIJKL'], ['a bearer header', 'Bearer abc.def'],
    ['an Azure header', '"api-key":"0123456789abcdef"'], ['a signature of an address', 'X-Amz-Signature=0a1b2c'], ['an AWS secret', 'aws_secret_access_key = wJalrXUtnFEMI'],
  ])('hides %s by its shape (catches a library that prints its request)', (_name, text) => {
    const clean = createRedactor().redact(`before ${text} after`)
    expect(clean).toMatch(/^before .*<secret>.* after$/)
    expect(clean).not.toContain(text)
  })

  it('hides a value that it was told, however it is written (catches a key of no known shape in an address or a JSON string)', () => {
    const { redact, register } = createRedactor()
    register('odd "key"/with+signs')
    const forms = ['odd "key"/with+signs', encodeURIComponent('odd "key"/with+signs'), JSON.stringify({ k: 'odd "key"/with+signs' })]
    for (const form of forms) expect(redact(form)).not.toMatch(/odd|key.{0,3}with/)
  })

  it('leaves plain text alone (catches a log that nobody can read)', () => {
    const { redact, register } = createRedactor()
    register('short')
    expect(redact('The key of the short run: step 12, task sk-12')).toBe('The key of the short run: step 12, task sk-12')
  })
})

describe('taking a secret out of an answer', () => {
  const key = 'odd "key"/with+signs'
  it('finds it in every text of it, keys included, in every form (catches a service that repeats the key in a field that nobody thought of)', () => {
    const answer = { error: { message: `no: ${key}`, param: null }, list: [[JSON.stringify({ key })], encodeURIComponent(key)], [key]: 1, left: 'plain', count: 3 }
    const clean = withoutValues(answer, [key])
    expect(JSON.stringify(clean)).not.toMatch(/odd|with.{0,3}signs/)
    expect(clean).toMatchObject({ error: { param: null }, left: 'plain', count: 3 })
  })
  it('leaves objects of a class, and everything where there is no secret (catches a date or a stream that becomes an empty object)', () => {
    const date = new Date(5)
    expect(withoutValues({ date, bytes: Buffer.from('x') }, [key])).toEqual({ date, bytes: Buffer.from('x') })
    const answer = { text: 'a' }
    expect(withoutValues(answer, ['', 'short'])).toBe(answer)
  })
})
