import { act } from 'react'
import { createRoot } from 'react-dom/client'
import type { Root } from 'react-dom/client'
import { afterEach, beforeEach } from 'vitest'

/** Where a test renders: a root of React in an element of the document. */
export interface Mounted {
  readonly root: Root
  readonly box: HTMLElement
}

/** A new one for every test of the file that calls this, gone when the test ends. */
export function mountForEachTest(): Mounted {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  const mounted = {} as { root: Root; box: HTMLElement }
  beforeEach(() => {
    mounted.box = document.createElement('div')
    document.body.append(mounted.box)
    mounted.root = createRoot(mounted.box)
  })
  afterEach(() => {
    act(() => { mounted.root.unmount() })
    mounted.box.remove()
  })
  return mounted
}
