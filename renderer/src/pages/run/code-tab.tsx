import { Copy } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { JobId } from '../../../../electron/shared/ids'
import { request } from '../../bridge'
import { copyText } from '../../clipboard'
import { Button } from '../../components/button'
import { Skeleton } from '../../components/layout'
import { ErrorNotice, Notice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'
import { showCode } from './code-view'
import type { CodeLanguage } from './code-view'

interface CodeTabProps {
  readonly jobId: JobId
  readonly file: 'script' | 'spec' | 'events'
  readonly name: string
  readonly language: CodeLanguage
}

type Loaded = { readonly kind: 'loading' } | { readonly kind: 'text'; readonly text: string; readonly truncated: boolean } | { readonly kind: 'failed'; readonly error: unknown }

/** A file of the run folder, to read and copy. */
export function CodeTab({ jobId, file, name, language }: CodeTabProps) {
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' })
  useEffect(() => {
    let current = true
    request('jobs.file', { jobId, file }).then(
      ({ text, truncated }) => {
        if (current) setLoaded({ kind: 'text', text, truncated })
      },
      (error: unknown) => {
        if (current) setLoaded({ kind: 'failed', error })
      },
    )
    return () => {
      current = false
    }
  }, [jobId, file])
  if (loaded.kind === 'loading') return <Skeleton rows={6} label={`Reading ${name}`} />
  if (loaded.kind === 'failed') return <div className="tab-pad"><ErrorNotice error={loaded.error} /></div>
  const copy = (): void => {
    void attempt(async () => {
      await copyText(loaded.text)
      toast({ title: `${name} copied` })
    })
  }
  return (
    <div className="code-tab">
      <div className="tab-actions">
        <Button size="small" look="quiet" icon={Copy} onPress={copy}>Copy</Button>
      </div>
      {loaded.truncated && <Notice tone="info" title={`Only the end of ${name} is shown.`}>The whole file is in the run folder.</Notice>}
      <Code text={loaded.text} language={language} label={name} />
    </div>
  )
}

function Code({ text, language, label }: { readonly text: string; readonly language: CodeLanguage; readonly label: string }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => (host.current === null ? undefined : showCode(host.current, text, language, label)), [text, language, label])
  return <div ref={host} className="code-host" />
}
