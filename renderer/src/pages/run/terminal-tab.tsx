import '@xterm/xterm/css/xterm.css'
import { ArrowDown, ArrowUp, ChevronDown, Copy, Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { JobId } from '../../../../electron/shared/ids'
import { copyText } from '../../clipboard'
import { Button } from '../../components/button'
import { Field } from '../../components/field'
import { ErrorNotice } from '../../components/notice'
import { useCommand } from '../../shell/commands'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'
import { TerminalSession } from './terminal-session'

/** The run's own terminal. It follows the end until one scrolls up. */
export function TerminalTab({ jobId }: { readonly jobId: JobId }) {
  const host = useRef<HTMLDivElement>(null)
  const session = useRef<TerminalSession | null>(null)
  const [following, setFollowing] = useState(true)
  const [ended, setEnded] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [finding, setFinding] = useState(false)

  useEffect(() => {
    if (host.current === null) return
    const made = new TerminalSession(jobId, host.current, { onFollow: setFollowing, onEnd: () => { setEnded(true) }, onError: setError })
    session.current = made
    return () => {
      session.current = null
      made.close()
    }
  }, [jobId])

  const [openFind] = useState(() => () => { setFinding(true) })
  useCommand('find', openFind)

  const copy = (): void => {
    const text = session.current?.text() ?? ''
    void attempt(async () => {
      await copyText(text)
      toast({ title: 'Terminal text copied' })
    })
  }

  return (
    <div className="terminal-tab">
      <div className="tab-actions">
        {ended && <span className="micro quiet">ended</span>}
        {following ? (
          <span className="terminal-follow micro second"><ChevronDown aria-hidden="true" />Following</span>
        ) : (
          <Button size="small" look="quiet" icon={ArrowDown} onPress={() => { session.current?.follow() }}>Go to the end</Button>
        )}
        <Button size="small" look="quiet" icon={Search} onPress={openFind}>Find</Button>
        <Button size="small" look="quiet" icon={Copy} onPress={copy}>Copy</Button>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {finding && <FindBar find={(text, back) => session.current?.find(text, back) ?? false} onClose={() => { setFinding(false) }} />}
      <div ref={host} className="terminal-host" role="region" aria-label="Terminal of the run" />
    </div>
  )
}

function FindBar({ find, onClose }: { find(text: string, back: boolean): boolean; onClose(): void }) {
  const [text, setText] = useState('')
  const [found, setFound] = useState(true)
  const search = (back: boolean, what = text): void => {
    setFound(what === '' || find(what, back))
  }
  return (
    <div
      className="find-bar"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <Field
        label="Find in terminal"
        hideLabel
        autoFocus
        value={text}
        placeholder="Find in terminal"
        error={found ? null : 'Not in the terminal.'}
        onChange={(next) => {
          setText(next)
          search(false, next)
        }}
        onEnter={() => { search(false) }}
      />
      <Button size="small" look="quiet" icon={ArrowUp} label="Previous place" onPress={() => { search(true) }} />
      <Button size="small" look="quiet" icon={ArrowDown} label="Next place" onPress={() => { search(false) }} />
      <Button size="small" look="quiet" icon={X} label="Close" onPress={onClose} />
    </div>
  )
}
