import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createNotify } from '../../../electron/main/notifications'
import { JobId } from '../../../electron/shared/ids'

const { shown } = vi.hoisted(() => ({ shown: [] as { click(): void }[] }))
vi.mock('electron', () => ({
  Notification: class extends EventEmitter {
    static isSupported = () => true
    show() {
      shown.push({ click: () => this.emit('click') })
    }
  },
}))

const job = JobId.parse('job_0000000000000001')
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const done: string[] = []
const notify = (silent: boolean) => createNotify({ silent, log, openWindow: () => void done.push('window'), openJob: (jobId) => void done.push(jobId) })

beforeEach(() => {
  shown.length = 0
  done.length = 0
})

describe('a click on a notification', () => {
  it('brings the window to the front and then opens the run (catches a page that changes behind other windows)', async () => {
    await notify(false)({ title: 'overnight has finished', body: '', openJob: job })
    shown[0]?.click()
    expect(done).toEqual(['window', job])
  })

  it('brings the window to the front where there is no run to open', async () => {
    await notify(false)({ title: 'Tunesmith works on in the background', body: '', openJob: null })
    shown[0]?.click()
    expect(done).toEqual(['window'])
  })

  it('pops up nothing under a test', async () => {
    await notify(true)({ title: 'overnight has finished', body: '', openJob: job })
    expect(shown).toEqual([])
  })
})
