import { useEffect, useRef, useState } from 'react'
import type { JobSummary } from '../../../../electron/shared/job'
import { request } from '../../bridge'
import { ErrorNotice } from '../../components/notice'
import { useNow } from '../../shell/use-now'
import { isActive } from '../../text/job-words'

/** Characters kept in the window; the whole lies in the run folder. */
const most = 200_000
const readEveryMs = 5_000
/** Nearer than this to the end counts as following it. */
const nearPixels = 40

/** The lines of a run that is done elsewhere, as they come; it stays where one reads, and at the end follows. */
export function LogTab({ job }: { readonly job: JobSummary }) {
  const live = isActive(job)
  const nowMs = useNow(readEveryMs)
  const [text, setText] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const box = useRef<HTMLPreElement>(null)
  const follows = useRef(true)
  const { id, state } = job
  const tick = live ? Math.floor(nowMs / readEveryMs) : 0
  useEffect(() => {
    let current = true
    request('jobs.file', { jobId: id, file: 'console' }).then(
      (file) => {
        if (!current) return
        setText(file.text.slice(-most))
        setError(null)
      },
      (reason: unknown) => {
        if (current) setError(reason)
      },
    )
    return () => {
      current = false
    }
  }, [id, state, tick])
  useEffect(() => {
    if (box.current !== null && follows.current) box.current.scrollTop = box.current.scrollHeight
  }, [text])
  if (error !== null) return <div className="tab-pad"><ErrorNotice error={error} /></div>
  return (
    <pre
      ref={box}
      className="run-log selectable"
      tabIndex={0}
      aria-label="Log"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => { follows.current = scrollHeight - scrollTop - clientHeight < nearPixels }}
    >
      {text === null ? '' : text === '' ? (live ? 'No line yet. The place sends the first ones when the job has begun there.' : 'It wrote no line.') : text}
    </pre>
  )
}
