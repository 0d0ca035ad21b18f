import { describe, expect, it } from 'vitest'
import { readLogin } from '../../../electron/remote/aws/login'

const key = (accessKeyId: string, expiration?: Date) => ({ accessKeyId, secretAccessKey: 's', ...(expiration === undefined ? {} : { expiration }) })

describe('readLogin', () => {
  it('reads once, and again with a new chain after forget (catches an old login that is used after aws sso login)', async () => {
    let chains = 0
    const login = readLogin('work', (profile) => {
      chains += 1
      const id = `${profile}-${chains}`
      return () => Promise.resolve(key(id))
    })
    expect((await Promise.all([login(), login()])).map(({ accessKeyId }) => accessKeyId)).toEqual(['work-1', 'work-1'])
    login.forget()
    expect((await login()).accessKeyId).toBe('work-2')
    expect(chains).toBe(2)
  })

  it('renews a login before it ends (catches a request that is signed with what has just run out)', async () => {
    let nowMs = 0
    let chains = 0
    const login = readLogin(null, () => () => Promise.resolve(key(String((chains += 1)), new Date(nowMs + 3_600_000))), () => nowMs)
    await login()
    nowMs = 3_299_999
    expect((await login()).accessKeyId).toBe('1')
    nowMs = 3_300_000
    expect((await login()).accessKeyId).toBe('2')
  })

  it('keeps no failure (catches a login that stays expired until the app is started anew)', async () => {
    let fails = true
    const login = readLogin(null, () => () => (fails ? Promise.reject(new Error('expired')) : Promise.resolve(key('1'))))
    await expect(login()).rejects.toThrow('expired')
    fails = false
    expect((await login()).accessKeyId).toBe('1')
  })
})
