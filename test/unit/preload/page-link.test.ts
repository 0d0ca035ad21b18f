import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it, vi } from 'vitest'
import { createPageLink } from '../../../electron/preload/page-link'
import type { PortRequest } from '../../../electron/shared/requests'

/** A real channel: the link's end and the engine's, which answers with `answer` or, without it, never. */
function channel(answer?: (request: PortRequest) => unknown) {
  const { port1, port2 } = new MessageChannel()
  port2.on('message', (request: PortRequest) => {
    if (answer !== undefined) port2.postMessage({ id: request.id, ok: true, data: answer(request) })
  })
  port1.unref()
  port2.unref()
  return { page: port1 as unknown as MessagePort, engine: port2 }
}
const gone = { ok: false, error: { code: 'ENGINE_GONE' } }

describe('the link between page and engine', () => {
  it('keeps requests until there is a port (catches a first page that stays empty)', async () => {
    const link = createPageLink()
    const reply = link.request('app.about', undefined)
    link.usePort(channel(({ route }) => route).page)
    await expect(reply).resolves.toEqual({ ok: true, data: 'app.about' })
  })

  it('answers what was under way when the engine dies, and asks the next engine what comes after (catches a button that spins for ever)', async () => {
    const link = createPageLink()
    link.usePort(channel().page)
    const lost = link.request('jobs.list', undefined)
    link.receivePush('app.engine', { state: 'restarting', reason: 'code 7' })
    const next = link.request('models.list', undefined)
    await expect(lost).resolves.toMatchObject(gone)
    link.usePort(channel(({ route }) => route).page)
    await expect(next).resolves.toEqual({ ok: true, data: 'models.list' })
  })

  it('says at once that there is no engine when main gave up, and works again after (catches requests that wait for nothing)', async () => {
    const link = createPageLink()
    const queued = link.request('jobs.list', undefined)
    link.receivePush('app.engine', { state: 'gone', reason: null })
    await expect(queued).resolves.toMatchObject(gone)
    await expect(link.request('jobs.list', undefined)).resolves.toMatchObject(gone)
    link.usePort(channel(() => 1).page)
    await expect(link.request('jobs.list', undefined)).resolves.toEqual({ ok: true, data: 1 })
  })

  it('tells pushes to those who listen, and no longer after they left (catches a page that hears twice)', async () => {
    const link = createPageLink()
    const heard = vi.fn()
    const leave = link.on('settings.changed', heard)
    const { page, engine } = channel()
    link.usePort(page)
    engine.postMessage({ push: 'settings.changed', data: 1 })
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(1))
    leave()
    link.receivePush('settings.changed', 2)
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('refuses what no port carries (catches a rejection that nobody handles)', async () => {
    const link = createPageLink()
    link.usePort(channel().page)
    await expect(link.request('x', () => 1)).resolves.toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } })
  })
})
