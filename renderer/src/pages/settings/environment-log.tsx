import { useEffect, useRef, useState } from 'react'
import type { EnvironmentId } from '../../../../electron/shared/ids'
import { on, request } from '../../bridge'
import { showError } from '../../stores/attempt'

/** Characters of the log that are kept in the window; the whole lies on the disk. */
const most = 200_000

/** The log of a set-up, followed to its end while it grows. */
export function EnvironmentLog({ environmentId }: { readonly environmentId: EnvironmentId }) {
  const [text, setText] = useState('')
  const box = useRef<HTMLPreElement>(null)
  useEffect(() => {
    let shown = true
    let offset = 0
    const take = (piece: string, nextOffset: number): void => {
      if (!shown || nextOffset <= offset) return
      offset = nextOffset
      setText((old) => (old + piece).slice(-most))
    }
    // Pushes that come before the first answer are contained in it or ask for the rest.
    const read = (): void => {
      request('environments.log', { environmentId, offset }).then((answer) => { take(answer.text, answer.nextOffset) }, showError)
    }
    const stop = on('environment.log', (news) => { if (news.environmentId === environmentId) read() })
    read()
    return () => {
      shown = false
      stop()
    }
  }, [environmentId])
  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [text])
  return (
    <pre ref={box} className="log" tabIndex={0} aria-label="Log">
      {text === '' ? 'No output yet.' : text}
    </pre>
  )
}
