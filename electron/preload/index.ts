import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { createPageLink } from './page-link'

const link = createPageLink()
ipcRenderer.on('tunesmith:port', (event) => {
  const port = event.ports[0]
  if (port !== undefined) link.usePort(port)
})
ipcRenderer.on('tunesmith:push', (_event, push: string, data: unknown) => link.receivePush(push, data))
ipcRenderer.send('tunesmith:connect')

contextBridge.exposeInMainWorld('tunesmith', {
  request: (route: string, input: unknown) => (route === 'files.dropped' ? link.refuse('ROUTE_NOT_FOUND', 'only a drop sends this') : link.request(route, input)),
  on: (push: string, listener: (data: unknown) => void) => link.on(push, listener),
  dropFile: (file: unknown) => {
    const path = file instanceof File ? webUtils.getPathForFile(file) : ''
    return path === '' ? link.refuse('VALIDATION_FAILED', 'not a file of this machine') : link.request('files.dropped', { path })
  },
})
